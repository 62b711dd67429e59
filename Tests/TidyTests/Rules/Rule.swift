import Testing

/// A rule of the house, checked over the whole tree at once, so that it can compare files with each other.
struct Rule: Sendable, CustomTestStringConvertible {
    /// What holds, as a sentence.
    let name: String
    let faults: @Sendable (Repository) -> [Fault]

    var testDescription: String { name }

    init(_ name: String, faults: @escaping @Sendable (Repository) -> [Fault]) {
        self.name = name
        self.faults = faults
    }

    /// A rule that needs to see one file at a time.
    static func everyFile(
        _ name: String, kinds: Set<Substring>, check: @escaping @Sendable (SourceFile) -> [Fault]
    ) -> Rule {
        Rule(name) { $0.files.filter { kinds.contains($0.kind) }.flatMap(check) }
    }

    /// All of them; each has a fixture that it must catch in `RuleTests`.
    static let all: [Rule] = [
        fileLength, lineLength, functionLength, importsGoOneWay, manifestAgrees, bannedCalls, ambientInputs, printing,
        fileNames, unfinishedWords, sqlHeaders, sqlIsUsed, migrationsAreComplete, oneTitle, readmeCommandsExist,
        scriptsAreStrict, packageTypesAreDocumented,
    ]
}
