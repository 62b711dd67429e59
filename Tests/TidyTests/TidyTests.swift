import Testing

/// Holds the rules that neither the compiler nor the formatter sees.
///
/// A failure says where, and what to do.
@Suite struct TidyTests {
    @Test(arguments: Rule.all)
    func holds(_ rule: Rule) {
        let faults = rule.faults(.checkout)
        let isTidy = faults.isEmpty
        #expect(
            isTidy, Comment(rawValue: "\(rule.name):\n" + faults.map(\.description).joined(separator: "\n")))
    }

    @Test func seesTheWholeCheckout() {
        let paths = Repository.checkout.files.map(\.path)
        #expect(paths.contains("Package.swift"))
        #expect(paths.contains { $0.hasPrefix("Sources/Domain/") })
        #expect(!paths.contains { $0.hasPrefix(".build/") || $0.hasPrefix(".git/") })
    }
}
