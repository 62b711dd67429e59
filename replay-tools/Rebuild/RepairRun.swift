import AvailabilityProjection
import Domain
import EventStore
import JSON
import Postgres
import ProjectionRunner
import Redis
import SearchProjection

/// Puts a part of a model right where it is: in the epoch that is served, and in those that may be served next.
struct RepairRun: Sendable {
    let model: ModelName
    let command: RebuildCommand
    let connections: Connections
    let actor: OperationActor
    let console: Console

    /// What was done to one epoch.
    private struct Done: Sendable {
        var looked = 0
        var changed = 0
        var made = 0
        /// What was there before, and what must be there.
        var (held, folded) = (ModelDigest(), ModelDigest())
        var unreadable: [QuarantineCause] = []
    }

    private var scope: EpochScope { command.given.scope }

    /// - Returns: 0 done; 1 an event cannot be taken in.
    /// - Throws: `Unreachable`; `Refusal`; `CancellationError`: nothing is half done, run it again.
    func run() async throws -> ExitCode {
        let begun = ContinuousClock.now
        let epochs = try await EpochDesk(model, connections).epochs()
        let heading = RecordedOperation.Heading(
            .rebuild, by: actor, reason: command.given.reason,
            details: [OperationDetail("model", model.rawValue)] + command.details)
        let done = try await RecordedOperation.run(heading, connections, console) { _ in
            try await naming {
                try await EpochRegistry(connections.practitioner.pool).holdingPart(
                    model.rawValue, scope, by: RebuildOwner.current(actor), isGone: RebuildOwner.isGone
                ) {
                    try await repairAll(Self.written(epochs))
                }
            }
        }
        console.write(text(done, epochs, begun.duration(to: .now)))
        for cause in done.unreadable.prefix(20) { console.complain(RebuildText.words(cause)) }
        return done.unreadable.isEmpty ? .success : .differs
    }

    /// Repairs epoch after epoch.
    ///
    /// - Returns: What was done in all of them, and what goes on record of each.
    private func repairAll(_ epochs: [Int64]) async throws -> (Done, [OperationDetail]) {
        var total = Done()
        var (held, folded): ([String], [String]) = ([], [])
        for epoch in epochs {
            let own = try await repair(epoch)
            total.looked += own.looked
            total.changed += own.changed
            total.made += own.made
            total.unreadable = own.unreadable
            held.append("epoch \(epoch) \(own.held)")
            folded.append("epoch \(epoch) \(own.folded)")
        }
        let details = [
            OperationDetail("looked", total.looked), OperationDetail("changed", total.changed),
            OperationDetail("unreadable", total.unreadable.count),
            OperationDetail("held_digest", held.joined(separator: ", ")),
            OperationDetail("folded_digest", folded.joined(separator: ", ")),
        ]
        return (total, details)
    }

    /// The epochs that readers are answered from, or may be without another rebuild.
    private static func written(_ epochs: ModelEpochs) -> [Int64] {
        epochs.epochs.filter { epoch in
            switch epoch.state {
            case .served, .kept, .ready: true
            case .tailing: !epochs.adopted(epoch.number).isEmpty
            case .building, .failed, .dropping, .dropped: false
            }
        }.map(\.number)
    }

    private func repair(_ epoch: Int64) async throws -> Done {
        switch model {
        case .availability: try await repairPages(epoch)
        case .search: try await repairDocuments(epoch)
        }
    }

    // MARK: pages

    private func repairPages(_ epoch: Int64) async throws -> Done {
        let repair = PageRepair(RebuildModels(connections).availability(epoch: epoch))
        var done = Done()
        var outcome = PageRepair.Outcome()
        if let id = scope.practitioner {
            outcome = try await repair.repair(try await connections.place(of: id, in: scope.country), days: scope.days)
        } else {
            try await paced(epoch) { pace in
                (outcome, done.unreadable) = try await repair.repair(
                    country: scope.country, days: scope.days, pace: pace)
            }
        }
        (done.looked, done.changed, done.made) = (outcome.looked, outcome.changed, outcome.madePages)
        (done.held, done.folded) = (outcome.held, outcome.folded)
        return done
    }

    // MARK: documents

    private func repairDocuments(_ epoch: Int64) async throws -> Done {
        // Waited for here: while documents are written the lane of live projection waits for us.
        try await RebuildModels(connections).freeSlots(patience: RebuildModels.pagesPatience).check()
        let search = RebuildModels(connections).search(epoch: epoch, patience: .zero)
        var done = Done()
        if let id = scope.practitioner {
            let place = try await connections.place(of: id, in: scope.country)
            let own = try await search.repair(SearchKey(place.calendar.country, id), Shard(place.partition))
            (done.looked, done.changed, done.held, done.folded) = (own.looked, own.changed, own.held, own.folded)
            return done
        }
        try await paced(epoch) { pace in
            for shard in Shard.all {
                let (own, unreadable) = try await search.repair(shard, country: scope.country, pace: pace)
                done.looked += own.looked
                done.changed += own.changed
                done.held.add(own.held)
                done.folded.add(own.folded)
                done.unreadable += unreadable
            }
        }
        return done
    }

    /// Shows how far the work is, and holds it back while live projection or the relay falls behind.
    private func paced(
        _ epoch: Int64, _ body: (@escaping @Sendable (RebuildOrder.Progress) async throws -> Void) async throws -> Void
    ) async throws {
        let served = try await EpochDesk(model, connections).served()
        let parts = RebuildParts(model: model, connections: connections, owner: "")
        let pace = RebuildPace(parts.paceSources(served), lagMax: command.given.maxLiveLag)
        let display = RebuildDisplay(console, model, epoch: epoch, isJSON: command.given.isJSON)
        let watching = Task { await pace.watch() }
        defer {
            watching.cancel()
            display.clear()
        }
        try await body { progress in
            display.show(.building(progress))
            try await pace.wait()
        }
    }

    // MARK: ending

    private func naming<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as PageRepair.Fault {
            throw Refusal(missing: ["\(model.rawValue): \(error)"])
        } catch let error as EpochError {
            throw Refusal(missing: [
                "\(model.rawValue): \(error)", "wait for it; if it was killed, its lease ends within 15 s",
            ])
        } catch let cause as QuarantineCause {
            throw Refusal(missing: ["\(model.rawValue): \(RebuildText.words(cause))"])
        } catch let error as PGError {
            throw Unreachable("the databases", error) ?? error
        } catch let error as RedisError {
            throw Unreachable("redis", error) ?? error
        }
    }

    private func text(_ done: Done, _ epochs: ModelEpochs, _ took: Duration) -> String {
        let touched = Self.written(epochs)
        guard command.given.isJSON else {
            let style = console.style
            let things = model == .availability ? "practitioner-days" : "documents"
            var text = style.good("\(model.rawValue): \(scope) is as the stores say")
            text += ", \(grouped(done.changed)) of \(grouped(done.looked)) \(things) were not"
            if done.made > 0 { text += ", \(grouped(done.made)) pages were missing" }
            text += " (epoch \(touched.map { "\($0)" }.joined(separator: ", ")), \(Int(took.seconds * 1_000)) ms)\n"
            return text
        }
        var lines = JSONLines()
        lines.add("repair") { writer in
            writer.key("model")
            writer.string(model.rawValue)
            writer.key("scope")
            writer.string("\(scope)")
            writer.key("epochs")
            writer.beginArray()
            for epoch in touched { writer.int(epoch) }
            writer.endArray()
            writer.member("looked", Int64(done.looked))
            writer.member("changed", Int64(done.changed))
            writer.member("madePages", Int64(done.made))
            writer.member("unreadable", Int64(done.unreadable.count))
            writer.member("seconds", took.seconds)
        }
        return lines.text
    }
}
