/// What ties everything together that happens because of one request: log lines, events, records, calls to other roles.
///
/// ```swift
/// await Trace.$current.withValue(Trace(correlationID: id, traceparent: nil)) { await handle(request) }
/// ```
package struct Trace: Equatable, Sendable {
    /// The trace of the running task; nil outside of any request.
    @TaskLocal package static var current: Trace?

    /// The `X-Correlation-Id` of the request: the caller's if it is acceptable, else one of ours.
    package let correlationID: String
    /// The W3C `traceparent` header as the caller sent it, if it is valid.
    package let traceparent: String?

    /// A trace of values that were checked by the functions below.
    package init(correlationID: String, traceparent: String?) {
        self.correlationID = correlationID
        self.traceparent = traceparent
    }

    /// Whether a caller's correlation id may go into logs, events and headers: 1-128 letters, digits or `._:-`.
    package static func accepts(correlationID: String) -> Bool {
        let utf8 = correlationID.utf8
        return (1...128).contains(utf8.count) && utf8.allSatisfy { isAlphanumeric($0) || "._:-".utf8.contains($0) }
    }

    /// Whether a header is a W3C trace context of version 00: `00-<32 hex>-<16 hex>-<2 hex>`, ids not all zero.
    package static func accepts(traceparent: String) -> Bool {
        let parts = traceparent.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [2, 32, 16, 2], parts[0].elementsEqual("00".utf8) else { return false }
        guard parts.allSatisfy({ $0.allSatisfy(isLowercaseHex) }) else { return false }
        return [parts[1], parts[2]].allSatisfy { id in id.contains { $0 != UInt8(ascii: "0") } }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }

    private static func isLowercaseHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
