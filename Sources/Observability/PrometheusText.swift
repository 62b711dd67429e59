/// Writes the Prometheus text exposition format 0.0.4.
struct PrometheusText {
    private(set) var bytes: [UInt8] = []

    mutating func header(_ descriptor: Descriptor) {
        line("# HELP \(descriptor.name) \(Self.escaped(descriptor.help, quotes: false))")
        line("# TYPE \(descriptor.name) \(descriptor.kind.rawValue)")
    }

    mutating func sample(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
        let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }.joined(separator: ",")
        line("\(name)\(pairs.isEmpty ? "" : "{\(pairs)}") \(Self.number(value))")
    }

    mutating func append(_ other: PrometheusText) { bytes += other.bytes }

    /// Whole numbers without a fraction, infinities and NaN as Prometheus spells them.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }
}
