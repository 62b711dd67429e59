import JSON
import Testing

@Suite("JSONWriter")
struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter(capacity: 0)
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `commas stand between, and only between`() {
        let text = written { writer in
            writer.beginObject()
            writer.key("a")
            writer.beginArray()
            writer.int(1)
            writer.beginArray()
            writer.endArray()
            writer.bool(true)
            writer.null()
            writer.endArray()
            writer.key("b" as String)
            writer.beginObject()
            writer.endObject()
            writer.key("c")
            writer.raw("[1,2]".utf8)
            writer.key("d")
            writer.string("x")
            writer.endObject()
        }
        #expect(text == #"{"a":[1,[],true,null],"b":{},"c":[1,2],"d":"x"}"#)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let value: JSONValue
        let text: String
    }

    static let cases: [Case] = [
        Case(testDescription: "smallest integer", value: .int(.min), text: "-9223372036854775808"),
        Case(testDescription: "zero", value: .int(0), text: "0"),
        Case(testDescription: "shortest double", value: .double(0.1), text: "0.1"),
        Case(testDescription: "whole double", value: .double(2), text: "2.0"),
        Case(testDescription: "large double", value: .double(1e300), text: "1e+300"),
        Case(testDescription: "NaN has no spelling", value: .double(.nan), text: "null"),
        Case(testDescription: "infinity has no spelling", value: .double(-.infinity), text: "null"),
        Case(testDescription: "quotes and backslashes", value: .string(#"a"b\c"#), text: #""a\"b\\c""#),
        Case(
            testDescription: "control characters", value: .string("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f}"),
            text: #""\u0000\b\t\n\u000b\f\r\u001f""#),
        Case(testDescription: "what need not be escaped", value: .string("/\u{7f}é😀"), text: "\"/\u{7f}é😀\""),
        Case(
            testDescription: "name that must be escaped", value: .object([JSONMember("\"", .null)]),
            text: #"{"\"":null}"#),
    ]

    @Test(arguments: cases)
    func writes(_ example: Case) {
        #expect(String(decoding: example.value.serialized(), as: UTF8.self) == example.text)
    }

    @Test func `a writer starts afresh after removeAll`() {
        var writer = JSONWriter()
        writer.int(1)
        writer.removeAll()
        writer.int(2)
        #expect(writer.bytes == Array("2".utf8))
    }
}
