import AuditReport
import Testing

@Suite("Answers to auditors as CSV: RFC 4180, and harmless in a spreadsheet")
struct CSVTests {
    struct Field: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let value: AuditValue
        let written: String
    }

    static let fields = [
        Field(testDescription: "plain", value: .text("staff-1"), written: "staff-1"),
        Field(testDescription: "comma", value: .text("a,b"), written: "\"a,b\""),
        Field(testDescription: "quote", value: .text("a\"b"), written: "\"a\"\"b\""),
        Field(testDescription: "line feed", value: .text("a\nb"), written: "\"a\nb\""),
        Field(testDescription: "carriage return and line feed", value: .text("a\r\nb"), written: "\"a\r\nb\""),
        Field(testDescription: "formula", value: .text("=1+2"), written: "'=1+2"),
        Field(
            testDescription: "formula that calls out", value: .text("=HYPERLINK(\"http://x\",\"y\")"),
            written: "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
        Field(testDescription: "plus", value: .text("+33612345678"), written: "'+33612345678"),
        Field(testDescription: "minus", value: .text("-1"), written: "'-1"),
        Field(testDescription: "at", value: .text("@SUM(A1)"), written: "'@SUM(A1)"),
        Field(testDescription: "tab", value: .text("\t=1"), written: "'\t=1"),
        Field(testDescription: "carriage return", value: .text("\r=1"), written: "\"'\r=1\""),
        Field(testDescription: "line feed before a formula", value: .text("\n=1"), written: "\"'\n=1\""),
        Field(testDescription: "apostrophe before a formula", value: .text("'=1"), written: "''=1"),
        Field(testDescription: "apostrophe before a word", value: .text("'t Hoen"), written: "'t Hoen"),
        Field(testDescription: "number of ours", value: .int(-7), written: "-7"),
        Field(testDescription: "truth", value: .bool(false), written: "false"),
        Field(testDescription: "nothing", value: .null, written: ""),
        Field(testDescription: "object", value: .json(Array(#"{"a":1}"#.utf8)), written: #""{""a"":1}""#),
        Field(testDescription: "JSON number", value: .json(Array("-1".utf8)), written: "'-1"),
    ]

    @Test("a field is quoted where it must be, and never a formula", arguments: fields)
    func writes(_ example: Field) {
        var record = AuditRecord()
        record.add("first", .int(1))
        record.add("value", example.value)
        #expect(Array(AuditCSV.row(record).utf8) == Array("1,\(example.written)\r\n".utf8))
        #expect(AuditCSV.header(record.fields.map(\.name)) == "first,value\r\n")
    }

    @Test("the same row as a line of JSON keeps types, and data as it is")
    func writesJSON() {
        var record = AuditRecord()
        record.add("type", "a\nb")
        record.add("position", Int?.none)
        record.add("version", 7)
        record.add("data", .json(Array(#"{"a":[1]}"#.utf8)))
        let line = String(decoding: record.jsonLine, as: UTF8.self)
        #expect(line == #"{"type":"a\nb","position":null,"version":7,"data":{"a":[1]}}"# + "\n")
    }
}
