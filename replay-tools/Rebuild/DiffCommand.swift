import Domain
import EventStore
import JSON
import ProjectionRunner

/// `replay diff`: what one epoch holds otherwise than another one, or than a fold of the stores.
struct DiffCommand: Subcommand {
    static let words = "diff"
    static let summary = "shows which slots or documents of an epoch differ, and the event that decides"
    static let help = """
        replay diff: compares an epoch with the one that is served, or with a fold of the event stores.

          --model availability|search|all   only these models (default all)
          --epoch N                         which epoch (default: the newest that is not served, else the served one)
          --against live|store              the epoch that is served (default), or what the event stores say
          --country CC                      one country only
          --practitioner ID                 one practitioner only
          --from DATE, --to DATE            slots of these days only (to: the day after the last); what is of no day,
                                            such as a name, is compared all the same
          --json                            one JSON object a line: difference, diff

        Each difference names practitioner and day, or document and field, what is held and what it is compared
        with, and the last event that said something about it. What seems to differ is looked at again until two
        looks agree, so that an event on its way is no difference. Of each partition the first 20 are shown, and
        all are counted.

        Examples:
          replay diff --model availability
          replay diff --model search --epoch 4 --against store
          replay diff --against store --country de --json
          replay diff --against store --practitioner 0190a5b2-7c3d-7e4f-8a9b-0c1d2e3f4a5b --from 2026-12-01

        \(HelpTexts.exitCodes)

        """

    private enum Against: String, Sendable {
        case live, store
    }

    private static let looksMax = 5
    private static let pause = Duration.milliseconds(300)

    private let selection: Selection
    private let scope: EpochScope
    private let epoch: Int64?
    private let against: Against
    private let isJSON: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        if let text = try arguments.option("--epoch") {
            guard let number = Int64(text), number > 0 else {
                throw UsageError("--epoch must be a number from 1, as 'replay status' shows them, not '\(text)'")
            }
            epoch = number
        } else {
            epoch = nil
        }
        let text = try arguments.option("--against") ?? Against.live.rawValue
        guard let against = Against(rawValue: text) else {
            throw UsageError("--against is live or store, not '\(text)'")
        }
        self.against = against
        selection = try Selection(&arguments)
        scope = try EpochScope(&arguments, country: selection.country)
        isJSON = arguments.flag("--json")
        try arguments.finish()
        if epoch != nil, selection.models.count > 1 {
            throw UsageError("--epoch is one model's: --model availability or search")
        }
    }

    /// - Returns: 0 all equal, 1 a difference was found.
    /// - Throws: `Unreachable` (exit code 3); `Refusal` (4).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            try selection.check(connections.countries.keys)
            if let id = scope.practitioner { _ = try await connections.place(of: id, in: scope.country) }
            let heading = RecordedOperation.Heading(
                .diff, by: OperatorIdentity.current(environment),
                details: [
                    OperationDetail("models", selection.models.map(\.rawValue).joined(separator: ",")),
                    OperationDetail("against", against.rawValue),
                    OperationDetail("scope", "\(scope)"),
                ])
            return try await RecordedOperation.run(heading, connections, console) { _ in
                try await compare(connections, console)
            }
        }
    }

    /// Compares model after model and tells.
    ///
    /// - Returns: How to end, and what goes on record.
    private func compare(
        _ connections: Connections, _ console: Console
    ) async throws -> (ExitCode, [OperationDetail]) {
        var progress = ProgressLine(console, total: selection.models.count * scope.partitions.count)
        defer { progress.clear() }
        var count = 0
        var details: [OperationDetail] = []
        for model in selection.models {
            let epochs = try await EpochDesk(model, connections).epochs()
            let chosen = try choose(model, epochs)
            if against == .live, chosen == epochs.served {
                progress.clear()
                console.complain("\(model.rawValue): only epoch \(chosen) is there; --against store compares it")
                continue
            }
            let text = VerifyText(
                style: console.style, held: "epoch \(chosen)",
                expected: against == .live ? "epoch \(epochs.served)" : "store")
            if !isJSON {
                progress.clear()
                console.write("\(model.rawValue) \(text.held), compared with \(words(epochs.served))\n")
            }
            var (held, expected) = (ModelDigest(), ModelDigest())
            for partition in scope.partitions {
                progress.show("\(model.rawValue) partition \(partition.number)")
                let proof = try await settled {
                    try await look(model, chosen, epochs.served, partition, connections)
                }
                progress.clear()
                try await show(proof, text, connections, console)
                count += proof.differenceCount
                held.add(proof.held)
                expected.add(proof.expected)
                progress.advance()
            }
            details += [
                OperationDetail("held_digest", "\(model.rawValue) epoch \(chosen) \(held)"),
                OperationDetail("expected_digest", "\(model.rawValue) \(words(epochs.served)) \(expected)"),
            ]
        }
        finish(count, console)
        return (count == 0 ? .success : .differs, [OperationDetail("differences", count)] + details)
    }

    private func choose(_ model: ModelName, _ epochs: ModelEpochs) throws(Refusal) -> Int64 {
        if let epoch {
            guard let found = epochs[epoch], found.state != .dropped else {
                throw Refusal(missing: ["\(model.rawValue) has no epoch \(epoch)"])
            }
            return epoch
        }
        let other = epochs.epochs.last { $0.number != epochs.served && [.tailing, .ready, .kept].contains($0.state) }
        return other?.number ?? epochs.served
    }

    private func look(
        _ model: ModelName, _ epoch: Int64, _ served: Int64, _ partition: Shard, _ connections: Connections
    ) async throws -> PartitionProof {
        switch (against, model) {
        case (.live, _):
            try await EpochComparison(
                connections: connections, scope: scope, epoch: epoch, other: served
            ).look(model, at: partition)
        case (.store, .availability):
            try await AvailabilityProver(connections, scope: scope, epoch: epoch).look(at: partition)
        case (.store, .search):
            try await SearchProver(connections, scope: scope, epoch: epoch).look(at: partition)
        }
    }

    private func settled(_ look: () async throws -> PartitionProof) async throws -> PartitionProof {
        var proof = try await look()
        for _ in 1..<Self.looksMax where !proof.isEqual {
            try await Task.sleep(for: Self.pause)
            let next = try await look()
            if next.differences == proof.differences, next.differenceCount == proof.differenceCount { return next }
            proof = next
        }
        return proof
    }

    // MARK: showing

    private func words(_ served: Int64) -> String {
        against == .live ? "epoch \(served), which is served" : "what the event stores say"
    }

    private func show(
        _ proof: PartitionProof, _ text: VerifyText, _ connections: Connections, _ console: Console
    ) async throws {
        var causes: [DifferenceCause?] = []
        for difference in proof.differences { causes.append(try await DifferenceCause.find(difference, connections)) }
        if isJSON { return console.write(json(proof, causes)) }
        var lines = text.text(proof).split(separator: "\n").map(String.init)
        for (index, cause) in causes.enumerated().reversed() {
            guard let cause, index + 1 < lines.count + 1 else { continue }
            lines.insert("      decided by " + cause.words, at: min(index + 2, lines.count))
        }
        console.write(lines.joined(separator: "\n") + "\n")
    }

    private func json(_ proof: PartitionProof, _ causes: [DifferenceCause?]) -> String {
        var lines = JSONLines()
        for waiting in proof.notCompared {
            lines.add("not-compared") { writer in
                writer.key("model")
                writer.string(proof.model.rawValue)
                writer.member("partition", Int64(proof.partition))
                writer.key("practitionerId")
                writer.string("\(waiting.practitioner)")
                writer.key("quarantine")
                writer.string(waiting.reference)
            }
        }
        for (difference, cause) in zip(proof.differences, causes) {
            lines.add("difference") { writer in
                writer.key("model")
                writer.string(proof.model.rawValue)
                writer.member("partition", Int64(proof.partition))
                VerifyJSON.write(difference, &writer)
                writer.key("event")
                guard let cause else { return writer.null() }
                writer.beginObject()
                writer.key("eventId")
                writer.string("\(cause.event)")
                writer.key("type")
                writer.string(cause.type.name)
                writer.key("topic")
                writer.string(cause.topic.name)
                writer.member("position", cause.position)
                writer.member("occurredAt", cause.occurredAt)
                writer.endObject()
            }
        }
        return lines.text
    }

    private func finish(_ count: Int, _ console: Console) {
        guard isJSON else {
            let style = console.style
            let things = count == 1 ? "1 difference." : "\(grouped(count)) differences."
            return console.write((count == 0 ? style.good("No difference.") : style.bad(things)) + "\n")
        }
        var lines = JSONLines()
        lines.add("diff") { writer in writer.member("differences", Int64(count)) }
        console.write(lines.text)
    }
}
