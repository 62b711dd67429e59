import JSON
import Testing

@Suite("JSONScanner")
struct JSONScannerTests {
    static let record = Array(
        #"""
        {"bookingId":"0193f2a1-7c44-7b10-9d2e-5a6b7c8d9e0f","practitionerId":"0193f2a1-0000-7b10-9d2e-5a6b7c8d9e0f",
        "number":12,"big":18446744073709551615,"slots":[1,2,23],"score":-1.5,"active":true,"gone":null,
        "to":{"localDate":"2026-11-20","slots":[]},"caf\u00e9":"\u00e9","number":99}
        """#.utf8)

    @Test func `named members are read without a tree`() throws {
        var scanner = try JSONScanner()
        for _ in 0..<3 {  // the same buffers again
            try scanner.scan(Self.record) { (root) throws(JSONError) in
                #expect(try root.required("practitionerId").string() == "0193f2a1-0000-7b10-9d2e-5a6b7c8d9e0f")
                #expect(try root.required("number").int() == 12)
                #expect(try root.required("slots").bits() == 1 << 1 | 1 << 2 | 1 << 23)
                #expect(try root.required("slots").ints() == [1, 2, 23])
                #expect(try root.required("score").double() == -1.5)
                #expect(try root.required("number").double() == 12)
                #expect(try root.required("active").bool())
                #expect(root.first("gone")?.isNull == true)
                #expect(try root.required("to").required("localDate").string() == "2026-11-20")
                #expect(try root.required("to").required("slots").bits() == 0)
                #expect(try root.required("café").string() == "é")
                #expect(root.first("nothing") == nil ? true : false)
            }
        }
    }

    @Test func `one pass over the members sees each once, in order`() throws {
        var scanner = try JSONScanner()
        let names = try scanner.scan(Array(#"{"a":{"x":[1,{"y":2}]},"b":1.5,"c":7,"d":"e"}"#.utf8)) { root in
            var names: [String] = []
            var members = root.members
            while let member = members.next() { names.append(String(decoding: member.name, as: UTF8.self)) }
            return names
        }
        #expect(names == ["a", "b", "c", "d"])
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let fault: JSONError.Fault
        let read: @Sendable (JSONNode) throws(JSONError) -> Void
    }

    /// Every way in which a record can be other than its reader expects.
    static let refused: [Refused] = [
        Refused(testDescription: "missing member", fault: .missingMember) { (root) throws(JSONError) in
            _ = try root.required("absent")
        },
        Refused(testDescription: "number for a string", fault: .unexpectedKind) { (root) throws(JSONError) in
            _ = try root.required("number").string()
        },
        Refused(testDescription: "string for a number", fault: .unexpectedKind) { (root) throws(JSONError) in
            _ = try root.required("bookingId").int()
        },
        Refused(testDescription: "fraction for an integer", fault: .unexpectedKind) { (root) throws(JSONError) in
            _ = try root.required("score").int()
        },
        Refused(testDescription: "integer above Int64", fault: .numberOutOfRange) { (root) throws(JSONError) in
            _ = try root.required("big").int()
        },
        Refused(testDescription: "null for a truth value", fault: .unexpectedKind) { (root) throws(JSONError) in
            _ = try root.required("gone").bool()
        },
        Refused(testDescription: "object for an array", fault: .unexpectedKind) { (root) throws(JSONError) in
            _ = try root.required("to").bits()
        },
        Refused(testDescription: "member of an array", fault: .missingMember) { (root) throws(JSONError) in
            _ = try root.required("slots").required("x")
        },
    ]

    @Test(arguments: refused)
    func refuses(_ example: Refused) throws {
        var scanner = try JSONScanner()
        let error = #expect(throws: JSONError.self) { try scanner.scan(Self.record, example.read) }
        #expect(error?.fault == example.fault)
    }

    @Test func `bits beyond the mask are refused`() throws {
        var scanner = try JSONScanner()
        for text in ["[32]", "[-1]"] {
            #expect(throws: JSONError(.numberOutOfRange)) {
                try scanner.scan(Array(text.utf8)) { (root) throws(JSONError) in try root.bits() }
            }
        }
    }

    @Test func `a broken text is refused, and the scanner goes on`() throws {
        var scanner = try JSONScanner()
        #expect(throws: JSONError(.syntax, at: 2)) {
            try scanner.scan(Array("[1".utf8)) { (root) throws(JSONError) in try root.ints() }
        }
        #expect(try scanner.scan(Array("[1]".utf8)) { (root) throws(JSONError) in try root.ints() } == [1])
    }
}
