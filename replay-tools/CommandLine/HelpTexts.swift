/// What `--help` says of the whole program; each subcommand has its own.
enum HelpTexts {
    static var program: String {
        """
        replay: watches, proves and rebuilds the read models, and answers auditors.

        \(lines(of: Subcommands.all))
          \("replay help".padded(to: width))this text; each command has --help with examples

        Settings come from the environment (CONTRACT section 1); 'make up' writes them to .run/env:

          set -a; . .run/env; set +a; .build/release/replay status

        \(exitCodes)

        """
    }

    /// The subcommands that begin with some words: what they are for, examples of them, and their settings.
    static func overview(of words: [String]) -> String {
        let name = words.joined(separator: " ")
        let list = lines(of: Subcommands.all.filter { $0.words.hasPrefix(name + " ") })
        guard let group = GroupHelp.all.first(where: { $0.word == name }) else { return "\(list)\n\n\(exitCodes)\n" }
        return """
            replay \(name): \(group.purpose)

            \(list)

            Each has --help with all its options.

            Examples:
            \(group.examples.map { "  \($0)" }.joined(separator: "\n"))

            \(group.settings)

            \(exitCodes)

            """
    }

    static let exitCodes = """
        Exit codes: 0 done · 1 a difference or a broken proof was found · 2 wrong usage
                    3 a dependency is unreachable · 4 refused, because the source does not cover what is asked
                    130 interrupted; it says how to go on
        """

    private static let width = 28

    private static func lines(of subcommands: [any Subcommand.Type]) -> String {
        subcommands.map { "  " + "replay \($0.words)".padded(to: width) + $0.summary }.joined(separator: "\n")
    }
}
