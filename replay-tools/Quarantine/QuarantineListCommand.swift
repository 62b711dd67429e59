import Domain
import JSON
import ProjectionRunner

/// `replay quarantine list`: who waits.
struct QuarantineListCommand: Subcommand {
    static let words = "quarantine list"
    static let summary = "practitioners who wait, as an event of theirs cannot be taken in"
    static let help = """
        replay quarantine list: practitioners who wait, as an event of theirs cannot be taken in.

          --model availability|search|calendars|all   only of these models (default all)
          --history                                   also who left quarantine, and what was skipped
          --json                                      one JSON object a line: quarantine, skip, foreign, list

        An event of an unknown version, or with damaged data, stops its practitioner in that model and nobody else:
        later events of that practitioner wait, free slots read 'unknown', and in the calendars bookings are answered
        503. 'foreign' are records of the log that belong to nobody: they stop nothing.

        Examples:
          replay quarantine list
          replay quarantine list --model availability --history
          replay quarantine list --json | jq -r 'select(.record == "quarantine") | .id'

        \(HelpTexts.exitCodes)

        """

    private let models: [QuarantineModel]
    private let includesPast: Bool
    private let isJSON: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        models = try QuarantineModel.models(&arguments)
        includesPast = arguments.flag("--history")
        isJSON = arguments.flag("--json")
        try arguments.finish()
    }

    /// - Returns: 0 done.
    /// - Throws: `Unreachable` (exit code 3).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            let desk = QuarantineDesk(connections: connections)
            let entries = try await desk.entries(of: models, includesPast: includesPast)
            var skips: [QuarantineSkip] = []
            var foreign: [ForeignRecord] = []
            for model in models {
                if includesPast { skips += try await desk.with(model) { try await $0.skips(model: model.rawValue) } }
                foreign += try await desk.with(model) { try await $0.foreign(model: model.rawValue) }
            }
            let report = QuarantineReport(entries: entries, skips: skips, foreign: foreign)
            console.write(isJSON ? report.json : report.text(console.style))
        }
        return .success
    }
}

/// Who waits, for people and for programs.
struct QuarantineReport {
    let entries: [QuarantineEntry]
    let skips: [QuarantineSkip]
    let foreign: [ForeignRecord]

    /// One JSON object a line.
    var json: String {
        var lines = JSONLines()
        for entry in entries { lines.add("quarantine") { entry.write(to: &$0) } }
        for skip in skips { lines.add("skip") { skip.write(to: &$0) } }
        for record in foreign { lines.add("foreign") { record.write(to: &$0) } }
        lines.add("list") { writer in
            writer.member("waiting", Int64(entries.count { $0.end == nil }))
            writer.member("skipped", Int64(skips.count))
            writer.member("foreign", Int64(foreign.count))
        }
        return lines.text
    }

    func text(_ style: TextStyle) -> String {
        let open = entries.filter { $0.end == nil }
        var lines: [String] = []
        if open.isEmpty {
            lines.append(style.good("nobody is in quarantine"))
        } else {
            let people = Set(open.map { "\($0.model) \($0.cause.practitioner)" }).count
            let epochs = open.count > people ? " (\(open.count) epochs)" : ""
            lines.append(style.bad("\(people) practitioner\(people == 1 ? "" : "s") in quarantine\(epochs)"))
            lines += table(open, style)
            lines.append("")
            lines.append("'replay quarantine retry ID' after a deploy that can read it, 'skip ID' to do without it")
        }
        let past = entries.filter { $0.end != nil }
        if !past.isEmpty {
            lines += ["", style.strong("left quarantine")]
            for entry in past {
                guard let end = entry.end else { continue }
                let count = end.drained.map { ", \($0) events" } ?? ""
                lines.append("  \(entry.reference.padded(to: 18))\(end.at)  \(end.outcome)\(count)  \(entry.cause)")
            }
        }
        if !skips.isEmpty {
            lines += ["", style.strong("skipped for good")]
            for skip in skips {
                lines.append("  \(skip.model.padded(to: 14))\(skip.cause.practitioner)  \(skip.cause)")
                lines.append(style.faint("    \(skip.at) by \(skip.actor): \(skip.reason)"))
            }
        }
        if !foreign.isEmpty {
            lines += ["", style.strong("foreign records: they belong to nobody, and stop nothing")]
            for record in foreign {
                lines.append(
                    "  \(record.model.padded(to: 14))\(record.topic) partition \(record.partition) offset "
                        + "\(record.offset)  \(record.seenAt)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func table(_ open: [QuarantineEntry], _ style: TextStyle) -> [String] {
        let head =
            "  " + "ID".padded(to: 18) + "EPOCH  " + "PRACTITIONER".padded(to: 38) + "SINCE".padded(to: 29)
            + "WAITING  EVENT"
        return [style.faint(head)]
            + open.map { entry in
                let columns = [
                    entry.reference.padded(to: 18) + "\(entry.epoch)".aligned(to: 5),
                    "\(entry.cause.practitioner)".padded(to: 36),
                    "\(entry.since)".padded(to: 29)
                        + "\(entry.waiting)".aligned(to: 7),
                ]
                return "  " + columns.joined(separator: "  ") + "  \(entry.cause)"
            }
    }
}
