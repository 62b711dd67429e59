import Foundation
import Testing

/// A rule and a tree that breaks it: a rule that catches nothing proves nothing.
struct Fixture: CustomTestStringConvertible {
    let testDescription: String
    let rule: Rule
    let files: [String: String]
    /// Where the faults are expected, in the order of files; empty: this tree is tidy.
    let places: [String]

    init(_ testDescription: String, _ rule: Rule, _ files: [String: String], faults places: [String]) {
        self.testDescription = testDescription
        self.rule = rule
        self.files = files
        self.places = places
    }
}

@Suite struct RuleTests {
    @Test(arguments: Fixture.all)
    func catches(_ fixture: Fixture) {
        let faults = fixture.rule.faults(Repository(fixture: fixture.files))
        #expect(faults.map(\.place) == fixture.places, "\(faults)")
        #expect(faults.allSatisfy { $0.sentence.hasSuffix(".") }, "a fault ends with a sentence that says what to do")
    }

    @Test func everyRuleHasAFixtureThatItCatches() {
        let caught = Set(Fixture.all.filter { !$0.places.isEmpty }.map(\.rule.name))
        let untested = Rule.all.map(\.name).filter { !caught.contains($0) && $0 != Rule.manifestAgrees.name }
        #expect(untested.isEmpty)
    }

    @Test func catchesADependencyThatTheRulesForbid() throws {
        let dump = #"""
            {"targets": [
              {"name": "replay", "path": "replay-tools", "dependencies": [{"byName": ["BookingCommands", null]}]},
              {"name": "Domain", "path": "Sources/Domain", "dependencies": []},
              {"name": "Free", "dependencies": [{"byName": ["Gateway", null]}]}
            ]}
            """#
        let manifest = SourceFile(path: "Package.swift", text: "")
        let faults = try Manifest(json: Data(dump.utf8)).targets.flatMap { Rule.faults(of: $0, in: manifest) }
        #expect(
            faults.map(\.sentence) == [
                "target replay may not depend on BookingCommands: replay must not be able to decide, notify or serve."
            ])
    }

    @Test(arguments: [
        ("let a = 1 // try! here", "let a = 1             "),
        ("let a = \"try! \\(b(\"x\")) c\"", "let a = \"       b(\" \")   \""),
        ("let a = #\"say \"try!\" now\"#", "let a = #\"              \"#"),
        ("/* try! */ let a = 2", "           let a = 2"),
        ("x(/\"try!/)", "x(       )"),
        ("let a = b / c / d", "let a = b / c / d"),
    ])
    func tellsCodeFromText(_ text: String, _ code: String) {
        #expect(SwiftCode.blanked(text) == code)
    }
}

extension Repository {
    /// A tree that exists only here.
    init(fixture: [String: String]) {
        root = URL(fileURLWithPath: "/")
        files = fixture.map { SourceFile(path: $0.key, text: $0.value) }.sorted { $0.path < $1.path }
    }
}
