import JSON
import ProjectionRunner

/// `replay quarantine show`: one who waits, with everything that is known.
struct QuarantineShowCommand: Subcommand {
    static let words = "quarantine show"
    static let summary = "one who waits: which event, what waits behind it, what was tried"
    static let help = """
        replay quarantine show ID: which event could not be taken in, what waits behind it, what was tried.

          ID        as 'replay quarantine list' shows it, such as availability-12
          --json    one JSON object a line: quarantine, waiting, request, skip

        Examples:
          replay quarantine show availability-12
          replay quarantine show calendars-3 --json

        \(HelpTexts.exitCodes)

        """

    private let reference: QuarantineReference
    private let isJSON: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        isJSON = arguments.flag("--json")
        guard let text = arguments.word() else { throw UsageError("which one? 'replay quarantine list' shows them") }
        reference = try QuarantineReference(text)
        try arguments.finish()
    }

    /// - Returns: 0 done.
    /// - Throws: `UsageError` where there is none (exit code 2); `Unreachable` (3).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            let desk = QuarantineDesk(connections: connections)
            let entry = try await desk.entry(reference)
            let (waiting, asked, skips) = try await desk.with(reference.model) { office in
                (
                    try await office.waiting(with: entry.id), try await office.asked(for: entry.id),
                    try await office.skips(of: entry.id)
                )
            }
            let view = QuarantineView(entry: entry, waiting: waiting, asked: asked, skips: skips)
            console.write(isJSON ? view.json : view.text(console.style))
        }
        return .success
    }
}

/// One who waits, or once did.
private struct QuarantineView {
    let entry: QuarantineEntry
    let waiting: [(topic: String, position: Int64)]
    let asked: [QuarantineOffice.Asked]
    let skips: [QuarantineSkip]

    var json: String {
        var lines = JSONLines()
        lines.add("quarantine") { entry.write(to: &$0) }
        for event in waiting {
            lines.add("waiting") { writer in
                writer.member("topic", event.topic)
                writer.member("position", event.position)
            }
        }
        for request in asked {
            lines.add("request") { writer in
                writer.member("action", request.action)
                writer.member("reason", request.reason.isEmpty ? nil : request.reason)
                writer.member("actor", request.actor)
                writer.member("at", request.at)
                writer.member("outcome", request.outcome)
                writer.member("detail", request.detail)
            }
        }
        for skip in skips { lines.add("skip") { skip.write(to: &$0) } }
        return lines.text
    }

    func text(_ style: TextStyle) -> String {
        var lines = [
            style.strong(entry.reference),
            "  practitioner  \(entry.cause.practitioner)\(entry.cause.country.map { " (\($0))" } ?? "")",
            "  event         \(entry.cause)",
            "  event id      \(entry.cause.eventID.map { "\($0)" } ?? "not known")",
            "  model         \(entry.model), epoch \(entry.epoch), partition \(entry.partition)",
            "  since         \(entry.since)",
        ]
        if let end = entry.end {
            lines.append(style.good("  left          \(end.at): \(end.outcome)"))
        } else {
            let shown = waiting.map { "\($0.topic) \($0.position)" }.joined(separator: ", ")
            let more = Int(entry.waiting) > waiting.count ? ", …" : ""
            lines.append("  waiting       \(entry.waiting)\(shown.isEmpty ? "" : ": \(shown)\(more)")")
        }
        for skip in skips { lines.append("  skipped       \(skip.cause), by \(skip.actor): \(skip.reason)") }
        for request in asked {
            let reason = request.reason.isEmpty ? "" : ", \"\(request.reason)\""
            lines.append(
                "  \(request.action.padded(to: 14))\(request.at) by \(request.actor)\(reason): "
                    + "\(request.outcome ?? "asked")\(request.detail.map { ", \($0)" } ?? "")")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
