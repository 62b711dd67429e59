package import Domain
package import EventStore
package import Observability
package import Postgres
import Synchronization

/// Who waits in one epoch of a model: an event that cannot be taken in stops its practitioner, and nobody else.
///
/// A model asks it in this order. `load` when a partition starts; `split` before a batch is read; `admit` for what
/// could not be read, then `split` again; `keep` before the checkpoint moves past what waits; `carryOut` at its tick.
/// Rows in PostgreSQL are what counts, so a restart, a rebalance or a kill changes nothing; here is a copy of them.
package final class Quarantine: Sendable {
    /// Somebody who waits.
    private struct Member {
        let row: Int64
        let country: CountryCode?
    }

    private struct State {
        var members: [Shard: [PractitionerID: Member]] = [:]
        var skips: [PractitionerID: Set<EventID>] = [:]
    }

    /// Events whose positions are asked for at once.
    private static let locatedMax = 500

    /// The model, as in metrics.
    package let model: String
    /// The generation of it.
    package let epoch: Int64
    private let pool: PGPool
    private let databases: [Topic: PGPool]
    private let log: Log
    private let state = Mutex(State())

    /// Takes what it needs.
    ///
    /// - Parameters:
    ///   - model: Of a closed set.
    ///   - epoch: Each has a quarantine of its own, as each is folded by itself; what is skipped is skipped in all.
    ///   - pool: A database that has the component `projections`.
    ///   - databases: Where events of each topic are stored: positions and ids are looked up there.
    ///   - log: Told of everybody who waits.
    package init(
        model: String, epoch: Int64, pool: PGPool, databases: [Topic: PGPool] = [:], log: Log = .silent
    ) {
        self.model = model
        self.epoch = epoch
        self.pool = pool
        self.databases = databases
        self.log = log.with([.model: .code(model), .epoch: .int(epoch)])
    }

    // MARK: who waits

    /// Reads who waits in a partition; nothing else may be asked before.
    ///
    /// - Throws: `PGError`.
    package func load(_ partition: Shard) async throws {
        let rows = try await pool.query(
            SQL.readQuarantine, [.text(model), .int(epoch), .int2(Int16(partition.number))])
        var members: [PractitionerID: Member] = [:]
        for row in 0..<rows.count {
            members[PractitionerID(rows.uuid(row, 1))] = Member(
                row: rows.int(row, 0), country: rows.textOrNil(row, 2).flatMap { CountryCode($0) })
        }
        try await readSkips()
        state.withLock { [members] state in state.members[partition] = members }
    }

    /// Reads which events the model does without, by whose they are: for folds of whatever partition.
    ///
    /// - Throws: `PGError`.
    @discardableResult
    package func readSkips() async throws -> [PractitionerID: Set<EventID>] {
        let rows = try await pool.query(SQL.readQuarantineSkips, [.text(model)])
        var skips: [PractitionerID: Set<EventID>] = [:]
        for row in 0..<rows.count {
            let id = rows.uuid(row, 1)
            skips[PractitionerID(rows.uuid(row, 0)), default: []].insert(EventID(high: id.high, low: id.low))
        }
        state.withLock { [skips] state in state.skips = skips }
        return skips
    }

    /// The partition is somebody else's now.
    package func forget(_ partition: Shard) {
        state.withLock { $0.members[partition] = nil }
    }

    /// Who waits in a partition.
    package func members(of partition: Shard) -> Set<PractitionerID> {
        state.withLock { Set(($0.members[partition] ?? [:]).keys) }
    }

    /// The country of somebody who waits, where it is known.
    package func country(of practitioner: PractitionerID, _ partition: Shard) -> CountryCode? {
        state.withLock { $0.members[partition]?[practitioner]?.country }
    }

    /// How many wait in a partition.
    package func count(of partition: Shard) -> Int { state.withLock { $0.members[partition]?.count ?? 0 } }

    /// The events of somebody that an operator decided to do without.
    package func skips(of practitioner: PractitionerID) -> Set<EventID> {
        state.withLock { $0.skips[practitioner] ?? [] }
    }

    /// Divides a batch into what flows and what waits.
    ///
    /// - Parameters:
    ///   - records: The batch, in order.
    ///   - partition: Whose.
    ///   - admitted: Those who were found while this batch was read, with the place from which on they wait.
    /// - Returns: All of the batch, divided.
    package func split(
        _ records: [ProjectionRecord], _ partition: Shard, admitted: [PractitionerID: Int] = [:]
    ) -> QuarantineSplit {
        let (members, skips) = state.withLock { ($0.members[partition] ?? [:], $0.skips) }
        let bars = members.mapValues { _ in 0 }.merging(admitted) { _, place in place }
        return QuarantineSplit(records, bars: bars, skips: skips)
    }

    /// Lets practitioners wait from now on; durable when it returns.
    ///
    /// - Parameters:
    ///   - causes: Of each practitioner the first event that cannot be taken in.
    ///   - partition: Whose they are.
    /// - Throws: `PGError`.
    package func admit(_ causes: [QuarantineCause], _ partition: Shard) async throws {
        if causes.isEmpty { return }
        let causes = try await located(causes, partition)
        _ = try await pool.query(
            SQL.insertQuarantine,
            [
                .text(model), .int(epoch), .int2(Int16(partition.number)),
                .uuidArray(causes.map(\.practitioner.pgUUID)), .textArray(causes.map { $0.country?.text }),
                .textArray(causes.map(\.topic.name)), .intArray(causes.map(\.position)),
                .intArray(causes.map(\.offset)),
                .uuidArray(causes.map { $0.eventID.map { PGUUID(high: $0.high, low: $0.low) } }),
                .textArray(causes.map(\.type.name)), .int4Array(causes.map { Int32(clamping: $0.type.dataVersion) }),
                .textArray(causes.map(\.fault)),
            ])
        for cause in causes {
            log.error(
                "a practitioner is in quarantine",
                [
                    .partition: .count(partition.number), .topic: .code(cause.topic),
                    .position: .int(cause.position ?? 0), .eventType: .setting(cause.type.name),
                    .dataVersion: .count(cause.type.dataVersion), .reason: .setting(cause.fault),
                    .practitioner: .uuid(high: cause.practitioner.high, low: cause.practitioner.low),
                ])
        }
        try await load(partition)
    }

    /// Notes what waits; durable when it returns, so that the checkpoint may move past it.
    ///
    /// - Throws: `PGError`.
    package func keep(_ waiting: [ProjectionRecord], _ partition: Shard) async throws {
        if waiting.isEmpty { return }
        let members = state.withLock { $0.members[partition] ?? [:] }
        let rows = waiting.compactMap { record in members[record.key].map { ($0.row, record) } }
        precondition(rows.count == waiting.count, "somebody waits without a row")
        _ = try await pool.query(
            SQL.insertQuarantineWaiting,
            [
                .intArray(rows.map(\.0)), .textArray(rows.map(\.1.topic.name)),
                .intArray(rows.map { $0.1.sequence > 0 ? $0.1.sequence : $0.1.offset }),
            ])
    }

    /// A baseline has read everything: whoever waited and is not among `unreadable` flows again.
    ///
    /// - Throws: `PGError`.
    package func settle(_ partition: Shard, unreadable: Set<PractitionerID>) async throws {
        let healed = state.withLock { state in
            (state.members[partition] ?? [:]).filter { !unreadable.contains($0.key) }
        }
        if healed.isEmpty { return }
        _ = try await pool.query(SQL.endQuarantine, [.intArray(healed.map(\.value.row)), .text("rebuilt"), .null])
        state.withLock { state in
            for id in healed.keys { state.members[partition]?[id] = nil }
        }
    }

    /// Adds the positions of events that were met in the store.
    private func located(_ causes: [QuarantineCause], _ partition: Shard) async throws -> [QuarantineCause] {
        var causes = causes
        for (topic, pool) in databases {
            let unplaced = causes.indices.filter { causes[$0].topic == topic && causes[$0].position == nil }
            for start in stride(from: 0, to: unplaced.count, by: Self.locatedMax) {
                let some = unplaced[start..<min(start + Self.locatedMax, unplaced.count)]
                let ids = some.compactMap { causes[$0].eventID }
                let rows = try await pool.query(
                    SQL.locateEvents, [.uuidArray(ids.map { PGUUID(high: $0.high, low: $0.low) })])
                var positions: [EventID: Int64] = [:]
                for row in 0..<rows.count where Int(rows.int(row, 1)) == partition.number {
                    let id = rows.uuid(row, 0)
                    positions[EventID(high: id.high, low: id.low)] = rows.int(row, 2)
                }
                for index in some { causes[index].position = causes[index].eventID.flatMap { positions[$0] } }
            }
        }
        return causes
    }

    // MARK: what operators ask

    /// Carries out what operators asked for in a partition, in their order.
    ///
    /// What was skipped in another epoch is skipped here first, unasked: that is meant for the whole model.
    ///
    /// - Parameters:
    ///   - partition: Whose lane this is: nobody else may do it.
    ///   - restore: Folds everything of a practitioner again, up to where the partition stands, writes it and lets it
    ///     be seen; throws a `QuarantineCause` where an event cannot be taken in.
    /// - Throws: `PGError`, and what `restore` throws besides: then all is tried again at the next tick.
    package func carryOut(
        _ partition: Shard, _ restore: (QuarantineCause, _ skipping: Set<EventID>) async throws -> Void
    ) async throws {
        let rows = state.withLock { ($0.members[partition] ?? [:]).values.map(\.row) }
        if rows.isEmpty { return }
        let answers = try await pool.pipeline([
            PGStep(SQL.readQuarantineSkipped, [.intArray(rows)]), PGStep(SQL.readQuarantineRequests, [.intArray(rows)]),
        ])
        let asked = answers.flatMap { rows in (0..<rows.count).compactMap { QuarantineRequest(rows, $0) } }
        if asked.isEmpty { return }
        try await readSkips()
        var done: Set<Int64> = []
        for request in asked {
            guard !done.contains(request.quarantineID) else {
                _ = try await pool.query(SQL.finishQuarantineRequest, [.int(request.id), .text("gone"), .null, .null])
                continue
            }
            if try await carryOut(request, partition, restore) { done.insert(request.quarantineID) }
        }
    }

    /// Carries one out; true where the practitioner flows again.
    private func carryOut(
        _ request: QuarantineRequest, _ partition: Shard,
        _ restore: (QuarantineCause, _ skipping: Set<EventID>) async throws -> Void
    ) async throws -> Bool {
        let practitioner = request.cause.practitioner
        if request.action == .skip { try await skip(request, partition) }
        do {
            try await restore(request.cause, skips(of: practitioner))
            let drained = request.waiting + (request.action == .retry ? 1 : 0)
            _ = try await pool.pipeline([
                PGStep(.begin),
                PGStep(
                    SQL.endQuarantine,
                    [
                        .intArray([request.quarantineID]), .text(request.action == .skip ? "skipped" : "drained"),
                        .int(drained),
                    ]),
                PGStep(
                    SQL.finishQuarantineRequest, [.int(request.id), .text("drained"), .int(drained), .null]),
                PGStep(.commit),
            ])
            state.withLock { $0.members[partition]?[practitioner] = nil }
            log.info("a practitioner left quarantine", [.partition: .count(partition.number), .events: .int(drained)])
            return true
        } catch let found as QuarantineCause {
            let cause = try await located([found], partition)[0]
            _ = try await pool.pipeline([
                PGStep(.begin), PGStep(SQL.changeQuarantineCause, request.row(cause)),
                PGStep(
                    SQL.finishQuarantineRequest,
                    [.int(request.id), .text("failed"), .null, .text(cause.description)]),
                PGStep(.commit),
            ])
            return false
        }
    }

    private func skip(_ request: QuarantineRequest, _ partition: Shard) async throws {
        var id = request.cause.eventID
        if id == nil, let position = request.cause.position, let pool = databases[request.cause.topic] {
            let found = try await EventReader(pool).positions(of: partition, after: position - 1, limit: 1)
            id = found.first?.event.metadata.eventID
        }
        _ = try await pool.query(
            SQL.insertQuarantineSkip,
            [
                .int(request.quarantineID), id.map { .uuid($0.high, $0.low) } ?? .null, .text(request.reason),
                .text(request.actor),
            ])
        if let id { state.withLock { _ = $0.skips[request.cause.practitioner, default: []].insert(id) } }
    }
}

extension QuarantineRequest {
    /// The parameters of `change_quarantine_cause`.
    fileprivate func row(_ cause: QuarantineCause) -> [PGValue] {
        [
            .int(quarantineID), .text(cause.topic.name), cause.position.map { .int($0) } ?? .null,
            cause.offset.map { .int($0) } ?? .null, cause.eventID.map { .uuid($0.high, $0.low) } ?? .null,
            .text(cause.type.name), .int4(Int32(clamping: cause.type.dataVersion)), .text(cause.fault),
        ]
    }
}
