import CMicroHTTPD

// The functions that MHD calls on its own threads; each finds its Swift object and hands over. They stand in a file of
// their own because closures in main.swift would be bound to the main actor and trap.

/// A client connected or is gone; between the two, `socketContext` is its `ClientConnection`.
func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?,
    _ socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
    guard let context, let handle, let socketContext else { return }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    if change == shim_connection_started {
        let connection = ClientConnection(core, handle)
        core.add(connection)  // keeps it alive until it is removed below
        socketContext.pointee = Unmanaged.passUnretained(connection).toOpaque()
    } else if let opaque = socketContext.pointee {
        let connection = Unmanaged<ClientConnection>.fromOpaque(opaque).takeUnretainedValue()
        connection.closed()
        core.remove(connection)
        socketContext.pointee = nil
    }
}

/// The request line is here; what this returns is `requestContext` in the two callbacks below.
func targetReceived(
    _: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ handle: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let target, let handle, let opaque = shim_socket_context(handle) else { return nil }
    Unmanaged<ClientConnection>.fromOpaque(opaque).takeUnretainedValue().requestStarted(String(cString: target))
    return opaque
}

/// Called when the header is complete, for every piece of the body, at its end, and once more when the answer is ready.
func handleRequest(
    _: UnsafeMutableRawPointer?, _ handle: OpaquePointer?, _: UnsafePointer<CChar>?, _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?, _ piece: UnsafePointer<CChar>?, _ pieceCount: UnsafeMutablePointer<Int>?,
    _ requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let handle, let method, let version, let pieceCount, let opaque = requestContext?.pointee else {
        return shim_no
    }
    let connection = Unmanaged<ClientConnection>.fromOpaque(opaque).takeUnretainedValue()
    let bytes = UnsafeRawBufferPointer(start: piece, count: pieceCount.pointee)
    pieceCount.pointee = 0
    return connection.advance(handle, method: method, version: version, piece: bytes) ? shim_yes : shim_no
}

/// The answer was sent, or the client or the daemon gave up; always the last call for a request.
func requestCompleted(
    _: UnsafeMutableRawPointer?, _: OpaquePointer?,
    _ requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _: MHD_RequestTerminationCode
) {
    guard let requestContext, let opaque = requestContext.pointee else { return }
    Unmanaged<ClientConnection>.fromOpaque(opaque).takeUnretainedValue().requestEnded()
    requestContext.pointee = nil
}

extension HTTPHeaders {
    /// Copies the fields of the request that `connection` received (`MHD_get_connection_values_n`).
    init(receivedOn connection: OpaquePointer) {
        self.init()
        reserve(fields: 12, bytes: 512)
        withUnsafeMutablePointer(to: &self) { headers in
            _ = shim_each_header(connection, appendHeader, headers)
        }
    }
}

/// Called by MHD once a field; the context is the `HTTPHeaders` of the initialiser above.
private func appendHeader(
    _ context: UnsafeMutableRawPointer?, _: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameCount: Int,
    _ value: UnsafePointer<CChar>?, _ valueCount: Int
) -> MHD_Result {
    guard let headers = context?.assumingMemoryBound(to: HTTPHeaders.self) else { return shim_no }
    headers.pointee.append(
        name: UnsafeRawBufferPointer(start: name, count: nameCount),
        value: trimmed(UnsafeRawBufferPointer(start: value, count: valueCount)))
    return shim_yes
}

/// MHD leaves the white space that may follow a value.
private func trimmed(_ value: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
    let end = value.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? 0
    return value[..<end]
}
