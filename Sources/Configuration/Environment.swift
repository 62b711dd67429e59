import Glibc

/// The process's settings by name, with every fault found while reading them: all are told at once.
package struct Environment: Sendable {
    private let values: [String: String]
    /// One line a fault, each naming its setting.
    package private(set) var faults: [String] = []

    /// Takes the environment, which is read in one place only, the program's entry.
    package init(_ values: [String: String]) {
        self.values = values
    }

    /// The text of a setting; empty counts as absent.
    package func text(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The text of a setting that must be there; `purpose` says in the fault what it is for.
    package mutating func required(_ name: String, _ purpose: String) -> String {
        if let text = text(name) { return text }
        faults.append("\(name) is missing: \(purpose)")
        return ""
    }

    /// A whole number within `range`.
    package mutating func integer(_ name: String, in range: ClosedRange<Int>, default value: Int) -> Int {
        guard let text = text(name) else { return value }
        if let number = Int(text), range.contains(number) { return number }
        faults.append("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        return value
    }

    /// One of an enumeration's raw values.
    package mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default value: Choice?
    ) -> Choice? where Choice.RawValue == String {
        guard let text = text(name) else { return value }
        if let choice = Choice(rawValue: text) { return choice }
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        faults.append("\(name) must be one of \(known), not '\(text)'")
        return value
    }

    /// Records a fault that another check found.
    package mutating func report(_ fault: String) { faults.append(fault) }
}

/// The environment as a dictionary, without Foundation; for a program's entry alone.
package enum ProcessEnvironment {
    /// Every variable of this process by name.
    package static var values: [String: String] {
        var values: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let line = String(cString: text)
            if let separator = line.firstIndex(of: "=") {
                values[String(line[..<separator])] = String(line[line.index(after: separator)...])
            }
            entry += 1
        }
        return values
    }
}

/// The settings cannot be used; the process does not start.
package struct SettingsError: Error {
    /// One line a fault, each naming its setting.
    package let lines: [String]

    /// Faults that were found, at least one.
    package init(lines: [String]) {
        self.lines = lines
    }
}
