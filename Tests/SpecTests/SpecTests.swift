import Foundation
import Testing

/// The protocols behind G4 to G7, in every interleaving of a small model; and each model without one of its rules.
@Suite(.serialized) struct SpecTests {
    @Test(
        .enabled(if: ModelChecker.isPresent, "no ../shared/engines/tlc and Java here"),
        .timeLimit(.minutes(5)), arguments: ModelChecker.configurations)
    func doesWhatItMust(_ configuration: String) async throws {
        let (status, output) = try await ModelChecker.check(configuration)
        #expect(status == 0, Comment(rawValue: output))
    }

    /// A rule that can be left out without anything failing says that the model does not see what it is for.
    @Test(arguments: ["Relayer", "Handover"])
    func everyRuleIsLeftOutOnce(_ model: String) throws {
        let text = try ModelChecker.text("docs/spec/\(model).tla")
        let list = try #require(text.firstMatch(of: /(?s)Rules == \{(.*?)\}/)).output.1
        let rules = Set(list.matches(of: /"([^"]+)"/).map(\.output.1))
        #expect(!rules.isEmpty)
        var leftOut: Set<Substring> = []
        for path in ModelChecker.configurations where path.hasPrefix("docs/spec/broken/\(model).") {
            let configuration = try ModelChecker.text(path)
            let broken = try #require(configuration.firstMatch(of: /Broken = \{(.*)\}/), "\(path)").output.1
            leftOut.formUnion(
                broken.matches(of: /"([^"]+)"/).map { rules.isDisjoint(with: [$0.output.1]) ? "?" : $0.output.1 })
        }
        #expect(leftOut == rules)
    }
}
