import CMicroHTTPD

/// A response in MHD's form; owns MHD's handle until it has been queued.
struct EncodedResponse: ~Copyable {
    private let handle: OpaquePointer  // struct MHD_Response *
    private let status: UInt32
    /// The streamed body, if there is one.
    let stream: ResponseStream?

    private static let streamBlockBytes = 16_384
    /// Fields that say how the message is framed: MHD writes them itself.
    private static let ownFields: Set<String> = ["connection", "content-length", "date", "transfer-encoding"]

    private init(taking handle: OpaquePointer, status: UInt32, stream: ResponseStream?) {
        self.handle = handle
        self.status = status
        self.stream = stream
    }

    deinit { MHD_destroy_response(handle) }  // MHD counts references: a queued one lives until it is sent

    /// Nil if the response must not be sent, or there is no memory.
    static func encode(_ response: HTTPResponse, on connection: MHDConnection, closing: Bool) -> EncodedResponse? {
        guard (200...599).contains(response.status), response.headers.allSatisfy(isAllowed) else { return nil }
        var stream: ResponseStream?
        let handle: OpaquePointer?
        switch response.body {
        case .bytes(let bytes):
            handle = bytes.withUnsafeBytes { shim_response_copying($0.baseAddress, $0.count) }
        case .stream(let chunks):
            let reader = ResponseStream(chunks, connection)
            stream = reader
            let context = Unmanaged.passRetained(reader)  // released by releaseStream, or below when MHD refused
            handle = shim_response_streaming(streamBlockBytes, readStream, context.toOpaque(), releaseStream)
            if handle == nil { context.release() }
        }
        guard let handle else { return nil }
        for field in response.headers { MHD_add_response_header(handle, field.name, field.value) }
        if closing { MHD_add_response_header(handle, "Connection", "close") }
        return EncodedResponse(taking: handle, status: UInt32(response.status), stream: stream)
    }

    borrowing func queue(on connection: OpaquePointer) -> Bool {
        MHD_queue_response(connection, status, handle) == shim_yes
    }

    /// A token as name, no control characters in the value (RFC 9110, section 5), and nothing that frames the message.
    private static func isAllowed(_ field: HTTPField) -> Bool {
        let isToken = !field.name.isEmpty && field.name.utf8.allSatisfy(HTTPField.isTokenByte)
        let isPlain = field.value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
        return isToken && isPlain && !ownFields.contains(field.name.lowercased())
    }
}
