import Domain

/// `replay status`: where everything stands, once or every second.
struct StatusCommand {
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
