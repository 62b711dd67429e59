import Glibc

/// Lines on standard error while figures are taken; standard output has the table only.
enum Progress {
    static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

extension Duration {
    /// Seconds as a number.
    var seconds: Double { self / .seconds(1) }

    /// For people: `3.2 s`.
    var formatted: String { "\(decimal(seconds, digits: 1)) s" }
}

/// A number with a fixed count of digits after the point, without Foundation.
func decimal(_ value: Double, digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = Int((value.magnitude * scale).rounded())
    let sign = value < 0 && rounded > 0 ? "-" : ""
    let whole = grouped(rounded / Int(scale))
    guard digits > 0 else { return sign + whole }
    let fraction = String(rounded % Int(scale))
    return "\(sign)\(whole).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}

/// Digits in groups of three: `1,234,567`.
private func grouped(_ value: Int) -> String {
    var text = ""
    for (index, digit) in String(value).reversed().enumerated() {
        if index > 0, index % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return String(text.reversed())
}
