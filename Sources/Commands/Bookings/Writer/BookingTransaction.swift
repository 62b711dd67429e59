package import Domain
import EventStore
package import Observability
package import Postgres

/// Runs one batch of booking commands in one transaction: events, guard rows, outbox rows and stored answers together.
///
/// The order is the design's: lock the head rows in key order, read what is decided from under the lock, decide
/// command by command, write everything, commit, answer. Each command has its own outcome; a refused one writes only
/// its answer.
package struct BookingTransaction: Sendable {
    private let pool: PGPool
    private let reader: BatchReader
    private let clock: any WallClock
    private let identifiers: any IdentifierSource
    private let zoneRules: String
    private let committed: @Sendable () -> Void
    private let log: Log

    /// A command is part of so many transactions that had to start over before it is given up.
    static let attemptsMax = 3
    /// And so many whose locks or readings did not suffice for it: each time others had moved its booking meanwhile.
    static let roundsMax = 20
    /// How the database is called in `BookingFailure.unavailable`.
    static let dependency = "booking-database"
    /// And a calendar that waits for an event that cannot be read.
    static let calendars = "calendars"

    /// Takes what it needs; `committed` is told after every commit that has events, so that the relayer looks at once.
    package init(
        pool: PGPool, zones: ZoneDatabase, cache: CalendarCache, clock: any WallClock,
        identifiers: any IdentifierSource, committed: @escaping @Sendable () -> Void, log: Log
    ) {
        self.pool = pool
        reader = BatchReader(codec: CalendarCodec(zones: zones), cache: cache)
        self.clock = clock
        self.identifiers = identifiers
        zoneRules = zones.version
        self.committed = committed
        self.log = log
    }

    /// The calendar as a transaction last saw it, which may be old.
    func cachedCalendar(_ key: CalendarKey) -> StoredCalendar? { reader.cache.calendar(key) }

    /// Answers every command of the batch but those that it returns: they are to run again, in the next batch.
    func run(_ batch: [PendingBooking]) async -> [PendingBooking] {
        do {
            return try await attempt(batch)
        } catch {
            return await recover(batch, from: error)
        }
    }

    /// Nothing of a failed transaction counts, and one whose COMMIT was lost is found by its keys: so all start over.
    private func recover(_ batch: [PendingBooking], from error: any Error) async -> [PendingBooking] {
        log.warning("a booking transaction starts over", [.error: .error(error), .count: .count(batch.count)])
        var again = batch
        for index in again.indices { again[index].attempts += 1 }
        if again.allSatisfy({ $0.attempts < Self.attemptsMax }) { return again }
        if (error as? PGError)?.isConnectionLost ?? false {
            // The database is away, whatever the commands are.
            for pending in batch { pending.finish(.failure(.unavailable(dependency: Self.dependency))) }
            return []
        }
        // Whatever spoils the batch is one command's: alone, the others go through.
        var deferred: [PendingBooking] = []
        for pending in batch { deferred += await runAlone(pending) }
        return deferred
    }

    private func runAlone(_ pending: PendingBooking) async -> [PendingBooking] {
        for _ in 1...Self.attemptsMax {
            do {
                return try await attempt([pending])
            } catch {
                log.warning("a booking transaction failed alone", [.error: .error(error)])
            }
        }
        pending.finish(.failure(.unavailable(dependency: Self.dependency)))
        return []
    }

    private func attempt(_ batch: [PendingBooking]) async throws -> [PendingBooking] {
        let existing = try await reader.existingBookings(of: batch, pool)
        return try await pool.withSession { session in
            do {
                let facts = try await reader.read(batch, existing, session)
                var decisions = BatchDecisions(
                    facts: facts, now: clock.now(), identifiers: identifiers, zoneRules: zoneRules)
                decisions.decideAll(batch)
                try await decisions.findAlternatives(session)
                try await write(decisions, session)
                return decisions.answerAll()
            } catch {
                try? await session.rollback()  // where it fails, the session is retired and the server rolls back
                throw error
            }
        }
    }

    private func write(_ decisions: BatchDecisions, _ session: PGSession) async throws {
        let answers = decisions.answersToStore
        guard !answers.isEmpty else { return try await session.rollback() }
        let steps = decisions.writes.isEmpty ? [] : decisions.writes.steps
        _ = try await session.pipeline(steps + [IdempotencyStore.insert(answers), PGStep(.commit)])
        if !steps.isEmpty { committed() }
    }
}
