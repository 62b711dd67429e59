import JSON
import Testing

@Suite("parseJSON")
struct ParseJSONTests {
    struct Accepted: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String
        let value: JSONValue
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        let fault: JSONError.Fault
        var offset: Int?

        init(_ description: String, _ text: String, _ fault: JSONError.Fault, at offset: Int? = nil) {
            self.init(description, bytes: Array(text.utf8), fault, at: offset)
        }

        init(_ description: String, bytes: [UInt8], _ fault: JSONError.Fault, at offset: Int? = nil) {
            testDescription = description
            self.bytes = bytes
            self.fault = fault
            self.offset = offset
        }
    }

    /// What RFC 8259 allows, and what we make of it.
    static let accepted: [Accepted] = [
        Accepted(testDescription: "null", text: "null", value: .null),
        Accepted(testDescription: "scalar within white space", text: " \t\r\n true \n", value: .bool(true)),
        Accepted(testDescription: "false", text: "false", value: .bool(false)),
        Accepted(testDescription: "zero", text: "0", value: .int(0)),
        Accepted(testDescription: "minus zero is an integer", text: "-0", value: .int(0)),
        Accepted(testDescription: "largest integer", text: "9223372036854775807", value: .int(.max)),
        Accepted(testDescription: "smallest integer", text: "-9223372036854775808", value: .int(.min)),
        Accepted(testDescription: "a fraction is a double", text: "1.0", value: .double(1)),
        Accepted(testDescription: "an exponent is a double", text: "1e2", value: .double(100)),
        Accepted(testDescription: "big number written as a double", text: "1e19", value: .double(1e19)),
        Accepted(testDescription: "smallest double", text: "5e-324", value: .double(.leastNonzeroMagnitude)),
        Accepted(testDescription: "empty string", text: "\"\"", value: .string("")),
        Accepted(
            testDescription: "every escape", text: #""\" \\ \/ \b \f \n \r \t \u00e9 \u0000""#,
            value: .string("\" \\ / \u{8} \u{c} \n \r \t \u{e9} \u{0}")),
        Accepted(testDescription: "pair of surrogates", text: #""\ud83d\ude00""#, value: .string("😀")),
        Accepted(testDescription: "raw characters of every plane", text: "\"aé€😀\"", value: .string("aé€😀")),
        Accepted(testDescription: "empty array", text: "[]", value: .array([])),
        Accepted(testDescription: "empty object", text: "{}", value: .object([])),
        Accepted(
            testDescription: "nested", text: #"{"a":[1,{"b":null}],"":-1.5}"#,
            value: .object([
                JSONMember("a", .array([.int(1), .object([JSONMember("b", .null)])])), JSONMember("", .double(-1.5)),
            ])),
        Accepted(
            testDescription: "names that only look the same", text: "{\"\u{e9}\":1,\"e\u{301}\":2}",
            value: .object([JSONMember("\u{e9}", .int(1)), JSONMember("e\u{301}", .int(2))])),
    ]

    @Test(arguments: accepted)
    func accepts(_ example: Accepted) throws {
        #expect(try parseJSON(Array(example.text.utf8)) == example.value)
    }

    /// What must be refused, and the byte that is to blame.
    static let refused: [Refused] = [
        Refused("nothing", "", .empty),
        Refused("white space", "  \n", .empty),
        Refused("byte order mark", "\u{FEFF}1", .syntax, at: 0),
        Refused("second value", "1 2", .syntax, at: 2),
        Refused("comma at the end of an array", "[1,]", .syntax, at: 3),
        Refused("comma at the end of an object", #"{"a":1,}"#, .syntax, at: 7),
        Refused("missing comma", "[1 2]", .syntax, at: 3),
        Refused("missing colon", #"{"a" 1}"#, .syntax, at: 5),
        Refused("name without quotes", "{a:1}", .syntax, at: 1),
        Refused("single quotes", "'a'", .syntax, at: 0),
        Refused("comment", "[1/**/]", .syntax, at: 2),
        Refused("unclosed array", "[1", .syntax, at: 2),
        Refused("wrong bracket", "[1}", .syntax, at: 2),
        Refused("unclosed string", "\"abc", .syntax, at: 4),
        Refused("line feed in a string", "\"a\nb\"", .syntax, at: 2),
        Refused("unknown escape", #""\x41""#, .syntax, at: 2),
        Refused("escape of three digits", #""\u00e""#, .syntax, at: 6),
        Refused("lone high surrogate", #""\ud83d""#, .syntax, at: 1),
        Refused("lone low surrogate", #""\ude00""#, .syntax, at: 1),
        Refused("high surrogate before a letter", #""\ud83d\u0041""#, .syntax, at: 1),
        Refused("capital literal", "True", .syntax, at: 0),
        Refused("half a literal", "[nul]", .syntax, at: 4),
        Refused("not a number", "NaN", .syntax, at: 0),
        Refused("infinity", "Infinity", .syntax, at: 0),
        Refused("leading zero", "01", .syntax, at: 1),
        Refused("plus sign", "+1", .syntax, at: 0),
        Refused("no digit after the point", "1.", .syntax, at: 2),
        Refused("no digit before the point", ".5", .syntax, at: 0),
        Refused("no digit in the exponent", "1e", .syntax, at: 2),
        Refused("hexadecimal", "0x10", .syntax, at: 1),
        Refused("one above the largest integer", "9223372036854775808", .numberOutOfRange, at: 0),
        Refused("one below the smallest integer", "-9223372036854775809", .numberOutOfRange, at: 0),
        Refused("largest unsigned integer", "[18446744073709551615]", .numberOutOfRange, at: 1),
        Refused("integer of a thousand digits", String(repeating: "9", count: 1000), .numberOutOfRange, at: 0),
        Refused("exponent beyond a double", "1e400", .numberOutOfRange, at: 0),
        Refused("duplicate name", #"{"a":1,"b":2,"a":3}"#, .duplicateName),
        Refused("duplicate name, once escaped", #"{"a":1,"\u0061":3}"#, .duplicateName),
        Refused("duplicate name deep inside", #"[{"x":{"a":1,"a":1}}]"#, .duplicateName),
        Refused(
            "duplicate among many names",
            "{" + (0..<40).map { "\"n\($0 % 39)\":0" }.joined(separator: ",") + "}", .duplicateName),
        Refused("invalid byte", bytes: [0x22, 0x61, 0xFF, 0x22], .invalidUTF8, at: 2),
        Refused("overlong slash", bytes: [0x22, 0xC0, 0xAF, 0x22], .invalidUTF8, at: 1),
        Refused("surrogate as UTF-8", bytes: [0x22, 0xED, 0xA0, 0x80, 0x22], .invalidUTF8, at: 1),
        Refused("beyond the last plane", bytes: [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8, at: 1),
        Refused("cut off in a character", bytes: [0x22, 0xE2, 0x82, 0x22], .invalidUTF8, at: 1),
        Refused("33 deep", String(repeating: "[", count: 33) + String(repeating: "]", count: 33), .tooDeep, at: 32),
        Refused(
            "33 objects deep", String(repeating: "{\"a\":", count: 33) + "1" + String(repeating: "}", count: 33),
            .tooDeep, at: 160),
        Refused(
            "depth bomb that closes", String(repeating: "[", count: 50_000) + String(repeating: "]", count: 50_000),
            .tooDeep, at: 1024),
    ]

    @Test(arguments: refused)
    func refuses(_ example: Refused) {
        let error = #expect(throws: JSONError.self) { try parseJSON(example.bytes) }
        #expect(error?.fault == example.fault)
        if let offset = example.offset { #expect(error?.offset == offset) }
    }

    @Test func `a depth bomb that never closes is refused without harm`() {
        #expect(throws: JSONError.self) { try parseJSON([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) }
    }

    @Test func `the depth limit is the caller's`() throws {
        let text = Array((String(repeating: "[", count: 3) + String(repeating: "]", count: 3)).utf8)
        #expect(throws: JSONError(.tooDeep, at: 2)) { try parseJSON(text, depthMax: 2) }
        #expect(try parseJSON(text, depthMax: 3) == .array([.array([.array([])])]))
    }

    @Test func `a text of another size after a longer one reads only its own bytes`() throws {
        _ = try parseJSON(Array("[\"\(String(repeating: "x", count: 5_000))\",1,2,3]".utf8))
        #expect(throws: JSONError.self) { try parseJSON(Array("[1".utf8)) }
        #expect(try parseJSON(Array("[1]".utf8)) == .array([.int(1)]))
    }

    @Test func `an error never quotes the text`() {
        #expect(JSONError(.duplicateName).description == "JSONError(duplicateName)")
        #expect(JSONError(.syntax, at: 7).description == "JSONError(syntax at byte 7)")
    }
}
