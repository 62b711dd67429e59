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

    /// The subcommands that begin with some words.
    static func overview(of words: [String]) -> String {
        let own = Subcommands.all.filter { $0.words.hasPrefix(words.joined(separator: " ") + " ") }
        return lines(of: own) + "\n\n" + exitCodes + "\n"
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
