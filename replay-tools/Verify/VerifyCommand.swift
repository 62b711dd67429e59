import Domain
import EventStore
import ProjectionRunner

/// `replay verify models`: proves what the models hold, a partition after the other.
struct VerifyCommand: Subcommand {
    static let words = "verify models"
    static let summary = "compares what the models hold with a fold of the event stores"
    static let help = """
        replay verify models: compares what the models hold with a fold of the event stores at the same positions.

          --model availability|search|all   only these models (default all)
          --country CC                      one country only
          --json                            one JSON object a line: proof, difference, verification

        A line a partition: the positions compared at, a digest of what the model holds and one of what it must hold.
        Where they differ, the first 20 differences follow, each with practitioner and day. Models are read while they
        live; what seems to differ is looked at again until two looks agree, so that an event on its way is no
        difference. A partition that is just being built is named (exit code 3). The history is read from PostgreSQL
        alone: Kafka is not needed.

        Examples:
          replay verify models
          replay verify models --model availability --country de
          replay verify models --json | jq 'select(.record == "difference")'

        \(HelpTexts.exitCodes)

        """

    /// How often a partition that seems to differ is looked at.
    private static let looksMax = 5
    private static let pause = Duration.milliseconds(500)
    /// A lane that was not heard of for so many microseconds is gone.
    private static let laneSilence: Int64 = 15_000_000

    private let selection: Selection
    private let isJSON: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        selection = try Selection(&arguments)
        isJSON = arguments.flag("--json")
        try arguments.finish()
    }

    /// - Returns: 0 all equal, 1 a difference was found, 130 interrupted.
    /// - Throws: `Unreachable` (exit code 3); `Refusal` (4).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            try selection.check(connections.countries.keys)
            try await StoreCoverage.read([connections.booking, connections.practitioner]).check()
            var progress = ProgressLine(console, total: selection.models.count * Shard.count)
            defer { progress.clear() }
            var proofs: [PartitionProof] = []
            var building: [String] = []
            for model in selection.models {
                for partition in Shard.all {
                    progress.show("\(model.rawValue) partition \(partition.number)")
                    let proof = try await settled { try await look(model, partition, connections) }
                    progress.clear()
                    if try await isBeingBuilt(proof, connections) {
                        building.append("\(model.rawValue) partition \(partition.number)")
                    } else {
                        show(proof, on: console)
                        proofs.append(proof)
                    }
                    progress.advance()
                }
            }
            let code = finish(proofs, connections, console)
            if code == .success, !building.isEmpty {
                throw Unreachable(
                    dependency: "projection",
                    reason: "\(building.joined(separator: ", ")): being built; ask again when they are there")
            }
            return code
        }
    }

    private func look(
        _ model: ModelName, _ partition: Shard, _ connections: Connections
    ) async throws -> PartitionProof {
        let epoch = try await EpochDesk(model, connections).served()
        return switch model {
        case .availability:
            try await AvailabilityProver(connections, country: selection.country, epoch: epoch).look(at: partition)
        case .search:
            try await SearchProver(connections, country: selection.country, epoch: epoch).look(at: partition)
        }
    }

    /// Looks again at what differs, until two looks agree: what was on its way has arrived by then.
    private func settled(_ look: () async throws -> PartitionProof) async throws -> PartitionProof {
        var proof = try await look()
        for _ in 1..<Self.looksMax where !proof.isEqual {
            try await Task.sleep(for: Self.pause)
            let next = try await look()
            if next == proof { return next }
            proof = next
        }
        return proof
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

    private func show(_ proof: PartitionProof, on console: Console) {
        console.write(isJSON ? VerifyJSON.text(proof) : VerifyText(style: console.style).text(proof))
    }

    private func finish(_ proofs: [PartitionProof], _ connections: Connections, _ console: Console) -> ExitCode {
        let unequal = proofs.filter { !$0.isEqual }
        let count = unequal.reduce(0) { $0 + $1.differenceCount }
        if isJSON {
            console.write(VerifyJSON.summary(proofs, at: connections.clock.now()))
        } else {
            console.write(VerifyText(style: console.style).summary(proofs.count, unequal.count, differences: count))
        }
        return unequal.isEmpty ? .success : .differs
    }
}
