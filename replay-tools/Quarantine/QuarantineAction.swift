import Domain
import EventStore
import JSON
import ProjectionRunner

/// A retry or a skip: asked for, waited for, recorded, told.
struct QuarantineAction {
    let wish: QuarantineOffice.Wish
    let reason: String?
    let patience: QuarantinePatience
    let isJSON: Bool
    let desk: QuarantineDesk

    private static let detailsMax = 20

    /// Does it for those who wait.
    ///
    /// - Returns: 0 all went on, 1 some did not.
    /// - Throws: `Unreachable` where nobody answered; `Refusal` where somebody does not wait any more.
    func run(
        for entries: [QuarantineEntry], _ environment: [String: String], _ console: Console
    ) async throws -> ExitCode {
        let actor = OperatorIdentity.current(environment)
        let heading = RecordedOperation.Heading(
            wish == .skip ? .quarantineSkip : .quarantineRetry, by: actor, reason: reason,
            details: details(of: entries))
        try await RecordedOperation.recordingRefusals(heading, desk.connections, console) {
            guard let left = entries.first(where: { $0.end != nil }) else { return }
            throw Refusal(missing: ["\(left.reference) does not wait any more: \(left.end?.outcome ?? "gone")"])
        }
        if entries.isEmpty {
            console.write(isJSON ? summary([]) : "nobody is in quarantine\n")
            return .success
        }
        let results = try await RecordedOperation.run(heading, desk.connections, console) { _ in
            let results = try await desk.ask(
                wish, for: entries, reason: reason ?? "", by: actor.subject, patience)
            if results.isEmpty {
                throw Unreachable(
                    dependency: "live projection",
                    reason: "nobody who writes these partitions answered within \(patience.seconds) s; nothing was "
                        + "changed, and nothing will be")
            }
            return (results, outcome(results, of: entries))
        }
        console.write(isJSON ? lines(results) + summary(results) : text(results, entries, console.style))
        if results.count < entries.count {
            console.complain("\(entries.count - results.count) of \(entries.count) were not answered; run it again")
            return .unreachable
        }
        return results.allSatisfy { $0.answer.failure == nil } ? .success : .differs
    }

    // MARK: on record

    private func details(of entries: [QuarantineEntry]) -> [OperationDetail] {
        [OperationDetail("count", Int64(entries.count))]
            + entries.prefix(Self.detailsMax).map { entry in
                OperationDetail("quarantine", "\(entry.reference) \(entry.cause.practitioner) \(entry.cause)")
            }
    }

    private func outcome(_ results: [QuarantineResult], of entries: [QuarantineEntry]) -> [OperationDetail] {
        let failed = results.filter { $0.answer.failure != nil }
        return [
            OperationDetail("drained", Int64(results.count - failed.count)),
            OperationDetail("failed", Int64(failed.count)),
            OperationDetail("unanswered", Int64(entries.count - results.count)),
        ]
    }

    // MARK: told

    private func text(_ results: [QuarantineResult], _ entries: [QuarantineEntry], _ style: TextStyle) -> String {
        results.map { result in
            let name = "\(result.entry.reference) (\(result.entry.cause.practitioner))"
            if let failure = result.answer.failure { return style.bad("\(name) still waits: \(failure)") }
            if result.answer.outcome == "rebuilt" { return style.good("\(name): a baseline had taken everything in") }
            let count = result.answer.drained ?? 0
            let skipped = wish == .skip ? "one event skipped, " : ""
            return style.good("\(name): \(skipped)\(count) event\(count == 1 ? "" : "s") taken in, in order")
        }.joined(separator: "\n") + "\n"
    }

    private func lines(_ results: [QuarantineResult]) -> String {
        var lines = JSONLines()
        for result in results {
            lines.add("outcome") { writer in
                writer.member("id", result.entry.reference)
                writer.member("practitionerId", "\(result.entry.cause.practitioner)")
                writer.key("drained")
                writer.bool(result.answer.failure == nil)
                writer.member("events", result.answer.failure == nil ? result.answer.drained : nil)
                writer.member("failure", result.answer.failure)
            }
        }
        return lines.text
    }

    private func summary(_ results: [QuarantineResult]) -> String {
        var lines = JSONLines()
        lines.add(wish == .skip ? "skip" : "retry") { writer in
            let failed = results.count { $0.answer.failure != nil }
            writer.member("drained", Int64(results.count - failed))
            writer.member("failed", Int64(failed))
        }
        return lines.text
    }
}
