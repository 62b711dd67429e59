import HTTPServer

extension Problem {
    /// The problem that stands for a refusal of the server itself.
    init(refusing refusal: HTTPRefusal) {
        switch refusal {
        case .malformed: self.init(.malformedRequest, "The request is not framed as HTTP asks.")
        case .headerTooLarge: self.init(.headerTooLarge)
        case .timedOut, .stopping:
            self.init(
                .dependencyUnavailable,
                "The outcome is not known here; repeat the request with the same Idempotency-Key.",
                headers: [HTTPField("Retry-After", "1")])
        case .invalidResponse: self.init(.internalError)
        }
    }
}
