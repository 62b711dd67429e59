import CSimdJSON

/// How deep arrays and objects may be nested where the caller does not say.
package let jsonDepthMaxDefault = 32

/// Reads a JSON text into a tree.
///
/// Strict: RFC 8259, UTF-8 without a byte order mark, no lone surrogates, no duplicate names, one value a text.
///
/// - Parameters:
///   - bytes: The text.
///   - depthMax: How deep arrays and objects may be nested, 1...1024; a scalar has depth 0.
/// - Returns: The one value of the text.
/// - Throws: `JSONError` with the offset of the first wrong byte, where there is one.
package func parseJSON(_ bytes: [UInt8], depthMax: Int = jsonDepthMaxDefault) throws(JSONError) -> JSONValue {
    var outcome: Result<JSONValue, JSONError> = .failure(JSONError(.empty))
    bytes.withUnsafeBytes { buffer in
        outcome = Result { () throws(JSONError) in try parseJSON(buffer, depthMax: depthMax) }
    }
    return try outcome.get()
}

/// Reads a JSON text that lies in memory of someone else's; see `parseJSON(_:depthMax:)`.
package func parseJSON(
    _ bytes: UnsafeRawBufferPointer, depthMax: Int = jsonDepthMaxDefault
) throws(JSONError) -> JSONValue {
    guard let parser = csimdjson_parser_of_thread() else { throw JSONError(.outOfMemory) }
    let builder = TreeBuilder(tape: try JSONTape(parser, bytes), depthMax: depthMax, text: bytes)
    var index = JSONTape.rootIndex
    return try builder.value(&index, depth: 0)
}

/// Turns a tape into a tree; recursion is bounded by `depthMax`.
private struct TreeBuilder {
    /// Up to here names are compared with each other; beyond, a set is faster than the square.
    static let pairwiseMax = 12

    let tape: JSONTape
    let depthMax: Int
    let text: UnsafeRawBufferPointer

    func value(_ index: inout Int, depth: Int) throws(JSONError) -> JSONValue {
        let at = index
        index = tape.after(at)
        switch tape.kind(at) {
        case .object: return .object(try members(at, depth: depth + 1))
        case .array: return .array(try elements(at, depth: depth + 1))
        case .string: return .string(tape.string(at))
        case .int: return .int(tape.int(at))
        case .unsigned: throw FaultLocator.error(in: text, depthMax: depthMax)
        case .double: return .double(tape.double(at))
        case .yes: return .bool(true)
        case .no: return .bool(false)
        case .null: return .null
        }
    }

    private func elements(_ opening: Int, depth: Int) throws(JSONError) -> [JSONValue] {
        try checkDepth(depth)
        var elements: [JSONValue] = []
        elements.reserveCapacity(tape.count(opening))
        var index = opening + 1
        let end = tape.closing(opening)
        while index < end { elements.append(try value(&index, depth: depth)) }
        return elements
    }

    private func members(_ opening: Int, depth: Int) throws(JSONError) -> [JSONMember] {
        try checkDepth(depth)
        try refuseDuplicates(opening)
        var members: [JSONMember] = []
        members.reserveCapacity(tape.count(opening))
        var index = opening + 1
        let end = tape.closing(opening)
        while index < end {
            let name = tape.string(index)
            index += 1
            members.append(JSONMember(name, try value(&index, depth: depth)))
        }
        return members
    }

    private func checkDepth(_ depth: Int) throws(JSONError) {
        guard depth <= depthMax else {
            throw FaultLocator.error(in: text, depthMax: depthMax)
        }
    }

    /// Names are compared byte by byte: `String` would take two spellings of the same accent for one name.
    private func refuseDuplicates(_ opening: Int) throws(JSONError) {
        let end = tape.closing(opening)
        if tape.count(opening) > Self.pairwiseMax {
            var seen: Set<NameBytes> = []
            seen.reserveCapacity(tape.count(opening))
            var index = opening + 1
            while index < end {
                guard seen.insert(NameBytes(utf8: tape.utf8(index))).inserted else { throw JSONError(.duplicateName) }
                index = tape.after(index + 1)
            }
            return
        }
        var index = opening + 1
        while index < end {
            let name = NameBytes(utf8: tape.utf8(index))
            var earlier = opening + 1
            while earlier < index {
                if NameBytes(utf8: tape.utf8(earlier)) == name { throw JSONError(.duplicateName) }
                earlier = tape.after(earlier + 1)
            }
            index = tape.after(index + 1)
        }
    }
}

/// A member's name where it lies, compared by its bytes.
private struct NameBytes: Hashable {
    let utf8: UnsafeRawBufferPointer

    static func == (left: NameBytes, right: NameBytes) -> Bool { left.utf8.elementsEqual(right.utf8) }

    func hash(into hasher: inout Hasher) { hasher.combine(bytes: utf8) }
}
