import Domain
import EventStore
import Foundation
import Postgres
import TestSupport
import Testing

@Suite("Schema: migrations are applied once, and history is only ever appended to")
struct SchemaTests {
    let make = EventMaker()

    static let extra = SQLStatement(name: "V0001__extra", text: "CREATE TABLE extra (id int PRIMARY KEY)")

    @Test("running migrations again changes nothing")
    func migratesTwice() async throws {
        try await Store.with("schema_twice") { store in
            let again = try await Migrations.apply(Migrations.set, component: Migrations.component, in: store.pool)
            #expect(again.isEmpty)
            #expect(try await Partitions.ensure(countries: [.fr, .de], months: 2, in: store.pool).isNothing)
        }
    }

    @Test("eight processes that start together take turns, and one of them applies")
    func migratesConcurrently() async throws {
        try await TestDatabase.with("schema_race") { database in
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let pool = PGPool(url: database.url, label: "migrate-\(number)", sessionsMax: 1)
                        let names = try await Migrations.apply(
                            Migrations.set, component: Migrations.component, in: pool)
                        await pool.close()
                        return names.count
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(applied.sorted() == [0, 0, 0, 0, 0, 0, 0, Migrations.set.count])
        }
    }

    @Test("a file that was changed after it had been applied is refused by name, and nothing else is applied")
    func refusesChangedFile() async throws {
        try await Store.with("schema_changed") { store in
            try await Migrations.apply([Self.extra], component: "extra", in: store.pool)
            let changed = SQLStatement(name: Self.extra.name, text: Self.extra.text + " -- harmless?")
            let next = SQLStatement(name: "V0002__more", text: "CREATE TABLE more (id int)")
            await #expect(throws: MigrationError.fileChanged(component: "extra", name: "V0001__extra")) {
                try await Migrations.apply([changed, next], component: "extra", in: store.pool)
            }
            #expect(try await store.int("SELECT count(*) FROM pg_class WHERE relname = 'more'") == 0)
            #expect(try await Migrations.apply([Self.extra, next], component: "extra", in: store.pool) == [next.name])
        }
    }

    @Test("an older program refuses a database of a newer one; a failing file leaves nothing behind")
    func refusesTheRest() async throws {
        try await Store.with("schema_newer") { store in
            try await Migrations.apply([Self.extra], component: "extra", in: store.pool)
            await #expect(throws: MigrationError.databaseIsNewer(component: "extra", version: 1)) {
                try await Migrations.apply([], component: "extra", in: store.pool)
            }
            await #expect(throws: MigrationError.badName("V0003__gap")) {
                try await Migrations.apply(
                    [SQLStatement(name: "V0003__gap", text: "SELECT 1")], component: "gap", in: store.pool)
            }
            let broken = SQLStatement(name: "V0001__broken", text: "CREATE TABLE half (id int); SELECT no_such_column")
            await #expect(throws: PGError.self) {
                try await Migrations.apply([broken], component: "broken", in: store.pool)
            }
            #expect(try await store.int("SELECT count(*) FROM pg_class WHERE relname = 'half'") == 0)
        }
    }

    @Test("the list of migrations is the folder")
    func listsAllFiles() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/EventStore/SQL")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
            .filter { $0.hasPrefix("V") }.map { String($0.dropLast(4)) }.sorted()
        #expect(Migrations.set.map(\.name) == files)
    }

    @Test("nobody changes, deletes or truncates history, not even the owner, on no partition (G8)")
    func refusesChangesOfHistory() async throws {
        try await Store.with("schema_history") { store in
            try await store.append([make.booking(0), make.booking(1, country: .es)])
            try await Partitions.ensure(countries: [.fr], months: 6, in: store.pool)
            let tables = try await store.pool.query(
                SQLStatement(
                    name: "tables",
                    text: """
                        SELECT relid::regclass::text FROM pg_partition_tree('events')
                        UNION ALL SELECT 'outbox_stamps'
                        """))
            let names = (0..<tables.count).map { tables.text($0, 0) }
            #expect(names.count > 10)
            for table in names {
                let refusal = await #expect(throws: PGError.self) { try await store.run("TRUNCATE \(table) CASCADE") }
                #expect(refusal.flatMap { EventStoreError($0) } == .historyIsAppendOnly, "\(table)")
            }
            for table in names where try await store.int("SELECT count(*) FROM \(table)") > 0 {
                for change in ["UPDATE \(table) SET actor_role = 'x'", "DELETE FROM \(table)"] {
                    let refusal = await #expect(throws: PGError.self) { try await store.run(change) }
                    #expect(refusal.flatMap { EventStoreError($0) } == .historyIsAppendOnly, "\(change)")
                }
            }
        }
    }

    @Test("the application may append and relay but not change history; a reader may read events and nothing else")
    func limitsRoles() async throws {
        try await Store.with("schema_roles") { store in
            try await store.append([make.booking(0)])
            func may(_ role: String, _ command: String) async throws -> Bool {
                try await store.pool.withSession { session in
                    try await session.execute(SQLStatement(name: "as_role", text: "BEGIN; SET LOCAL ROLE \(role)"))
                    let isAllowed: Bool
                    do {
                        try await session.execute(SQLStatement(name: "try", text: command))
                        isAllowed = true
                    } catch let error as PGError where error.sqlState == .insufficientPrivilege {
                        isAllowed = false
                    }
                    try await session.rollback()
                    return isAllowed
                }
            }
            #expect(try await may("appointments_app", "SELECT nextval('event_numbers')"))
            #expect(try await may("appointments_app", "SELECT * FROM events"))
            #expect(try await may("appointments_app", "DELETE FROM outbox"))
            #expect(try await may("appointments_app", "UPDATE shard_leases SET owner = 'me'"))
            #expect(try await may("appointments_app", "SELECT make_history_partition('events_it', now(), 1)"))
            #expect(try await !may("appointments_app", "UPDATE events SET actor_role = 'x'"))
            #expect(try await !may("appointments_app", "DELETE FROM events_fr"))
            #expect(try await !may("appointments_app", "TRUNCATE outbox_stamps"))
            #expect(try await !may("appointments_app", "CREATE TABLE mine (id int)"))
            #expect(try await may("event_reader", "SELECT * FROM events"))
            #expect(try await may("event_reader", "SELECT * FROM outbox_stamps, outbox, shard_leases"))
            #expect(try await !may("event_reader", "SELECT * FROM idempotency"))
            #expect(try await !may("event_reader", "DELETE FROM outbox"))
        }
    }

    @Test("event numbers are handed out one by one: order and floor rest on it")
    func sequenceHasNoCache() async throws {
        try await Store.with("schema_sequence") { store in
            let cache = try await store.int(
                "SELECT seqcache FROM pg_sequence WHERE seqrelid = 'event_numbers'::regclass")
            #expect(cache == 1)
        }
    }
}
