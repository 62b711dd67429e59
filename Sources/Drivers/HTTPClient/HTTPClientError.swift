import CCurl

/// Why there is no response; a response with an error status is not one of these.
package enum HTTPClientError: Error, Equatable, Sendable {
    /// Method, URL or a header is not what HTTP allows; nothing was sent.
    case invalidRequest
    /// Name resolution or connecting failed; nothing was sent.
    case cannotConnect
    /// The server's certificate is not trusted or not for this host, or TLS failed otherwise; nothing was sent.
    case tlsFailed
    /// No complete response within the request's timeout; it may have been processed.
    case timeout
    /// The connection broke before the response was complete; it may have been processed.
    case connectionLost
    /// Headers and body are larger than the request allows.
    case responseTooLarge
    /// The task was cancelled; the request may have been processed.
    case cancelled
    /// The client is closed; nothing was sent.
    case closed
    /// Anything else; `code` is libcurl's.
    case failed(code: UInt32)

    init(_ code: CURLcode) {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: self = .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: self = .cannotConnect
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE: self = .tlsFailed
        case CURLE_OPERATION_TIMEDOUT: self = .timeout
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY:
            self = .connectionLost
        default: self = .failed(code: code.rawValue)
        }
    }
}
