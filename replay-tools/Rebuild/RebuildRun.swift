import Domain
import EventStore
import JSON
import Kafka
import Postgres
import ProjectionRunner
import Redis

/// One model's rebuild, from the question whether it may begin to the last line.
struct RebuildRun: Sendable {
    let model: ModelName
    let command: RebuildCommand
    let connections: Connections
    let actor: OperationActor
    let console: Console

    private var desk: EpochDesk { EpochDesk(model, connections) }

    /// Rebuilds, and swaps where that was asked for.
    ///
    /// - Throws: `Unreachable`; `Refusal`; `CancellationError`.
    func run() async throws -> ExitCode {
        let epochs = try await desk.epochs()
        // What was planned, or seen when this began: whoever swaps in between is not overridden at the end.
        let fence = command.plannedFence(of: model) ?? epochs.fence
        var details = [OperationDetail("model", model.rawValue)] + command.details
        let resumed = command.resumes ? try unfinished(epochs) : nil
        if command.resumes, resumed == nil { return nothingToResume() }
        if let resumed { details.append(OperationDetail("resumed_epoch", resumed.number)) }
        do {
            let heading = RecordedOperation.Heading(
                .rebuild, by: actor, reason: command.given.reason, details: details)
            let outcome = try await RecordedOperation.run(heading, connections, console) { _ in
                let outcome = try await build(resumed, served: epochs.served)
                return (outcome, outcome.details)
            }
            let text = RebuildText(model, isJSON: command.given.isJSON, console.style)
            console.write(text.text(outcome, isSwappedNext: command.swaps))
            if command.swaps { try await swap(outcome.epoch, expecting: fence) }
            return outcome.unreadable.isEmpty ? .success : .differs
        } catch let fault as RebuildFault {
            return try end(fault)
        }
    }

    // MARK: beginning

    /// The rebuild that was left alone; one that is running is somebody else's.
    private func unfinished(_ epochs: ModelEpochs) throws -> EpochRecord? {
        epochs.epochs.last { $0.state.isUnfinished && $0.scope.isWhole }
    }

    private func nothingToResume() -> ExitCode {
        console.complain("\(model.rawValue): no rebuild was interrupted; nothing to resume")
        return .success
    }

    private func build(_ resumed: EpochRecord?, served: Int64) async throws -> RebuildOutcome {
        let owner = RebuildOwner.current(actor)
        // A process of this machine that is gone needs its lease no more. Of several who resume at once the first takes
        // the lease in its own name, and the others, whose release finds it no more, are refused.
        if let resumed, let before = resumed.owner, RebuildOwner.isGone(before) {
            try await desk.release(resumed.number, of: before)
        }
        let parts = RebuildParts(model: model, connections: connections, owner: owner)
        var options = RebuildEngine.Options()
        options.allowsUnreadable = command.allowsQuarantine
        options.usesLogAlone = command.usesLogAlone
        let pace = RebuildPace(parts.paceSources(served), lagMax: command.given.maxLiveLag)
        let box = DisplayBox()
        let engine = RebuildEngine(parts.engineParts(), options, pace: pace) { box.display?.show($0) }
        if model == .search {
            try await RebuildModels(connections).freeSlots(patience: RebuildModels.pagesPatience).check()
        }
        return try await naming {
            let epoch: EpochRecord
            if let resumed {
                epoch = try await engine.resume(resumed.number)
            } else {
                epoch = try await engine.begin(source: command.usesLogAlone ? "the log alone" : "store and log")
            }
            let display = RebuildDisplay(console, model, epoch: epoch.number, isJSON: command.given.isJSON)
            box.set(display)
            defer { display.clear() }
            do {
                return try await engine.run(epoch)
            } catch  where Task.isCancelled {
                display.clear()
                console.complain(
                    "interrupted; epoch \(epoch.number) can be resumed: "
                        + "replay rebuild --model \(model.rawValue) --resume"
                )
                throw CancellationError()
            }
        }
    }

    /// What servers and the registry say, as the exit codes have it.
    private func naming<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as EpochError {
            throw Refusal(missing: ["\(model.rawValue): \(error)"] + hints(error))
        } catch let error as PGError {
            throw Unreachable("the databases", error) ?? error
        } catch let error as RedisError {
            throw Unreachable("redis", error) ?? error
        }
    }

    private func hints(_ error: EpochError) -> [String] {
        switch error {
        case .leaseLost(let epoch, nil, .failed):
            [
                "begin anew: replay rebuild --model \(model.rawValue)",
                "what is left of it: replay drop --model \(model.rawValue) --epoch \(epoch)",
            ]
        case .abandoned(let epoch, _, _), .leaseLost(let epoch, nil, _):
            [
                "go on with it: replay rebuild --model \(model.rawValue) --resume",
                "or give it up: replay drop --model \(model.rawValue) --epoch \(epoch)",
            ]
        case .running, .leaseLost: ["wait for it; if it was killed, its lease ends within 15 s, and --resume goes on"]
        default: []
        }
    }

    // MARK: ending

    private func swap(_ epoch: Int64, expecting fence: Int64) async throws {
        let heading = RecordedOperation.Heading(
            .swap, by: actor, reason: command.given.reason,
            details: [OperationDetail("model", model.rawValue), OperationDetail("to_epoch", epoch)])
        try await RecordedOperation.run(heading, connections, console) { _ in
            let proof = try await desk.epochs()[epoch]?.proof ?? []
            let (swap, took) = try await desk.swap(to: epoch, expecting: fence, .swap, by: actor.subject)
            console.write(RebuildText(model, isJSON: command.given.isJSON, console.style).text(swap, took))
            return ((), [OperationDetail("from_epoch", swap.from), OperationDetail("fence", swap.fence)] + proof)
        }
    }

    /// What an operator is told, and how the program ends.
    func end(_ fault: RebuildFault) throws -> ExitCode {
        switch fault {
        case .digestsDiffer:
            console.complain("\(model.rawValue): \(fault)")
            return .differs
        case .unreadable(_, let events):
            console.complain("\(model.rawValue): \(fault)")
            for event in events.prefix(20) { console.complain(RebuildText.words(event)) }
            console.complain(
                "replay rebuild --model \(model.rawValue) --resume --allow-quarantine lets these practitioners wait, "
                    + "and rebuilds all others")
            return .differs
        case .lost(let epoch):
            console.complain(
                "redis was emptied, or is too small; epoch \(epoch) can be resumed: "
                    + "replay rebuild --model \(model.rawValue) --resume")
            throw Unreachable(dependency: model == .search ? "practitioner-database" : "redis", reason: "\(fault)")
        case .givenUp(let epoch, _):
            throw Refusal(missing: [
                "\(model.rawValue): \(fault)", "begin anew: replay rebuild --model \(model.rawValue)",
                "what is left of it: replay drop --model \(model.rawValue) --epoch \(epoch)",
            ])
        case .stopped(_, let reasons):
            throw Refusal(missing: reasons.map { "\(model.rawValue): \($0)" })
        case .notAdopted(let epoch, _):
            console.complain("epoch \(epoch) is complete: once live projection runs, replay rebuild --resume goes on")
            throw Unreachable(dependency: "projection", reason: "\(fault)")
        case .noBroker: throw Unreachable(dependency: "kafka", reason: "\(fault)")
        }
    }
}

/// The display, which is made when the epoch has its number.
private final class DisplayBox: @unchecked Sendable {
    private(set) var display: RebuildDisplay?

    /// Called once, before the engine runs.
    func set(_ display: RebuildDisplay) { self.display = display }
}

extension RebuildOutcome {
    /// What goes on record.
    fileprivate var details: [OperationDetail] {
        var details = [
            OperationDetail("epoch", epoch), OperationDetail("events", events), OperationDetail("count", count),
            OperationDetail("milliseconds", Int64(total.seconds * 1_000)),
        ]
        if let heldDigest { details.append(OperationDetail("held_digest", heldDigest)) }
        if let foldedDigest { details.append(OperationDetail("folded_digest", foldedDigest)) }
        if !retaken.isEmpty {
            details.append(
                OperationDetail("retaken", retaken.map { "\($0.partition.number)" }.joined(separator: ",")))
        }
        if !unreadable.isEmpty { details.append(OperationDetail("quarantined", unreadable.count)) }
        if foreign > 0 { details.append(OperationDetail("foreign_records", foreign)) }
        return details
    }
}
