import CCurl
import Synchronization

/// One request on its way and what has come back so far.
///
/// After `submit` everything but `isCancelled` belongs to the client's thread.
final class HTTPTransfer: @unchecked Sendable {  // see above: one thread at a time
    typealias Outcome = Result<HTTPClientResponse, HTTPClientError>

    let request: HTTPClientRequest
    let isCancelled = Atomic(false)
    private let continuation = Mutex<CheckedContinuation<Outcome, Never>?>(nil)
    private let deadline: ContinuousClock.Instant
    private var headers: [HTTPClientField] = []
    private var body: [UInt8] = []
    private var areHeadersComplete = false
    private var byteCount = 0
    private(set) var isTooLarge = false
    private var headerList: UnsafeMutablePointer<curl_slist>?

    init(_ request: HTTPClientRequest) {
        self.request = request
        deadline = ContinuousClock.now + request.timeout
    }

    deinit { curl_slist_free_all(headerList) }

    func wait(_ continuation: CheckedContinuation<Outcome, Never>) {
        self.continuation.withLock { $0 = continuation }
    }

    /// The first outcome counts.
    func finish(_ outcome: Outcome) {
        continuation.withLock { $0.take() }?.resume(returning: outcome)
    }

    /// The response of a transfer that libcurl has completed with `code`.
    func outcome(_ code: CURLcode, status: Int) -> Outcome {
        if isTooLarge { return .failure(.responseTooLarge) }
        guard code == CURLE_OK else { return .failure(HTTPClientError(code)) }
        guard areHeadersComplete else { return .failure(.connectionLost) }  // libcurl takes half of them for all
        return .success(HTTPClientResponse(status: status, headers: headers, body: body))
    }

    /// Tells libcurl everything about the request; `easy` must not outlive this object.
    ///
    /// - Returns: False if libcurl refuses or the time is over already.
    func prepare(_ easy: OpaqueEasy, certificateAuthorityPath: String?) -> HTTPClientError? {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { return .timeout }
        let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
        var isAccepted = true
        func set(_ option: CURLoption, _ value: Int) {
            isAccepted = ccurl_set_long(easy, option, value) == CURLE_OK && isAccepted
        }
        func set(_ option: CURLoption, _ value: String) {
            isAccepted = ccurl_set_text(easy, option, value) == CURLE_OK && isAccepted
        }
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_PROXY, "")  // the environment shall not reroute requests
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_TIMEOUT_MS, Int(milliseconds))
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(milliseconds))
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        if let certificateAuthorityPath { set(CURLOPT_CAINFO, certificateAuthorityPath) }
        if let signing = request.signing {
            set(CURLOPT_AWS_SIGV4, "aws:amz:\(signing.region):\(signing.service)")
            set(CURLOPT_USERNAME, signing.accessKeyID)
            set(CURLOPT_PASSWORD, signing.secretAccessKey)
        }
        isAccepted = setMethodAndBody(easy) && setHeaders(easy) && setCallbacks(easy) && isAccepted
        return isAccepted ? nil : .invalidRequest
    }

    private func setMethodAndBody(_ easy: OpaqueEasy) -> Bool {
        if request.method == "HEAD" { return ccurl_set_long(easy, CURLOPT_NOBODY, 1) == CURLE_OK }
        if request.method == "GET" && request.body.isEmpty {
            return ccurl_set_long(easy, CURLOPT_HTTPGET, 1) == CURLE_OK
        }
        let hasBody = !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method)
        if hasBody {
            guard ccurl_set_large(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)) == CURLE_OK,
                request.body.withUnsafeBytes({ bytes in
                    // libcurl copies it; with no bytes at all it still needs a place to look at
                    let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                    return start == nil
                        ? ccurl_set_text(easy, CURLOPT_COPYPOSTFIELDS, "") == CURLE_OK
                        : ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start) == CURLE_OK
                })
            else { return false }
        }
        return ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method) == CURLE_OK
    }

    private func setHeaders(_ easy: OpaqueEasy) -> Bool {
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        if let token = request.signing?.sessionToken { lines.append("X-Amz-Security-Token: \(token)") }
        lines.append("Expect:")  // an empty one is left out: no waiting for "100 Continue"
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            lines.append("Content-Type:")  // nor libcurl's guess that a body is a form
        }
        for line in lines {
            guard let longer = curl_slist_append(headerList, line) else { return false }
            headerList = longer
        }
        return ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList) == CURLE_OK
    }

    private func setCallbacks(_ easy: OpaqueEasy) -> Bool {
        let context = Unmanaged.passUnretained(self).toOpaque()  // the thread holds this object while `easy` runs
        return ccurl_set_pointer(easy, CURLOPT_PRIVATE, context) == CURLE_OK
            && ccurl_set_function(easy, CURLOPT_WRITEFUNCTION, receiveBody) == CURLE_OK
            && ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context) == CURLE_OK
            && ccurl_set_function(easy, CURLOPT_HEADERFUNCTION, receiveHeader) == CURLE_OK
            && ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context) == CURLE_OK
    }
}

/// What libcurl calls an easy handle.
typealias OpaqueEasy = UnsafeMutableRawPointer

extension HTTPTransfer {
    fileprivate func append(body bytes: UnsafeRawBufferPointer) -> Bool {
        guard count(bytes) else { return false }
        body.append(contentsOf: bytes)
        return true
    }

    fileprivate func append(header bytes: UnsafeRawBufferPointer) -> Bool {
        guard count(bytes) else { return false }
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            headers = []  // what came before belonged to an interim response
            areHeadersComplete = false
        } else if areHeadersComplete {
            return true  // a trailer: it must not pass for a header
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...]
            headers.append(HTTPClientField(String(line[..<colon]), trimmed(value)))
        } else {
            areHeadersComplete = line.allSatisfy(\.isNewline)
        }
        return true
    }

    private func count(_ bytes: UnsafeRawBufferPointer) -> Bool {
        byteCount += bytes.count
        isTooLarge = byteCount > request.responseBytesMax
        return !isTooLarge
    }
}

private func trimmed(_ text: Substring) -> String {
    let isBlank = { (character: Character) in character == " " || character == "\t" || character.isNewline }
    let start = text.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }
    return end.map { String(start[...$0]) } ?? ""
}

/// libcurl's write callback: fewer bytes than given end the transfer.
private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
    let length = size * count
    return transfer.append(body: UnsafeRawBufferPointer(start: bytes, count: length)) ? length : 0
}

/// The same for one header line.
private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
    let length = size * count
    return transfer.append(header: UnsafeRawBufferPointer(start: bytes, count: length)) ? length : 0
}
