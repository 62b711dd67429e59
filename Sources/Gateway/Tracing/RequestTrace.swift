import Domain
import Observability

/// The ids under which a request is followed.
enum RequestTrace {
    /// The caller's correlation id if it can be used, else a new one; the caller's trace context if it is valid.
    static func read(correlationID: String?, traceparent: String?, _ identifiers: any IdentifierSource) -> Trace {
        let usable = correlationID.flatMap { Trace.accepts(correlationID: $0) ? $0 : nil }
        return Trace(
            correlationID: usable ?? EventID(from: identifiers).description,
            traceparent: traceparent.flatMap { Trace.accepts(traceparent: $0) ? $0 : nil })
    }

    /// A new W3C trace context, sampled by nobody yet, for a change whose caller sent none.
    static func newTraceparent(_ identifiers: any IdentifierSource) -> String {
        let trace = identifiers.next()
        let parent = identifiers.next().low
        return "00-\(hex(trace.high))\(hex(trace.low))-\(hex(parent == 0 ? 1 : parent))-00"
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
