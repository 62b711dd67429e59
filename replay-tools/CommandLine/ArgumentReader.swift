/// Takes a subcommand's arguments apart; what is left over is an error.
struct ArgumentReader {
    private var rest: [String]

    init(_ arguments: some Sequence<String>) {
        rest = Array(arguments)
    }

    /// The words before the first option; they stay.
    var words: [String] { Array(rest.prefix { !$0.hasPrefix("-") }) }

    /// The next word that is no option, taken out; nil at the end or before an option.
    mutating func word() -> String? {
        guard let first = rest.first, !first.hasPrefix("-") else { return nil }
        return rest.removeFirst()
    }

    /// Takes `--name` out; false where it is absent.
    mutating func flag(_ names: String...) -> Bool {
        let count = rest.count
        rest.removeAll { names.contains($0) }
        return rest.count < count
    }

    /// Takes `--name value` or `--name=value` out; nil where it is absent.
    ///
    /// - Throws: `UsageError` where the value is missing, or the option comes twice.
    mutating func option(_ name: String) throws(UsageError) -> String? {
        guard let index = rest.firstIndex(where: { $0 == name || $0.hasPrefix("\(name)=") }) else { return nil }
        let value: String
        if rest[index] == name {
            guard index + 1 < rest.count, !rest[index + 1].hasPrefix("--") else {
                throw UsageError("\(name) needs a value")
            }
            value = rest[index + 1]
            rest.removeSubrange(index...index + 1)
        } else {
            value = String(rest.remove(at: index).dropFirst(name.count + 1))
        }
        if rest.contains(where: { $0 == name || $0.hasPrefix("\(name)=") }) {
            throw UsageError("\(name) was given twice")
        }
        return value
    }

    /// Anything left over is a usage error, not something to ignore.
    func finish() throws(UsageError) {
        if let extra = rest.first { throw UsageError("unexpected argument '\(extra)'") }
    }
}
