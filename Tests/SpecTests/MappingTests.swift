import Foundation
import Testing

/// docs/spec/README.md says which function is which action of a model; both must exist, or the models speak of other
/// code.
@Suite struct MappingTests {
    /// A row `| actions | functions | files |`.
    struct Row: CustomTestStringConvertible {
        let actions: [String]
        let functions: [String]
        let files: [String]

        var testDescription: String { actions.joined(separator: ", ") }
    }

    static let rows: [Row] = ((try? ModelChecker.text("docs/spec/README.md")) ?? "").split(separator: "\n").compactMap {
        let cells = $0.split(separator: "|", omittingEmptySubsequences: false).map { cell in
            cell.matches(of: /`([^`]+)`/).map { String($0.output.1) }
        }
        guard cells.count == 5, let first = cells[1].first?.first, first.isUppercase else { return nil }
        return Row(actions: cells[1], functions: cells[2], files: cells[3])
    }

    @Test(arguments: rows.filter { !$0.functions.isEmpty })
    func functionsAreThere(_ row: Row) throws {
        var missing = Set(row.functions)
        for name in row.files {
            let paths = Self.sources.filter { $0.hasSuffix("/\(name)") }
            try #require(!paths.isEmpty, "there is no \(name)")
            let found = try paths.flatMap { path in
                let isStatement = path.hasSuffix(".sql")
                let text = try ModelChecker.text(path)
                return row.functions.filter { function in
                    isStatement
                        ? path.hasSuffix("/\(function).sql")
                        : text.contains("func \(function)(")
                }
            }
            #expect(!found.isEmpty, "\(name) has none of these functions")
            missing.subtract(found)
        }
        #expect(missing.isEmpty)
    }

    @Test(arguments: ["Relayer", "Handover"])
    func actionsAreThere(_ model: String) throws {
        let text = try ModelChecker.text("docs/spec/\(model).tla")
        let other = try ModelChecker.text("docs/spec/\(model == "Relayer" ? "Handover" : "Relayer").tla")
        // A definition that says what it leaves unchanged is an action.
        var actions: Set<String> = []
        var definition = ""
        for line in text.split(separator: "\n") {
            if let name = line.prefixMatch(of: /([A-Z]\w*)(\([a-z, ]*\))? ==/)?.output.1 { definition = String(name) }
            if line.contains("UNCHANGED") { actions.insert(definition) }
        }
        #expect(actions.count > 10)
        let mapped = Set(Self.rows.flatMap(\.actions))
        #expect(actions.subtracting(mapped).isEmpty)
        for name in mapped where !other.contains("\n\(name)") {
            #expect(text.contains("\n\(name)"), "no model has \(name)")
        }
    }

    /// A row `| rule | test | file |`: what no model says, a test holds.
    static let tests: [(function: String, file: String)] =
        ((try? ModelChecker.text("docs/spec/README.md")) ?? "").split(separator: "\n").compactMap { line in
            line.firstMatch(of: /\| `(\w+)` \| `(\w+Tests\/[\w\/]+\.swift)` \|$/).map {
                (String($0.output.1), String($0.output.2))
            }
        }

    @Test func testsAreThere() throws {
        #expect(Self.tests.count > 10)
        for (function, file) in Self.tests {
            let text = try ModelChecker.text("Tests/\(file)")
            #expect(text.contains("func \(function)("), "\(file) has no \(function)")
        }
    }

    private static let sources: [String] = ["Sources", "replay-tools"].flatMap { folder in
        let walk = FileManager.default.enumerator(atPath: ModelChecker.root.appendingPathComponent(folder).path)
        return (walk?.compactMap { $0 as? String } ?? []).map { "\(folder)/\($0)" }
    }
}
