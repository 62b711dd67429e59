import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@Suite("Protection: on every table of the history, also those that are made later or by hand (G8)")
struct ProtectionTests {
    let make = EventMaker()

    private func texts(_ store: Store, _ sql: String) async throws -> [String] {
        let rows = try await store.pool.query(SQLStatement(name: "texts", text: sql))
        return (0..<rows.count).map { rows.text($0, 0) }
    }

    /// What a table of the history may lack, one line each: a right too many, or a trigger too few.
    static let faults = """
        WITH kept AS (
            SELECT relid::oid FROM pg_partition_tree('events')
            UNION ALL SELECT unnest(ARRAY['outbox_stamps', 'seal_tiles'])::regclass::oid
        )
        SELECT relid::regclass || ': ' || privilege FROM kept, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) privilege
        WHERE has_table_privilege('appointments_app', relid, privilege)
        UNION ALL
        SELECT relid::regclass || ': no ' || kind FROM kept, (VALUES ('UPDATE', 16), ('DELETE', 8), ('TRUNCATE', 32))
            AS kinds (kind, bit)
        WHERE NOT EXISTS (SELECT FROM pg_trigger t
                          WHERE t.tgrelid = relid AND t.tgfoid = 'refuse_change_of_history'::regproc
                            AND t.tgenabled <> 'D' AND t.tgtype & bit <> 0)
        UNION ALL
        SELECT relid::regclass || ': ' || privilege
        FROM (SELECT relid::oid FROM pg_partition_tree('stream_heads') UNION ALL SELECT 'seal_edges'::regclass::oid) h,
             unnest(ARRAY['DELETE', 'TRUNCATE']) privilege
        WHERE has_table_privilege('appointments_app', relid, privilege)
        """

    @Test("no table lacks a trigger, and the application has no right too many, on none of them")
    func everyTable() async throws {
        try await Store.with("protection_tables") { store in
            try await Partitions.ensure(countries: [.fr, .es], months: 6, in: store.pool)
            #expect(try await texts(store, Self.faults).isEmpty)
            #expect(try await store.int("SELECT count(*) FROM pg_partition_tree('events')") > 15)

            try await store.run(
                """
                ALTER TABLE events_fr_default DISABLE TRIGGER never_truncated;
                GRANT DELETE ON events_es TO appointments_app
                """)
            #expect(
                try await texts(store, Self.faults).sorted() == [
                    "events_es: DELETE", "events_fr_default: no TRUNCATE",
                ],
                "the question itself notices")
        }
    }

    @Test("rows of a month to come and of a new country are as safe from the application as from another superuser")
    func laterTables() async throws {
        try await Store.with("protection_later") { store in
            try await store.append([make.booking(0)])
            try await Partitions.ensure(countries: [.fr, .es], months: 3, in: store.pool)
            for change in [#"{"recorded_at": "\#(try await nextMonth(store))"}"#, #"{"country_code": "es"}"#] {
                try await store.run("INSERT INTO events SELECT (json_populate_record(e, '\(change)')).* FROM events e")
            }
            let tables = try await texts(
                store, "SELECT DISTINCT tableoid::regclass::text FROM events UNION ALL SELECT 'events'")
            #expect(tables.count == 5)
            for table in tables {
                for change in ["UPDATE \(table) SET actor_role = 'x'", "DELETE FROM \(table)", "TRUNCATE \(table)"] {
                    #expect(try await refusal(of: change, as: "appointments_app", store) == "42501", "\(change)")
                    #expect(try await refusal(of: change, as: "test_other_superuser", store) == "BK003", "\(change)")
                }
            }
        }
    }

    private func nextMonth(_ store: Store) async throws -> String {
        try await texts(store, "SELECT (date_trunc('month', now()) + interval '40 days')::date::text")[0]
    }

    /// The SQLSTATE by which a change is refused to a role; nil where it is not.
    private func refusal(of change: String, as role: String, _ store: Store) async throws -> String? {
        try await store.pool.withSession { session in
            try await session.execute(
                SQLStatement(name: "begin", text: "BEGIN; CREATE ROLE test_other_superuser SUPERUSER"))
            var state: String?
            do {
                try await session.execute(SQLStatement(name: "try", text: "SET LOCAL ROLE \(role); \(change)"))
            } catch let error as PGError {
                state = error.sqlState?.rawValue
            }
            try await session.rollback()
            return state
        }
    }

    @Test("a partition that somebody makes by hand is protected like the others")
    func madeByHand() async throws {
        try await Store.with("protection_by_hand") { store in
            try await store.run(
                """
                CREATE TABLE events_fr_2001 PARTITION OF events_fr FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
                CREATE TABLE found (LIKE events INCLUDING CONSTRAINTS);
                GRANT ALL ON found TO appointments_app;
                ALTER TABLE events_fr ATTACH PARTITION found FOR VALUES FROM ('2002-01-01') TO ('2003-01-01');
                CREATE TABLE unrelated (id int)
                """)
            let tree = try await texts(store, "SELECT relid::regclass::text FROM pg_partition_tree('events')")
            #expect(tree.contains("found"))
            #expect(try await texts(store, Self.faults).isEmpty)
            #expect(try await store.int("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'unrelated'::regclass") == 0)
        }
    }
}
