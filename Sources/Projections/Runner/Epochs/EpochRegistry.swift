import Domain
package import EventStore
package import Postgres

/// Which epochs a model has and which one readers are answered from: rows in the practitioner database.
///
/// Every change is one transaction under the model's row, by the database's clock, and wakes readers and lanes once it
/// has committed.
package struct EpochRegistry: Sendable {
    /// The channel on which changes are told.
    package static let channel = "projection_epochs"

    let pool: PGPool

    /// A registry over the tables of `ProjectionSchema`.
    ///
    /// - Parameter pool: The practitioner database.
    package init(_ pool: PGPool) {
        self.pool = pool
    }

    // MARK: reading

    /// All that is known of a model, in one snapshot.
    ///
    /// - Throws: `EpochError.unknownModel`; `PGError`.
    package func epochs(of model: String) async throws -> ModelEpochs {
        let rows = try await pool.pipeline([
            PGStep(.beginRepeatableRead), PGStep(SQL.readModelEpochs, [.text(model)]),
            PGStep(SQL.readEpochLanes, [.text(model)]), PGStep(SQL.readAdoptions, [.text(model)]), PGStep(.commit),
        ])
        guard let epochs = ModelEpochs(model, epochs: rows[1], lanes: rows[2], adoptions: rows[3]) else {
            throw EpochError.unknownModel(model)
        }
        return epochs
    }

    /// The latest changes of the served epoch, at least one is asked for.
    ///
    /// - Returns: The newest first.
    /// - Throws: `PGError`.
    package func swaps(of model: String, limit: Int = 20) async throws -> [EpochSwap] {
        let rows = try await pool.query(SQL.readSwaps, [.text(model), .int(Int64(limit))])
        return (0..<rows.count).map { row in
            EpochSwap(
                fence: rows.int(row, 0), from: rows.int(row, 1), to: rows.int(row, 2),
                kind: EpochSwap.Kind(rawValue: rows.text(row, 3)) ?? .swap, by: rows.text(row, 4),
                at: Instant(microseconds: rows.timestamp(row, 5)))
        }
    }

    // MARK: rebuilding

    /// Begins an epoch beside the served one, with a lease for whoever builds it.
    ///
    /// - Parameters:
    ///   - model: Its name.
    ///   - scope: What is to be built.
    ///   - source: What it is folded from, for people.
    ///   - owner: Names the rebuild, such as user, host and process; for people, too.
    ///   - lease: How long nobody else may take it over; renew it well before.
    /// - Returns: The epoch, in state `building`.
    /// - Throws: `EpochError.running` or `.abandoned` where a rebuild of the same things is not finished; `PGError`.
    package func createShadow(
        _ model: String, scope: EpochScope = .whole, source: String, by owner: String, lease: Duration
    ) async throws -> EpochRecord {
        let narrowed = scope.parameters
        let number = try await pool.transaction { session in
            try await Self.lock(model, session)
            let unfinished = try await session.query(SQL.findUnfinishedEpochs, [.text(model)] + narrowed)
            for row in 0..<unfinished.count {
                let (epoch, by) = (unfinished.int(row, 0), unfinished.textOrNil(row, 1) ?? "somebody")
                if unfinished.bool(row, 2) { throw EpochError.running(epoch: epoch, by: by) }
                throw EpochError.abandoned(
                    epoch: epoch, by: by, since: Instant(microseconds: unfinished.timestamp(row, 3)))
            }
            let made = try await session.query(
                SQL.insertEpoch,
                [.text(model)] + narrowed + [.text(source), .text(owner), .int(lease.microseconds)])
            return made.int(0, 0)
        }
        return try await record(model, number)
    }

    /// Takes over an unfinished epoch whose owner is gone, or one's own again.
    ///
    /// - Returns: The epoch as it is now.
    /// - Throws: `EpochError.leaseLost`, `.unknownEpoch`; `PGError`.
    @discardableResult
    package func takeLease(
        _ model: String, _ epoch: Int64, by owner: String, lease: Duration
    ) async throws -> EpochRecord {
        let rows = try await pool.query(
            SQL.takeEpochLease, [.text(model), .int(epoch), .text(owner), .int(lease.microseconds)])
        let found = try await record(model, epoch)
        guard rows.count == 1 else {
            throw EpochError.leaseLost(epoch: epoch, by: found.isLeased ? found.owner : nil, found.state)
        }
        return found
    }

    /// Renews the lease; stop writing at once where it is lost.
    ///
    /// - Throws: `EpochError.leaseLost`; `PGError`.
    package func renewLease(_ model: String, _ epoch: Int64, by owner: String, lease: Duration) async throws {
        let rows = try await pool.query(
            SQL.takeEpochLease, [.text(model), .int(epoch), .text(owner), .int(lease.microseconds)])
        guard rows.count == 1 else { throw try await leaseLost(model, epoch) }
    }

    /// Lets anybody go on with a rebuild at once, as after Ctrl-C.
    ///
    /// - Throws: `PGError`.
    package func releaseLease(_ model: String, _ epoch: Int64, by owner: String) async throws {
        _ = try await pool.query(SQL.releaseEpochLease, [.text(model), .int(epoch), .text(owner)])
    }

    /// Says how far a rebuild is: `building` to `tailing` to `ready`; to where it is already, nothing happens.
    ///
    /// - Throws: `EpochError.leaseLost` where the owner's lease has ended or the epoch is elsewhere; `PGError`.
    package func change(_ model: String, _ epoch: Int64, to state: EpochState, by owner: String) async throws {
        let before: [EpochState]
        switch state {
        case .building: before = []
        case .tailing: before = [.building]
        case .ready: before = [.tailing]
        case .served, .kept, .failed, .dropping, .dropped:
            preconditionFailure("a rebuild does not make an epoch \(state.rawValue)")
        }
        let rows = try await pool.query(
            SQL.changeEpochState,
            [
                .text(model), .int(epoch), .text(owner), .text(state.rawValue), .textArray(before.map(\.rawValue)),
            ])
        guard rows.count == 1 else { throw try await leaseLost(model, epoch) }
        await wake(model)
    }

    /// Keeps the proof that a swap asks for: what the epoch held, and what a fold of the stores says it must.
    ///
    /// - Throws: `EpochError.leaseLost`; `PGError`.
    package func recordDigests(
        _ model: String, _ epoch: Int64, held: String, folded: String, by owner: String
    ) async throws {
        let rows = try await pool.query(
            SQL.recordEpochDigests, [.text(model), .int(epoch), .text(owner), .text(held), .text(folded)])
        guard rows.count == 1 else { throw try await leaseLost(model, epoch) }
    }

    /// Asks live projection to write a tailing epoch beside the served one; ask when it is nearly as far.
    ///
    /// - Throws: `EpochError.scoped`, `.state`, `.unknownEpoch`; `PGError`.
    package func requestAdoption(_ model: String, _ epoch: Int64) async throws {
        let found = try await record(model, epoch)
        guard found.scope.isWhole else { throw EpochError.scoped(epoch: epoch, found.scope) }
        guard found.state.isWritable else { throw EpochError.state(epoch: epoch, found.state) }
        _ = try await pool.query(
            SQL.requestAdoption, [.text(model), .int(epoch), .int(Int64(Shard.count))])
        await wake(model)
    }

    /// The partitions whose current lane writes the epoch first and the served one afterwards.
    ///
    /// - Throws: `EpochError.unknownModel`; `PGError`.
    package func adoptedPartitions(_ model: String, _ epoch: Int64) async throws -> Set<Shard> {
        try await epochs(of: model).adopted(epoch)
    }

    /// Gives an epoch up that is not served; it can only be dropped then.
    ///
    /// - Returns: False where it is served, dropped, or has failed before.
    /// - Throws: `EpochError.unknownModel`; `PGError`.
    @discardableResult
    package func fail(_ model: String, _ epoch: Int64, because reason: String) async throws -> Bool {
        let didFail = try await pool.transaction { session in
            try await Self.lock(model, session)
            return try await session.query(SQL.failEpoch, [.text(model), .int(epoch), .text(reason)]).count == 1
        }
        await wake(model)
        return didFail
    }

    // MARK: parts

    /// Serialises changes of one model.
    @discardableResult
    static func lock(_ model: String, _ session: PGSession) async throws -> (served: Int64, fence: Int64) {
        let rows = try await session.query(SQL.lockProjectionModel, [.text(model)])
        guard rows.count == 1 else { throw EpochError.unknownModel(model) }
        return (rows.int(0, 0), rows.int(0, 1))
    }

    func record(_ model: String, _ epoch: Int64) async throws -> EpochRecord {
        guard let found = try await epochs(of: model)[epoch] else {
            throw EpochError.unknownEpoch(model: model, epoch: epoch)
        }
        return found
    }

    /// Losing a notification costs its reader a poll interval, so a failure here is none.
    func wake(_ model: String) async {
        _ = try? await pool.query(SQL.notifyEpochs, [.text(model)])
    }

    private func leaseLost(_ model: String, _ epoch: Int64) async throws -> EpochError {
        let found = try await record(model, epoch)
        return .leaseLost(epoch: epoch, by: found.isLeased ? found.owner : nil, found.state)
    }
}

extension EpochScope {
    /// Country, practitioner, first day and the day after the last, as statements take them.
    var parameters: [PGValue] {
        [
            country.map { .text($0.text) } ?? .null, practitioner.map { .uuid($0.high, $0.low) } ?? .null,
            from.map { .date($0.days) } ?? .null, to.map { .date($0.days) } ?? .null,
        ]
    }
}

extension Duration {
    /// Whole microseconds.
    var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
