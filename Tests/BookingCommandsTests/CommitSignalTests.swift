import Domain
import Observability
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import BookingCommands

/// Whoever is woken must find what it was woken for: others lost events to signals that were faster than the commit.
@Suite("Pitfall: NOTIFY that wakes readers before the commit is visible")
struct CommitSignalTests {
    /// How often somebody said that there was a commit.
    private final class Signals: Sendable {
        private let heard = Mutex(0)

        var count: Int { heard.withLock { $0 } }

        func add() { heard.withLock { $0 += 1 } }
    }

    /// Every transaction that has events stands still in the middle of its COMMIT while `body` runs.
    private func stoppingCommits<T: Sendable>(
        _ clinic: Clinic,
        _ body: (_ stopped: () async throws -> Void, _ letGo: () async throws -> Void) async throws -> T
    ) async throws -> T {
        try await clinic.run(
            """
            CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock_shared(4711);
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER stand_still AFTER INSERT ON outbox DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION stand_still();
            """)
        return try await clinic.pool.withSession { session in
            try await session.execute(SQLStatement(name: "stop", text: "SELECT pg_advisory_lock(4711)"))
            let stopped = {
                try await eventually("a commit stands still") {
                    try await clinic.count(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event = 'advisory'
                        """) == 1
                }
            }
            let letGo = {
                try await session.execute(SQLStatement(name: "go", text: "SELECT pg_advisory_unlock(4711)"))
            }
            return try await body(stopped, letGo)
        }
    }

    @Test("a booking is signalled when others can see it, not while it commits")
    func booking() async throws {
        try await Clinic.with("signal_booking") { clinic in
            try await clinic.open(practitioner(1))
            let signals = Signals()
            let transaction = BookingTransaction(
                pool: clinic.pool, zones: zones, cache: CalendarCache(), clock: clinic.clock,
                identifiers: clinic.identifiers, committed: { signals.add() }, log: .silent)
            let writer = BookingWriter(transaction: transaction, patients: clinic.patients, hint: clinic.pages)
            let request = try clinic.create(practitioner(1), BookingWriterTests.ten, key: "slow")
            let answer = try await stoppingCommits(clinic) { stopped, letGo in
                async let answer = writer.got(request)
                try await stopped()
                #expect(try await clinic.count("SELECT count(*) FROM outbox") == 0, "nobody sees it yet")
                #expect(signals.count == 0)
                try await letGo()
                return await answer
            }
            #expect(answer == .answer("201 confirmed v1 2026-11-23T09:00:00Z"))
            #expect(signals.count == 1)
            #expect(try await clinic.count("SELECT count(*) FROM outbox") == 1)
        }
    }

    @Test("a displacement is signalled when others can see it, not while it commits")
    func displacement() async throws {
        try await Clinic.with("signal_displacement") { clinic in
            let id = practitioner(1)
            try await clinic.open(id)
            let request = try clinic.create(id, BookingWriterTests.ten, key: "displaced")
            #expect(await clinic.writers[0].got(request).isSuccess)
            let signals = Signals()
            let applier = CalendarApplier(
                pool: clinic.pool, zones: zones, history: clinic.streams, clock: clinic.clock,
                identifiers: clinic.identifiers, committed: { signals.add() })
            let change = clinic.streams.append(
                try scheduleSet(id, try week(["14:00-18:00"])), id: EventID(from: clinic.identifiers))
            try await stoppingCommits(clinic) { stopped, letGo in
                async let applied: Void = applier.apply([change], to: clinic.key(id), trace: clinic.trace)
                try await stopped()
                #expect(signals.count == 0)
                try await letGo()
                try await applied
            }
            #expect(signals.count == 1)
            #expect(try await clinic.count("SELECT count(*) FROM events WHERE type = 'BookingDisplaced'") == 1)
        }
    }
}
