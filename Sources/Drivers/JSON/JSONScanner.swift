import CSimdJSON

/// Reads named members out of many texts without building trees, on one parser whose buffers are used again.
///
/// For hot paths over our own events: a 300-byte record takes well under a microsecond. Depth is simdjson's (1,024),
/// nothing recurses, and of two members of the same name the first counts.
///
/// ```swift
/// let slots = try scanner.scan(bytes) { (event) throws(JSONError) in try event.required("slots").bits() }
/// ```
package struct JSONScanner: ~Copyable {
    private let parser: OpaquePointer

    /// A scanner with a parser of its own.
    ///
    /// - Throws: `JSONError` `outOfMemory`.
    package init() throws(JSONError) {
        guard let parser = csimdjson_parser_new() else { throw JSONError(.outOfMemory) }
        self.parser = parser
    }

    deinit { csimdjson_parser_free(parser) }

    /// Parses one text and lends its outermost value to `body`, which must not keep it or any part of it.
    ///
    /// - Throws: `JSONError` if the text is not JSON, or what `body` throws.
    package mutating func scan<T>(
        _ bytes: UnsafeRawBufferPointer, _ body: (JSONNode) throws(JSONError) -> T
    ) throws(JSONError) -> T {
        try body(JSONNode(tape: try JSONTape(parser, bytes), index: JSONTape.rootIndex))
    }

    /// As above, over an array.
    package mutating func scan<T>(
        _ bytes: [UInt8], _ body: (JSONNode) throws(JSONError) -> T
    ) throws(JSONError) -> T {
        let span = bytes.span
        return try span.withUnsafeBytes { (buffer) throws(JSONError) in try scan(buffer, body) }
    }
}

/// One value of a scanned text, valid only inside `JSONScanner.scan`.
package struct JSONNode {
    let tape: JSONTape
    let index: Int

    /// True for `null`.
    package var isNull: Bool { tape.kind(index) == .null }

    /// True for a text.
    package var isString: Bool { tape.kind(index) == .string }

    /// True for an object; `first` finds nothing elsewhere.
    package var isObject: Bool { tape.kind(index) == .object }

    /// The integer.
    ///
    /// - Throws: `unexpectedKind` for everything else, `numberOutOfRange` above `Int64.max`.
    package func int() throws(JSONError) -> Int64 {
        switch tape.kind(index) {
        case .int: return tape.int(index)
        case .unsigned: throw JSONError(.numberOutOfRange)
        default: throw JSONError(.unexpectedKind)
        }
    }

    /// Any number as a `Double`.
    ///
    /// - Throws: `unexpectedKind` for everything else.
    package func double() throws(JSONError) -> Double {
        switch tape.kind(index) {
        case .int: return Double(tape.int(index))
        case .double: return tape.double(index)
        default: throw JSONError(.unexpectedKind)
        }
    }

    /// The truth value.
    ///
    /// - Throws: `unexpectedKind` for everything else.
    package func bool() throws(JSONError) -> Bool {
        switch tape.kind(index) {
        case .yes: return true
        case .no: return false
        default: throw JSONError(.unexpectedKind)
        }
    }

    /// A copy of the string.
    ///
    /// - Throws: `unexpectedKind` for everything else.
    package func string() throws(JSONError) -> String { String(decoding: try utf8(), as: UTF8.self) }

    /// The string's bytes where they lie, unescaped.
    ///
    /// - Throws: `unexpectedKind` for everything else.
    package func utf8() throws(JSONError) -> UnsafeRawBufferPointer {
        guard tape.kind(index) == .string else { throw JSONError(.unexpectedKind) }
        return tape.utf8(index)
    }

    /// The bits of an array of small integers, as a list of slots is on a bitmap: an element i sets bit i.
    ///
    /// - Throws: `unexpectedKind` for everything else, `numberOutOfRange` for an element outside of 0..<32.
    package func bits() throws(JSONError) -> UInt32 {
        var bits: UInt32 = 0
        try forEachElement { (element) throws(JSONError) in
            let value = try element.int()
            guard (0..<32).contains(value) else { throw JSONError(.numberOutOfRange) }
            bits |= 1 << UInt32(value)
        }
        return bits
    }

    /// The elements of an array of integers.
    ///
    /// - Throws: `unexpectedKind` for everything else.
    package func ints() throws(JSONError) -> [Int64] {
        var values: [Int64] = []
        try forEachElement { (element) throws(JSONError) in values.append(try element.int()) }
        return values
    }

    /// The member of that name; nil where there is none, or where this is not an object.
    package func first(_ name: StaticString) -> JSONNode? {
        var members = self.members
        while let member = members.next() {
            if member.isNamed(name) { return member.value }
        }
        return nil
    }

    /// The member of that name.
    ///
    /// - Throws: `missingMember`.
    package func required(_ name: StaticString) throws(JSONError) -> JSONNode {
        guard let member = first(name) else { throw JSONError(.missingMember) }
        return member
    }

    /// The members in the order of the text, for reading many in one pass; none where this is not an object.
    package var members: Members {
        guard tape.kind(index) == .object else { return Members(tape: tape, position: index, end: index) }
        return Members(tape: tape, position: index + 1, end: tape.closing(index))
    }

    /// Calls `body` for each element.
    ///
    /// - Throws: `unexpectedKind` where this is not an array, or what `body` throws.
    package func forEachElement(_ body: (JSONNode) throws(JSONError) -> Void) throws(JSONError) {
        guard tape.kind(index) == .array else { throw JSONError(.unexpectedKind) }
        var at = index + 1
        let end = tape.closing(index)
        while at < end {
            try body(JSONNode(tape: tape, index: at))
            at = tape.after(at)
        }
    }
}

extension JSONNode {
    /// One name and value of a scanned object.
    package struct Member {
        /// The name's bytes, unescaped.
        package let name: UnsafeRawBufferPointer
        /// The value.
        package let value: JSONNode

        /// Compares byte by byte.
        package func isNamed(_ other: StaticString) -> Bool {
            guard name.count == other.utf8CodeUnitCount else { return false }
            return other.withUTF8Buffer { $0.elementsEqual(name) }
        }
    }

    /// Walks over the members of an object.
    package struct Members: IteratorProtocol {
        let tape: JSONTape
        var position: Int
        let end: Int

        /// The next member; nil after the last one.
        package mutating func next() -> Member? {
            guard position < end else { return nil }
            let member = Member(name: tape.utf8(position), value: JSONNode(tape: tape, index: position + 1))
            position = tape.after(position + 1)
            return member
        }
    }
}
