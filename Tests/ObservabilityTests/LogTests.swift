import Observability
import Synchronization
import Testing

@Suite("Log")
struct LogTests {
    struct Refusal: Error, CustomStringConvertible {
        var description: String { "Refusal(slotTaken)" }
    }

    enum Colour: String { case red }

    /// Keeps what was written.
    final class Sheet: Sendable {
        private let bytes = Mutex<[UInt8]>([])

        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

        func log(_ format: Log.Format, minimum: LogLevel = .debug, at time: Int64 = 1_700_000_000_123_456) -> Log {
            Log(minimum: minimum, format: format, clock: { time }, sink: { line in self.bytes.withLock { $0 += line } })
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let value: LogValue
        let json: String
        let text: String
    }

    static let cases: [Case] = [
        Case(testDescription: "name", value: .name("a b"), json: "\"a b\"", text: "\"a b\""),
        Case(testDescription: "integer", value: -7, json: "-7", text: "-7"),
        Case(
            testDescription: "count", value: .count(UInt64.max), json: "9223372036854775807",
            text: "9223372036854775807"),
        Case(testDescription: "double", value: 0.5, json: "0.5", text: "0.5"),
        Case(testDescription: "NaN", value: .double(.nan), json: "\"nan\"", text: "nan"),
        Case(testDescription: "truth", value: true, json: "true", text: "true"),
        Case(testDescription: "duration", value: .duration(.milliseconds(2)), json: "2000", text: "2000"),
        Case(
            testDescription: "uuid", value: .uuid(high: 0x0193_F2A1_7C44_7B10, low: 0x0D2E_5A6B_7C8D_9E0F),
            json: "\"0193f2a1-7c44-7b10-0d2e-5a6b7c8d9e0f\"", text: "0193f2a1-7c44-7b10-0d2e-5a6b7c8d9e0f"),
        Case(testDescription: "code of an enum", value: .code(Colour.red), json: "\"red\"", text: "red"),
        Case(
            testDescription: "line break cannot forge a line", value: .setting("a\nb\"\\"), json: #""a\u000ab\"\\""#,
            text: #""a\u000ab\"\\""#),
        Case(
            testDescription: "error", value: .error(Refusal()), json: "\"Refusal(slotTaken)\"",
            text: "Refusal(slotTaken)"),
    ]

    @Test(arguments: cases)
    func writesValues(_ example: Case) {
        let json = Sheet()
        json.log(.json).info("it happened", [.reason: example.value])
        let start = #"{"time":"2023-11-14T22:13:20.123456Z","level":"info","message":"it happened","reason":"#
        #expect(json.text == "\(start)\(example.json)}\n")
        let text = Sheet()
        text.log(.text).warning("it happened", [.reason: example.value])
        #expect(text.text == "2023-11-14T22:13:20.123456Z WARNING it happened reason=\(example.text)\n")
    }

    @Test func `lines below the minimum are not written`() {
        let sheet = Sheet()
        let log = sheet.log(.text, minimum: .warning)
        log.debug("a")
        log.info("b")
        #expect(sheet.text.isEmpty)
        #expect(!log.isEnabled(.info))
        log.error("c")
        #expect(sheet.text.contains("ERROR c"))
    }

    @Test func `fields of the log come first, the trace last`() {
        let sheet = Sheet()
        let log = sheet.log(.text).with([.role: "booking"]).with([.shard: 3])
        Trace.$current.withValue(Trace(correlationID: "c-1", traceparent: "00-ab-cd-01")) { log.info("m", [.count: 1]) }
        #expect(sheet.text.hasSuffix("INFO m role=booking shard=3 count=1 correlationId=c-1 traceparent=00-ab-cd-01\n"))
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (4_107_542_399_000_000, "2100-02-28T23:59:59.000000Z"),
    ])
    func `time is written in UTC`(microseconds: Int64, text: String) {
        let sheet = Sheet()
        sheet.log(.text, at: microseconds).info("m")
        #expect(sheet.text.hasPrefix(text))
    }
}

@Suite("Trace")
struct TraceTests {
    @Test(arguments: [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
        ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", false), ("00-4bf9-00f0-01", false), ("", false),
    ])
    func `a traceparent is accepted or not`(header: String, accepted: Bool) {
        #expect(Trace.accepts(traceparent: header) == accepted)
    }

    @Test(arguments: [
        ("0193f2a1-7c44", true), ("a.b_c:d", true), (String(repeating: "x", count: 128), true), ("", false),
        (String(repeating: "x", count: 129), false), ("a b", false), ("a\nb", false), ("é", false), ("a@b.fr", false),
    ])
    func `a correlation id is accepted or not`(id: String, accepted: Bool) {
        #expect(Trace.accepts(correlationID: id) == accepted)
    }
}
