/// One line of the table.
struct FigureResult: Sendable {
    /// What a figure is counted in.
    enum Unit: String, Sendable {
        case perSecond = "/s"
        case milliseconds = "ms"
        case mebibytes = "MiB"
        case bytes = "B"

        func text(_ value: Double) -> String {
            switch self {
            case .perSecond: "\(decimal(value, digits: 0))\(rawValue)"
            case .milliseconds: "\(decimal(value, digits: value < 100 ? 1 : 0)) \(rawValue)"
            case .mebibytes, .bytes: "\(decimal(value, digits: 1)) \(rawValue)"
            }
        }
    }

    /// What is asked of a figure.
    enum Target: Sendable {
        case atLeast(Double)
        case atMost(Double)
        /// Measured divided by the limit of the same run.
        case ratio(Double)
        /// The same where less is better.
        case ratioAtMost(Double)
        /// Only informs.
        case none
    }

    let name: String
    let measured: Double
    let unit: Unit
    var limit: Double?
    var target = Target.none

    private var failure: String?

    init(_ name: String, _ measured: Double, _ unit: Unit, limit: Double? = nil, target: Target = .none) {
        self.name = name
        self.measured = measured
        self.unit = unit
        self.limit = limit
        self.target = target
    }

    /// A group that could not be measured.
    static func failed(_ name: String, _ reason: String) -> FigureResult {
        var result = FigureResult(name, 0, .perSecond)
        result.failure = reason
        return result
    }

    private var ratio: Double? { limit.flatMap { $0 > 0 ? measured / $0 : nil } }

    /// Whether the target is met; nil where there is none.
    private var isMet: Bool? {
        switch target {
        case .atLeast(let value): measured >= value
        case .atMost(let value): measured <= value
        case .ratio(let value): ratio.map { $0 >= value } ?? false
        case .ratioAtMost(let value): ratio.map { $0 <= value } ?? false
        case .none: nil
        }
    }

    /// The cells of the table's row.
    var cells: [String] {
        if failure != nil { return [name, "failed", "", "", "", "failed"] }
        let wanted =
            switch target {
            case .atLeast(let value): ">= \(unit.text(value))"
            case .atMost(let value): "<= \(unit.text(value))"
            case .ratio(let value): ">= \(decimal(value, digits: value < 0.95 || value >= 1 ? 1 : 2)) x limit"
            case .ratioAtMost(let value): "<= \(decimal(value, digits: 1)) x limit"
            case .none: ""
            }
        return [
            name, unit.text(measured), limit.map(unit.text) ?? "", ratio.map { decimal($0, digits: 2) } ?? "", wanted,
            isMet.map { $0 ? "ok" : "missed" } ?? "",
        ]
    }
}

/// Collects lines and aligns them.
struct ResultTable {
    private var rows: [[String]] = [["figure", "measured", "limit", "ratio", "target", ""]]

    mutating func add(_ result: FigureResult) {
        rows.append(result.cells)
        Progress.say("   " + result.cells.filter { !$0.isEmpty }.joined(separator: " | "))
    }

    /// The whole table; numbers stand on the right.
    var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return (1...3).contains(column) ? space + row[column] : row[column] + space
            }
            return cells.joined(separator: "  ").trimmedEnd
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmedEnd: String { String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)]) }
}
