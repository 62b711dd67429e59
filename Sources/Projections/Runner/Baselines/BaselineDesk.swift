package import Domain
package import EventStore
package import Postgres

/// Who publishes which round, and which were published last: rows in the practitioner database, by its clock.
///
/// Rows say where to look in the log, never what is in it.
package struct BaselineDesk: Sendable {
    /// Somebody's right to publish the next round of a partition, until the lease ends.
    struct Claim: Hashable, Sendable {
        let model: String
        let partition: Shard
        /// Names the round, and the claim with it.
        let round: EventID
    }

    /// The last round of a partition that was published as a whole.
    package struct Standing: Hashable, Sendable {
        /// Whose.
        package let model: String
        /// Which partition.
        package let partition: Shard
        /// When it was done; nil: there was none yet.
        package let endedAt: Instant?
        /// Offset of its first record; nil where the brokers did not say.
        package let firstOffset: Int64?
    }

    private let pool: PGPool

    /// Works over the tables of `ProjectionSchema`.
    ///
    /// - Parameter pool: The practitioner database.
    package init(_ pool: PGPool) {
        self.pool = pool
    }

    /// All partitions that somebody has ever wanted to publish rounds of.
    ///
    /// - Throws: `PGError`.
    package func standings() async throws -> [Standing] {
        let rows = try await pool.query(SQL.readBaselineRounds, [])
        return (0..<rows.count).map { row in
            Standing(
                model: rows.text(row, 0), partition: Shard(Int(rows.int(row, 1))),
                endedAt: rows.timestampOrNil(row, 2).map { Instant(microseconds: $0) },
                firstOffset: rows.intOrNil(row, 3))
        }
    }

    /// Where the last round of each partition began.
    ///
    /// - Throws: `PGError`.
    package func hints(of model: String) async throws -> [Shard: Int64] {
        var hints: [Shard: Int64] = [:]
        for standing in try await standings() where standing.model == model {
            hints[standing.partition] = standing.firstOffset
        }
        return hints
    }

    /// Makes a row for each partition of the models, where there is none.
    ///
    /// - Throws: `PGError`.
    func prepare(_ models: [String]) async throws {
        _ = try await pool.query(SQL.ensureBaselineRounds, [.textArray(models), .int(Int64(Shard.count))])
    }

    /// Takes a round that is due and that nobody is at; at once also where the log has forgotten the last one.
    ///
    /// - Parameters:
    ///   - models: Whose rounds.
    ///   - every: After how long a round is due again.
    ///   - ends: The next offset of each partition of the topic, in order.
    ///   - round: Names it.
    ///   - owner: Who publishes it, for people.
    ///   - lease: How long nobody else may, from now on.
    /// - Returns: Nil where nothing is due.
    /// - Throws: `PGError`.
    func claim(
        _ models: [String], every: Duration, ends: [Int64], round: EventID, by owner: String, lease: Duration
    ) async throws -> Claim? {
        let rows = try await pool.query(
            SQL.claimBaselineRound,
            [
                .textArray(models), .int(every.microseconds), .intArray(ends), .uuid(round.high, round.low),
                .text(owner), .int(lease.microseconds),
            ])
        if rows.count == 0 { return nil }
        return Claim(model: rows.text(0, 0), partition: Shard(Int(rows.int(0, 1))), round: round)
    }

    /// Keeps others away for longer.
    ///
    /// - Returns: False where the claim is somebody else's by now: stop publishing at once.
    /// - Throws: `PGError`.
    func renew(_ claim: Claim, lease: Duration) async throws -> Bool {
        let rows = try await pool.query(
            SQL.renewBaselineRound, [.uuid(claim.round.high, claim.round.low), .int(lease.microseconds)])
        return rows.count == 1
    }

    /// Says that the whole round is in the log.
    ///
    /// - Parameters:
    ///   - claim: The round.
    ///   - offsets: From its first record to behind its last; nil where the brokers did not say.
    /// - Returns: False where the claim is somebody else's by now; then their round counts.
    /// - Throws: `PGError`.
    func end(_ claim: Claim, at offsets: Range<Int64>?) async throws -> Bool {
        let rows = try await pool.query(
            SQL.endBaselineRound,
            [
                .uuid(claim.round.high, claim.round.low), offsets.map { .int($0.lowerBound) } ?? .null,
                offsets.map { .int($0.upperBound) } ?? .null,
            ])
        return rows.count == 1
    }

    /// Lets anybody begin the round anew.
    ///
    /// - Throws: `PGError`.
    func release(_ claim: Claim) async throws {
        _ = try await pool.query(SQL.releaseBaselineRound, [.uuid(claim.round.high, claim.round.low)])
    }
}
