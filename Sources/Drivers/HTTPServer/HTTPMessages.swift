/// One header field.
package struct HTTPField: Equatable, Sendable {
    /// The name as it was spelled; compared without case.
    package let name: String
    /// The value without surrounding white space.
    package let value: String

    /// A field; the server refuses names that are no token and values with control characters.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Whether a byte may stand in a name (RFC 9110, section 5.6.2).
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// A whole request; the body has been received.
package struct HTTPRequest: Sendable {
    /// The method as it was sent, normally in capitals.
    package let method: String
    /// The path as it was sent: still percent-encoded, without the query.
    package let path: String
    /// What stands after the `?` as it was sent; nil without one, empty after a bare one.
    package let query: String?
    /// All header fields in the order of the wire.
    package let headers: HTTPHeaders
    /// The body; empty if there was none, or if it was too large.
    package let body: [UInt8]
    /// True if the body was longer than the configured maximum and was thrown away: answer 413.
    package let isBodyTooLarge: Bool
    /// The peer's address in text, without its port.
    package let remoteAddress: String

    /// A request as a test or the server makes it.
    package init(
        method: String, path: String, query: String? = nil, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
        isBodyTooLarge: Bool = false, remoteAddress: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.isBodyTooLarge = isBodyTooLarge
        self.remoteAddress = remoteAddress
    }
}

/// What a handler answers.
///
/// `Date`, `Content-Length`, `Transfer-Encoding` and `Connection` are the server's business: a response that sets one
/// of them, or holds a field that could split the response, is replaced by an empty 500.
package struct HTTPResponse: Sendable {
    /// The bytes of an answer, at once or piece by piece.
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Each element is sent as soon as it is there; the next one is asked for when the client has taken it.
        ///
        /// When the client leaves, the stream's consumer is cancelled, which its `onTermination` sees.
        case stream(AsyncStream<[UInt8]>)
    }

    /// The status code, 200...599.
    package var status: Int
    /// The header fields in the order in which they are sent.
    package var headers: [HTTPField]
    /// The body; not sent for HEAD, 204 and 304.
    package var body: Body

    /// A response with a streamed or a whole body.
    package init(status: Int, headers: [HTTPField] = [], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
