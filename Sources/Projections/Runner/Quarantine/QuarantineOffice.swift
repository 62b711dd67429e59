package import Domain
package import Postgres

/// Quarantine as operators see it: who waits, and what whoever has the partition is asked to do.
///
/// It changes no model: the lane that writes the partition is the only one that may, so a request is a row that the
/// lane finds at its next tick, and the answer is written beside it.
package struct QuarantineOffice: Sendable {
    /// What came of a request.
    package struct Answer: Hashable, Sendable {
        /// Which request.
        package let request: Int64
        /// Nil: the practitioner flows again; else why not.
        package let failure: String?
        /// Events that were taken in, the one that was waited for among them; nil where nobody counted.
        package let drained: Int64?
        /// How the quarantine ended: also `rebuilt`, where a baseline was faster.
        package let outcome: String?
    }

    /// One request, as it is told later.
    package struct Asked: Hashable, Sendable {
        /// `retry` or `skip`.
        package let action: String
        /// In the operator's words; empty where none were given.
        package let reason: String
        /// Who asked.
        package let actor: String
        /// When.
        package let at: Instant
        /// `drained`, `failed`, `gone`; `withdrawn` where nobody came; nil while it waits.
        package let outcome: String?
        /// Why it failed.
        package let detail: String?
    }

    /// What an operator wants done.
    package enum Wish: Hashable, Sendable {
        /// Try again.
        case retry
        /// Do without the one event, for good, then go on.
        case skip
    }

    private let pool: PGPool

    /// Works on a database that has the component `projections`.
    package init(_ pool: PGPool) {
        self.pool = pool
    }

    /// Who waits.
    ///
    /// - Parameters:
    ///   - model: Nil: in all models of this database.
    ///   - id: Only this one.
    ///   - includesPast: Those who left, too.
    ///   - limit: At most so many.
    /// - Returns: The longest waiting first, then those who left last.
    /// - Throws: `PGError`.
    package func entries(
        model: String? = nil, id: Int64? = nil, includesPast: Bool = false, limit: Int = 1_000
    ) async throws -> [QuarantineEntry] {
        let rows = try await pool.query(
            SQL.listQuarantine,
            [
                model.map { .text($0) } ?? .null, id.map { .int($0) } ?? .null, .bool(includesPast),
                .int(Int64(limit)),
            ])
        return (0..<rows.count).compactMap { QuarantineEntry(rows, $0) }
    }

    /// What operators decided to do without, the latest first.
    ///
    /// - Throws: `PGError`.
    package func skips(model: String? = nil, of id: Int64? = nil, limit: Int = 1_000) async throws -> [QuarantineSkip] {
        let rows = try await pool.query(
            SQL.listQuarantineSkips,
            [model.map { .text($0) } ?? .null, id.map { .int($0) } ?? .null, .int(Int64(limit))])
        return (0..<rows.count).compactMap { QuarantineSkip(rows, $0) }
    }

    /// Records that belong to nobody, the latest first.
    ///
    /// - Throws: `PGError`.
    package func foreign(model: String? = nil, limit: Int = 100) async throws -> [ForeignRecord] {
        let rows = try await pool.query(
            SQL.listQuarantineForeign, [model.map { .text($0) } ?? .null, .int(Int64(limit))])
        return (0..<rows.count).map { ForeignRecord(rows, $0) }
    }

    /// The events that wait with somebody: topic and position, in order, at most `limit`.
    ///
    /// - Throws: `PGError`.
    package func waiting(with id: Int64, limit: Int = 20) async throws -> [(topic: String, position: Int64)] {
        let rows = try await pool.query(SQL.readQuarantineWaiting, [.int(id), .int(Int64(limit))])
        return (0..<rows.count).map { (rows.text($0, 0), rows.int($0, 1)) }
    }

    /// What was asked for somebody, the latest first.
    ///
    /// - Throws: `PGError`.
    package func asked(for id: Int64, limit: Int = 20) async throws -> [Asked] {
        let rows = try await pool.query(SQL.listQuarantineRequests, [.int(id), .int(Int64(limit))])
        return (0..<rows.count).map { row in
            let isWithdrawn = rows.timestampOrNil(row, 5) != nil
            return Asked(
                action: rows.text(row, 0), reason: rows.text(row, 1), actor: rows.text(row, 2),
                at: Instant(microseconds: rows.timestamp(row, 3)),
                outcome: rows.textOrNil(row, 6) ?? (isWithdrawn ? "withdrawn" : nil), detail: rows.textOrNil(row, 8))
        }
    }

    // MARK: asking

    /// Asks for something to be done for those who still wait.
    ///
    /// - Returns: The requests, by quarantine.
    /// - Throws: `PGError`.
    package func request(_ wish: Wish, for ids: [Int64], reason: String, by actor: String) async throws -> [Int64:
        Int64]
    {
        let rows = try await pool.query(
            SQL.insertQuarantineRequests,
            [.intArray(ids), .text(wish == .skip ? "skip" : "retry"), .text(reason), .text(actor)])
        return Dictionary(
            (0..<rows.count).map { (rows.int($0, 1), rows.int($0, 0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// The requests that are answered.
    ///
    /// - Throws: `PGError`.
    package func answers(to requests: [Int64]) async throws -> [Answer] {
        let rows = try await pool.query(SQL.readQuarantineOutcomes, [.intArray(requests)])
        return (0..<rows.count).map { row in
            let isFailure = rows.text(row, 1) == "failed"
            return Answer(
                request: rows.int(row, 0), failure: isFailure ? rows.textOrNil(row, 3) ?? "unknown" : nil,
                drained: rows.intOrNil(row, 2), outcome: rows.textOrNil(row, 4))
        }
    }

    /// Takes back what nobody has carried out.
    ///
    /// - Returns: Those that were taken back; the others are answered by now.
    /// - Throws: `PGError`.
    package func withdraw(_ requests: [Int64]) async throws -> [Int64] {
        let rows = try await pool.query(SQL.withdrawQuarantineRequests, [.intArray(requests)])
        return (0..<rows.count).map { rows.int($0, 0) }
    }
}
