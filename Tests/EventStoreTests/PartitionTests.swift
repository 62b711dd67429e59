import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@Suite("Partitions: made ahead of time, beside open writers, and a missing one blocks nobody")
struct PartitionTests {
    let make = EventMaker()

    /// Sessions that give up on a lock at last: where a queue is the failure, a test must not hang in it.
    private func beside(_ store: Store, _ body: (Store) async throws -> Void) async throws {
        try await store.run("ALTER DATABASE \"\(store.database.name)\" SET lock_timeout = '20s'")
        let pool = PGPool(url: store.database.url, label: "beside", sessionsMax: 2)
        do {
            try await body(Store(database: store.database, pool: pool))
            await pool.close()
        } catch {
            await pool.close()
            throw error
        }
    }

    private func names(_ store: Store) async throws -> [String] {
        let rows = try await store.pool.query(
            SQLStatement(
                name: "partitions",
                text: "SELECT relid::regclass::text FROM pg_partition_tree('events_fr') ORDER BY 1"))
        return (0..<rows.count).map { rows.text($0, 0) }
    }

    @Test("months are made while a transaction that has appended is still open, and appends beside it go on")
    func besideAnOpenWriter() async throws {
        try await Store.with("partitions_writer") { store in
            try await beside(store) { other in
                let before = try await names(store).count
                try await store.pool.transaction { session in
                    _ = try await session.pipeline(EventAppend([make.booking(0)]).steps)
                    let result = try await Partitions.ensure(countries: [.fr], months: 6, in: other.pool)
                    #expect(result.made.count == 4)
                    #expect(result.busy.isEmpty && result.inDefault.isEmpty)
                    try await other.append([make.booking(1)])
                }
                #expect(try await names(store).count == before + 4)
            }
        }
    }

    @Test("an append waits for no month that is just being attached")
    func besideAnOpenAttachment() async throws {
        try await Store.with("partitions_attaching") { store in
            try await beside(store) { other in
                try await store.pool.transaction { session in
                    let made = try await session.query(
                        SQLStatement(
                            name: "make",
                            text: """
                                SELECT make_history_partition(name, now(), 6)
                                FROM missing_partitions('{fr}', now(), 6) name
                                """))
                    #expect((0..<made.count).map { made.text($0, 0) } == ["made", "made", "made", "made"])
                    try await other.append([make.booking(0)])
                }
                #expect(try await store.int("SELECT count(*) FROM events") == 1)
            }
        }
    }

    @Test("a reader of DEFAULT that stays keeps the attachment out, but no append; later it is made")
    func besideAReaderOfDefault() async throws {
        try await Store.with("partitions_reader") { store in
            try await beside(store) { other in
                try await store.pool.transaction { session in
                    _ = try await session.query(
                        SQLStatement(name: "read", text: "SELECT count(*) FROM events_fr_default"))
                    let result = try await Partitions.ensure(countries: [.fr], months: 6, in: other.pool)
                    #expect(result.made.isEmpty)
                    #expect(result.busy.count == 4)
                    try await other.append([make.booking(0)])
                }
                #expect(try await Partitions.ensure(countries: [.fr], months: 6, in: store.pool).made.count == 4)
            }
        }
    }

    @Test("eight processes that keep up at once make every table once")
    func fromManyProcesses() async throws {
        try await Store.with("partitions_race") { store in
            let results = try await withThrowingTaskGroup(of: PartitionsMade.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await Partitions.ensure(countries: [.fr, .es], months: 6, attempts: 100, in: store.pool)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.allSatisfy { $0.busy.isEmpty && $0.inDefault.isEmpty })
            let made = results.flatMap(\.made)
            #expect(Set(made).count == made.count)
            #expect(Set(made).isSuperset(of: ["events_es", "stream_heads_es", "idempotency_es"]))
            #expect(try await Partitions.ensure(countries: [.fr, .es], months: 6, in: store.pool).isNothing)
        }
    }

    @Test("a month without a partition goes to its country's DEFAULT, is read there, and is not made any more")
    func missingMonth() async throws {
        try await Store.with("partitions_month") { store in
            try await store.run(
                """
                CREATE TABLE events_es PARTITION OF events FOR VALUES IN ('es') PARTITION BY RANGE (recorded_at);
                CREATE TABLE events_es_default PARTITION OF events_es DEFAULT
                """)
            let event = make.created(make.practitioners[0], country: .es)
            try await store.append([EventToAppend(.created(event), version: 1, metadata: make.metadata())])
            #expect(try await store.int("SELECT count(*) FROM events_es_default") == 1)
            let read = try await EventReader(store.pool).stream(country: .es, StreamName(event.bookingID))
            #expect(read.map(\.version) == [1])

            let result = try await Partitions.ensure(countries: [.es], months: 3, in: store.pool)
            let thisMonth = try await store.pool.query(
                SQLStatement(name: "name", text: "SELECT to_char(now() AT TIME ZONE 'UTC', '\"events_es_\"YYYY_MM')"))
            #expect(result.inDefault.contains(thisMonth.text(0, 0)))
            #expect(result.made.filter { $0.hasPrefix("events_es_") }.count == 2, "the months to come are free")
        }
    }

    @Test("a DEFAULT that is too large to be looked through while others wait is left alone")
    func largeDefault() async throws {
        try await Store.with("partitions_large") { store in
            // Rows of another month, 80 MB of them, so that only their number speaks against the new one.
            try await store.append([make.booking(0)])
            try await store.run(
                """
                ALTER TABLE events_fr_default ALTER COLUMN data SET STORAGE PLAIN;
                INSERT INTO events
                SELECT (json_populate_record(e, json_build_object(
                    'event_number', 1000 + n, 'recorded_at', '2020-01-01', 'data', '\\x' || repeat('20', 7000)))).*
                FROM events e, generate_series(1, 9000) n
                """)
            let result = try await Partitions.ensure(countries: [.fr], months: 6, in: store.pool)
            #expect(result.made.isEmpty)
            #expect(result.inDefault.count == 4)
        }
    }

    @Test("only names of ours are made")
    func refusesOtherNames() async throws {
        try await Store.with("partitions_names") { store in
            for name in ["pg_class", "events_france", "events_fr_default", "stream_heads_fr_2026_01", "events_fr; x"] {
                let refusal = await #expect(throws: PGError.self) {
                    try await store.run("SELECT make_history_partition('\(name)', now(), 1)")
                }
                #expect(refusal?.sqlState?.rawValue == "22023", "\(name)")
            }
        }
    }
}
