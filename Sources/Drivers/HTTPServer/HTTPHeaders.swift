/// The header fields of a request, compared without case; repeated fields are kept.
///
/// All of them lie in one buffer: most fields of a request are never looked at, so strings are made on demand.
package struct HTTPHeaders: Sendable {
    private struct Extent: Sendable {
        let start: Int32
        let nameCount: Int32
        let valueCount: Int32
    }

    private var text: [UInt8] = []
    private var extents: [Extent] = []

    /// No fields.
    package init() {}

    /// The given fields in their order.
    package init(_ fields: [(String, String)]) {
        for (name, value) in fields { append(name: Array(name.utf8), value: Array(value.utf8)) }
    }

    /// The value of the first field of that name.
    package subscript(_ name: String) -> String? {
        guard let extent = extents.first(where: { isNamed(name, $0) }) else { return nil }
        return value(extent)
    }

    /// The values of all fields of that name in the order of the wire.
    package func all(_ name: String) -> [String] { extents.filter { isNamed(name, $0) }.map(value) }

    /// Every field in the order of the wire.
    package var fields: [HTTPField] {
        extents.map { extent in
            let name = text[Int(extent.start)..<Int(extent.start + extent.nameCount)]
            return HTTPField(String(decoding: name, as: UTF8.self), value(extent))
        }
    }

    mutating func reserve(fields: Int, bytes: Int) {
        extents.reserveCapacity(fields)
        text.reserveCapacity(bytes)
    }

    mutating func append(name: some Collection<UInt8>, value: some Collection<UInt8>) {
        extents.append(
            Extent(start: Int32(text.count), nameCount: Int32(name.count), valueCount: Int32(value.count)))
        text.append(contentsOf: name)
        text.append(contentsOf: value)
    }

    /// How often a field occurs, without making strings of its values.
    func count(_ name: String) -> Int { extents.count { isNamed(name, $0) } }

    /// Whether every name is a token, as it must be (RFC 9110, section 5.1): no white space before the colon.
    var haveTokenNames: Bool {
        extents.allSatisfy { extent in
            let name = text[Int(extent.start)..<Int(extent.start + extent.nameCount)]
            return !name.isEmpty && name.allSatisfy(HTTPField.isTokenByte)
        }
    }

    private func value(_ extent: Extent) -> String {
        let start = Int(extent.start + extent.nameCount)
        return String(decoding: text[start..<(start + Int(extent.valueCount))], as: UTF8.self)
    }

    private func isNamed(_ name: String, _ extent: Extent) -> Bool {
        guard name.utf8.count == Int(extent.nameCount) else { return false }
        return zip(name.utf8, text[Int(extent.start)...]).allSatisfy { lowered($0) == lowered($1) }
    }

    private func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
