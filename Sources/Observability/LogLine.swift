/// Builds the bytes of one log line in either format.
struct LogLine {
    private let format: Log.Format
    private var bytes: [UInt8] = []

    init(_ format: Log.Format) {
        self.format = format
        bytes.reserveCapacity(256)
    }

    mutating func begin(at microseconds: Int64, _ level: LogLevel, _ message: StaticString) {
        let time = utcText(microseconds)
        switch format {
        case .json:
            append("{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"message\":")
            quoted("\(message)")
        case .text: append("\(time) \(level.rawValue.uppercased()) \(message)")
        }
    }

    mutating func field(_ name: String, _ value: LogValue) {
        switch format {
        case .json:
            append(",\"\(name)\":")
            self.value(value)
        case .text:
            append(" \(name)=")
            self.value(value)
        }
    }

    mutating func finished() -> [UInt8] {
        append(format == .json ? "}\n" : "\n")
        return bytes
    }

    private mutating func value(_ value: LogValue) {
        switch value {
        case .name(let text): quoted("\(text)")
        case .int(let number): append("\(number)")
        case .double(let number): number.isFinite ? append("\(number)") : quoted("\(number)")
        case .bool(let truth): append(truth ? "true" : "false")
        case .duration(let duration): append("\(microseconds(duration))")
        case .uuid(let high, let low): quoted(uuidText(high, low))
        case .code(let text), .setting(let text): quoted(text)
        case .error(let error): quoted(text(of: error))
        }
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// A JSON string; also in text lines, so that a line break in a value cannot forge a line.
    private mutating func quoted(_ text: String) {
        if format == .text, !text.isEmpty, text.utf8.allSatisfy(isPlain) { return append(text) }
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7F: append("\\u00" + hexadecimal(UInt64(byte), digits: 2))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
    }

    private func text(of error: any Error) -> String {
        let type = "\(type(of: error))"
        guard let described = error as? any CustomStringConvertible else { return type }
        let description = described.description
        return description.hasPrefix(type) ? description : "\(type): \(description)"
    }
}

/// Whole microseconds; what is shorter is dropped.
func microseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
}

/// RFC 3339 in UTC with microseconds, for any instant of the years 0001...9999.
func utcText(_ microseconds: Int64) -> String {
    let (seconds, fraction) = floorDivided(microseconds, by: 1_000_000)
    let (days, secondOfDay) = floorDivided(seconds, by: 86_400)
    // Days to civil date with March as the first month, so that the leap day comes last (Howard Hinnant's algorithm).
    let (era, dayOfEra) = floorDivided(days + 719_468, by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    let time = "\(padded(secondOfDay / 3_600, 2)):\(padded(secondOfDay / 60 % 60, 2)):\(padded(secondOfDay % 60, 2))"
    return "\(date)T\(time).\(padded(fraction, 6))Z"
}

private func floorDivided(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let remainder = ((value % divisor) + divisor) % divisor
    return ((value - remainder) / divisor, remainder)
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let digits = "\(value)"
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

private func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}

private func uuidText(_ high: UInt64, _ low: UInt64) -> String {
    let groups = [
        hexadecimal(high >> 32, digits: 8), hexadecimal(high >> 16 & 0xFFFF, digits: 4),
        hexadecimal(high & 0xFFFF, digits: 4), hexadecimal(low >> 48, digits: 4),
        hexadecimal(low & 0xFFFF_FFFF_FFFF, digits: 12),
    ]
    return groups.joined(separator: "-")
}
