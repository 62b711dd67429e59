/// What can go wrong between a command and its reply.
package enum RedisError: Error, Equatable, Sendable {
    /// The connection broke while the commands were in flight: they may have been executed or not.
    case connectionLost
    /// There is no connection: nothing was sent. Reconnecting goes on in the background.
    case unavailable
    /// No reply within the client's timeout: the commands may have been executed or not.
    case timeout
    /// More bytes are waiting to be sent than a connection keeps (64 MiB): nothing was sent.
    case overloaded
    /// The client was closed before the commands were sent.
    case closed
    /// The server refused the command; `code` is the first word of its answer (`WRONGTYPE`, `NOSCRIPT` …).
    case refused(code: String, message: String)
    /// The server said something that is not Redis protocol, or not what the command answers.
    case unexpectedReply
    /// A cluster kept pointing elsewhere or does not cover a slot.
    case noRoute
    /// A part of the URL is wrong or missing: `scheme`, `username`, `password`, `host`, `port`, `database`, `query`.
    case invalidURL(String)
    /// TLS cannot be set up, for example as the file of trust anchors cannot be read.
    case invalidTLSConfiguration

    /// Makes `refused` of an error reply's text.
    init(reply text: String) {
        let code = text.prefix { $0 != " " }
        self = .refused(code: String(code), message: text)
    }

    /// True if it is not known whether the commands were executed.
    package var isOutcomeUnknown: Bool { self == .connectionLost || self == .timeout }
}

extension RedisError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Says what happened without the server's words, which can hold keys and values.
    package var description: String {
        switch self {
        case .connectionLost: "RedisError(connection lost)"
        case .unavailable: "RedisError(unavailable)"
        case .timeout: "RedisError(timeout)"
        case .overloaded: "RedisError(overloaded)"
        case .closed: "RedisError(closed)"
        case .refused(let code, _): "RedisError(refused: \(code))"
        case .unexpectedReply: "RedisError(unexpected reply)"
        case .noRoute: "RedisError(no route in the cluster)"
        case .invalidURL(let part): "RedisError(invalid URL: \(part))"
        case .invalidTLSConfiguration: "RedisError(invalid TLS configuration)"
        }
    }

    package var debugDescription: String {
        if case .refused(_, let message) = self { return "\(description): \(message)" }
        return description
    }
}
