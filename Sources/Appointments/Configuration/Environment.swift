/// The process's settings by name, with every fault found while reading them: all are told at once.
struct Environment {
    private let values: [String: String]
    /// One line a fault, each naming its setting.
    private(set) var faults: [String] = []

    /// - Parameter values: The environment; read in one place only, the program's entry.
    init(_ values: [String: String]) {
        self.values = values
    }

    /// The text of a setting; empty counts as absent.
    func text(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The text of a setting that must be there; `purpose` says in the fault what it is for.
    mutating func required(_ name: String, _ purpose: String) -> String {
        if let text = text(name) { return text }
        faults.append("\(name) is missing: \(purpose)")
        return ""
    }

    /// A whole number within `range`.
    mutating func integer(_ name: String, in range: ClosedRange<Int>, default value: Int) -> Int {
        guard let text = text(name) else { return value }
        if let number = Int(text), range.contains(number) { return number }
        faults.append("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        return value
    }

    /// One of an enumeration's raw values.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default value: Choice?
    ) -> Choice? where Choice.RawValue == String {
        guard let text = text(name) else { return value }
        if let choice = Choice(rawValue: text) { return choice }
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        faults.append("\(name) must be one of \(known), not '\(text)'")
        return value
    }

    /// Records a fault that another check found.
    mutating func report(_ fault: String) { faults.append(fault) }
}
