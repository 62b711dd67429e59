import Domain

/// `replay status`: where everything stands, once or every second.
struct StatusCommand: Subcommand {
    static let words = "status"
    static let summary = "where every model, store, log and outbox stands"
    static let help = """
        replay status: where every model, store, log and outbox stands.

          --model availability|search|all   only these models (default all)
          --country CC                      outboxes and contents of one country only
          --watch                           draw again every second, until Ctrl-C
          --json                            one JSON object a line: partition, epoch, lane, quarantine,
                                            foreign, database, transaction, unreachable, status

        A partition of a model is caught-up, behind (it is on its way), needs-baseline (the log lost what it needs next;
        the runner fetches it from the store), ahead-of-store (another store, or an older copy of it), never-built, or
        unknown (its own store cannot be asked). Events behind are counted from the last position that the store has
        stamped; what still waits in an outbox is shown with its database. Age is that of the oldest missing event.
        An epoch is a whole copy of a model; while a rebuild is at work on one, its stage is shown. Lanes are the parts
        of live projection, one a partition: which process has them, and when it was heard of last.
        The calendars of booking are a model, too, but booking's own: its metrics and /readyz speak of them.

        Examples:
          replay status
          replay status --model search --country fr
          replay status --watch
          replay status --json | jq 'select(.record == "partition" and .lagEvents > 0)'

        Exit codes: 0 done · 2 wrong usage · 3 a dependency is unreachable (the rest is shown) · 130 interrupted

        """

    private static let interval = Duration.seconds(1)

    private let selection: Selection
    private let isWatching: Bool
    private let isJSON: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        selection = try Selection(&arguments)
        isWatching = arguments.flag("--watch")
        isJSON = arguments.flag("--json")
        try arguments.finish()
    }

    /// - Returns: 0 done, 3 a dependency is unreachable, 130 interrupted.
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            try selection.check(connections.countries.keys)
            let reader = StatusReader(connections, selection)
            while true {
                let report = try await reader.report()
                show(report, on: console)
                if !isWatching { return report.unreachable.isEmpty ? .success : .unreachable }
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    private func show(_ report: StatusReport, on console: Console) {
        if isJSON { return console.write(StatusJSON(report).text) }
        let text = StatusText(report, style: console.style, hasBars: console.isTerminal, country: selection.country)
            .text
        guard isWatching else { return console.write(text) }
        guard console.isTerminal else { return console.write(text + "\n") }
        // Home, the text with every line's rest cleared, then whatever is left below: no flicker.
        console.write("\u{1B}[H" + text.replacing("\n", with: "\u{1B}[K\n") + "\u{1B}[J")
    }
}
