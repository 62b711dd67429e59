import Configuration
import Domain
import EventStore
import JSON
import ProjectionRunner

/// `replay verify models`: proves what the models hold, all partitions of each.
struct VerifyCommand: Subcommand {
    static let words = "verify models"
    static let summary = "compares what the models hold with a fold of the event stores"
    static let help = """
        replay verify models: compares what the models hold with a fold of the event stores at the same positions.

          --model availability|search|all   only these models (default all)
          --country CC                      one country only
          --full                            fold both stores anew, whatever is remembered
          --max-age MINUTES                 fold them anew if that was done longer ago (default 1440: a day)
          --json                            one JSON object a line: proof, bucket, difference, not-compared, folding,
                                            warning, verification

        A full verification folds both stores and keeps the fold in $STATE_DIR/models-verified. The next one is quick:
        it reads the events that came since, and compares all pages and documents with what is remembered; it is made to
        run every minute. What differs is folded anew from the
        stores, so that a wrong memory accuses nobody. Where nothing is remembered, or what is remembered cannot be
        used, it says so and does the full one. Run --full once a day.

        A line a partition: the positions compared at, a digest of what the model holds and one of what it must hold.
        Where they differ, the first 20 differences follow, each with practitioner and day, and the buckets (1,024
        practitioners with neighbouring numbers) in which they are. Models are read while they live; what seems to
        differ is looked at again until two looks agree, so that an event on its way is no difference. A partition that
        is just being built is named (exit code 3). The history is read from PostgreSQL alone: Kafka is not needed.
        That it was verified, by whom and with which digests, is recorded in the sealed history.

        Examples:
          replay verify models
          replay verify models --full
          replay verify models --model availability --country de
          replay verify models --json | jq 'select(.record == "difference")'

        \(HelpTexts.exitCodes)

        """

    /// A lane that was not heard of for so many microseconds is gone.
    private static let laneSilence: Int64 = 15_000_000
    private static let ageMinutes = 1_440

    private let selection: Selection
    private let isFull: Bool
    private let ageMax: Duration
    private let isJSON: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        selection = try Selection(&arguments)
        isFull = arguments.flag("--full")
        isJSON = arguments.flag("--json")
        let minutes = try arguments.option("--max-age")
        guard let count = minutes.map({ Int($0) }) ?? Self.ageMinutes, (0...1_000_000).contains(count) else {
            throw UsageError("--max-age must be a number of minutes, not '\(minutes ?? "")'")
        }
        ageMax = .seconds(60 * count)
        try arguments.finish()
    }

    /// - Returns: 0 all equal, 1 a difference was found, 130 interrupted.
    /// - Throws: `SettingsError` (exit code 2); `Unreachable` (3); `Refusal` (4).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        let state = Environment(environment).text("STATE_DIR") ?? ".run"
        let file = MemoryFile(stateFolder: state)
        let remembered = isFull ? nil : Task { try await file.read() }
        return try await Connections.with(environment) { connections in
            try selection.check(connections.countries.keys)
            let record = VerifyRecord(connections, selection, by: OperatorIdentity.current(environment))
            let progress = ProgressLine(console, total: StoreFold.stepsTotal)
            if let fault = await record.add(.started) { warn(fault, console) }
            do {
                try await StoreCoverage.read([connections.booking, connections.practitioner]).check()
                let run = VerifyRun(
                    connections: connections, selection: selection, file: file, remembered: remembered,
                    ageMax: ageMax, tell: { progress.show($0, done: $1) }, explain: { explain($0, console) })
                let outcome = try await run.run()
                progress.clear()
                _ = await record.add(.finished, outcome.details)
                return try await finish(outcome, connections, console)
            } catch {
                progress.clear()
                await record.add(error)
                throw error
            }
        }
    }

    /// A partition without a checkpoint whose lane is alive: a baseline is being taken, and nothing can be compared
    /// yet.
    private func isBeingBuilt(_ proof: PartitionProof, _ connections: Connections) async throws -> Bool {
        if proof.checkpoint != nil || proof.isEqual { return false }
        let epochs = try await EpochDesk(proof.model, connections).epochs()
        return epochs.lanes.contains { lane in
            lane.partition.number == proof.partition
                && epochs.readAt.microseconds - lane.seenAt.microseconds < Self.laneSilence
        }
    }

    // MARK: saying

    private func finish(
        _ outcome: VerificationOutcome, _ connections: Connections, _ console: Console
    ) async throws -> ExitCode {
        var (building, compared): ([String], VerificationOutcome) = ([], outcome)
        compared.proofs = []
        for proof in outcome.proofs {
            if try await isBeingBuilt(proof, connections) {
                building.append("\(proof.model.rawValue) partition \(proof.partition)")
            } else {
                compared.proofs.append(proof)
                console.write(isJSON ? VerifyJSON.text(proof) : VerifyText(style: console.style).text(proof))
            }
        }
        let now = connections.clock.now()
        console.write(
            isJSON
                ? VerifyJSON.summary(compared, at: now) : VerifyText(style: console.style).summary(compared, at: now))
        if compared.unequalCount > 0 { return .differs }
        if !building.isEmpty {
            throw Unreachable(
                dependency: "projection",
                reason: "\(building.joined(separator: ", ")): being built; ask again when they are there")
        }
        return .success
    }

    private func explain(_ text: String, _ console: Console) {
        guard isJSON else { return console.line(console.style.faint(text)) }
        var lines = JSONLines()
        lines.add("folding") { writer in
            writer.key("text")
            writer.string(text)
        }
        console.write(lines.text)
    }

    private func warn(_ text: String, _ console: Console) {
        guard isJSON else { return console.line(console.style.warning("warning: ") + text) }
        var lines = JSONLines()
        lines.add("warning") { writer in
            writer.key("text")
            writer.string(text)
        }
        console.write(lines.text)
    }
}
