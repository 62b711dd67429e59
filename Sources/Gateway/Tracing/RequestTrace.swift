import Domain
import HTTPServer
import Observability

/// The ids under which a request is followed.
enum RequestTrace {
    /// The caller's correlation id if it can be used, else a new one; the caller's trace context if it is valid, else a
    /// new one for what may change something: events always have one.
    static func read(_ request: HTTPRequest, _ identifiers: any IdentifierSource) -> Trace {
        let correlationID = request.headers["X-Correlation-Id"].flatMap { Trace.accepts(correlationID: $0) ? $0 : nil }
        let traceparent = request.headers["traceparent"].flatMap { Trace.accepts(traceparent: $0) ? $0 : nil }
        let isRead = request.method == "GET" || request.method == "HEAD"
        return Trace(
            correlationID: correlationID ?? newCorrelationID(identifiers),
            traceparent: traceparent ?? (isRead ? nil : newTraceparent(identifiers)))
    }

    /// A correlation id of ours.
    static func newCorrelationID(_ identifiers: any IdentifierSource) -> String {
        EventID(from: identifiers).description
    }

    /// A new W3C trace context, sampled by nobody yet.
    private static func newTraceparent(_ identifiers: any IdentifierSource) -> String {
        let trace = identifiers.next()
        let parent = identifiers.next().low
        return "00-\(hex(trace.high))\(hex(trace.low))-\(hex(parent == 0 ? 1 : parent))-00"
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
