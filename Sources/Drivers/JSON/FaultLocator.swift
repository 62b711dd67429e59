import CSimdJSON

/// Finds where a text that simdjson refused goes wrong, because simdjson's tree parser does not say.
///
/// Runs only after a refusal, so it may be simple: one forward pass over the grammar of RFC 8259.
struct FaultLocator {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var depth = 0
    private var fault = JSONError.Fault.syntax
    private let depthMax: Int

    private init(_ bytes: UnsafeRawBufferPointer, depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    /// What simdjson's refusal means to our callers, with the first byte that is to blame.
    static func error(in bytes: UnsafeRawBufferPointer, _ fault: csimdjson_fault) -> JSONError {
        switch fault {
        case csimdjson_utf8: JSONError(.invalidUTF8, at: firstInvalidUTF8(bytes))
        case csimdjson_memory: JSONError(.outOfMemory)
        case csimdjson_empty: JSONError(.empty)
        default: error(in: bytes, depthMax: simdjsonDepthMax)
        }
    }

    /// The first byte that breaks the grammar, opens a bracket too deep, or begins a number that we cannot hold.
    static func error(in bytes: UnsafeRawBufferPointer, depthMax: Int) -> JSONError {
        var locator = FaultLocator(bytes, depthMax: depthMax)
        if locator.value() { locator.space() }
        return JSONError(locator.fault, at: locator.index)
    }

    /// simdjson's own limit, which every text meets before ours.
    private static let simdjsonDepthMax = 1024

    private static func firstInvalidUTF8(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return offset
            }
        }
    }

    private mutating func space() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    /// Each of these returns false with `index` at the first byte that does not fit.
    private mutating func value() -> Bool {
        space()
        guard index < bytes.count else { return false }
        switch bytes[index] {
        case UInt8(ascii: "{"): return nested { $0.list(closing: "}") { $0.member() } }
        case UInt8(ascii: "["): return nested { $0.list(closing: "]") { $0.value() } }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func nested(_ body: (inout FaultLocator) -> Bool) -> Bool {
        depth += 1
        guard depth <= depthMax else {
            fault = .tooDeep
            return false
        }
        index += 1
        guard body(&self) else { return false }
        depth -= 1
        return true
    }

    private mutating func list(closing: Unicode.Scalar, _ element: (inout FaultLocator) -> Bool) -> Bool {
        space()
        if take(closing) { return true }
        repeat {
            guard element(&self) else { return false }
            space()
        } while take(",")
        return take(closing)
    }

    private mutating func member() -> Bool {
        space()
        guard string() else { return false }
        space()
        return take(":") && value()
    }

    private mutating func word(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { expected in
            for byte in expected {
                guard index < bytes.count, bytes[index] == byte else { return false }
                index += 1
            }
            return true
        }
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while index < bytes.count, bytes[index] >= 0x20 {
            if take("\"") { return true }
            if bytes[index] == UInt8(ascii: "\\") {
                guard escape() else { return false }
            } else {
                index += 1
            }
        }
        return false
    }

    private mutating func escape() -> Bool {
        let start = index
        index += 1
        if !take("u") {
            guard index < bytes.count, "\"\\/bfnrt".utf8.contains(bytes[index]) else { return false }
            index += 1
            return true
        }
        guard let unit = hexQuad() else { return false }
        switch unit {
        case 0xD800..<0xDC00:
            guard take("\\"), take("u"), let low = hexQuad(), (0xDC00..<0xE000).contains(low) else {
                index = start
                return false
            }
            return true
        case 0xDC00..<0xE000:
            index = start
            return false
        default: return true
        }
    }

    private mutating func hexQuad() -> UInt32? {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard index < bytes.count, let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
                return nil
            }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }

    private mutating func number() -> Bool {
        let start = index
        _ = take("-")
        if !take("0") { guard digits() else { return false } }
        if take(".") { guard digits() else { return false } }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() else { return false }
        }
        guard isInRange(start..<index) else {
            fault = .numberOutOfRange
            index = start
            return false
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = index
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
        return index > start
    }

    private func isInRange(_ range: Range<Int>) -> Bool {
        let text = String(decoding: bytes[range], as: UTF8.self)
        if Int64(text) != nil { return true }
        guard text.contains(where: { ".eE".contains($0) }), let value = Double(text) else { return false }
        return value.isFinite
    }
}
