import Domain
import EventStore
import Kafka
import Observability
import Postgres
import TestSupport
import Testing

@Suite("Transactions that are open for long are named: who, since when, and whether bookings wait for them")
struct LongTransactionTests {
    private static let table = "CREATE TABLE calendars (id int); INSERT INTO calendars VALUES (1)"

    @Test("the application sees another role's transaction by name, though it is no superuser")
    func seenByTheApplication() async throws {
        try await Store.with("long_seen") { store in
            try await store.run(Self.table)
            let application = PGPool(
                url: store.database.url + "&options=-c%20role%3Dappointments_app", label: "app", sessionsMax: 1)
            let open = try await holding(store) { try await LongTransaction.open(for: 0, in: application) }
            await application.close()
            let held = try #require(open.first { $0.holdsCalendars })
            #expect(held.user == "postgres")
            #expect(held.state == "idle in transaction")
            #expect(held.seconds >= 0)
        }
    }

    @Test("one that has been open for less than 5 s is not named")
    func aShortOneIsNot() async throws {
        try await Store.with("long_short") { store in
            try await store.run(Self.table)
            let (named, all) = try await holding(store) {
                (try await LongTransaction.open(in: store.pool), try await LongTransaction.open(for: 0, in: store.pool))
            }
            let held = try #require(all.first { $0.holdsCalendars })
            #expect(named.isEmpty || held.seconds >= 5)
        }
    }

    @Test("a relayer counts it, says whose it is and since when, and forgets it when it has ended")
    func countedByTheRelayer() async throws {
        try await Store.with("long_counted") { store in
            try await store.run(Self.table)
            let metrics = Metrics()
            let settings = store.relayer("watcher", topic: nil, kafka: .init(bootstrapServers: "127.0.0.1:1"))
            try await store.relaying([settings], metrics: metrics) { _ in
                try await holding(store) {
                    try await eventually("the metric names a transaction of more than 5 s", within: .seconds(20)) {
                        let text = String(decoding: metrics.render(), as: UTF8.self)
                        return text.contains(#"long_transactions{database="booking",holds_calendars="true"} 1"#)
                            && !text.contains(#"long_transaction_seconds{database="booking"} 0"#)
                    }
                    let since = try #require(try await LongTransaction.open(in: store.pool).first?.since)
                    #expect(Self.since(in: metrics) == Double(since.microseconds) / 1_000_000)
                }
                try await eventually("the metric has forgotten it", within: .seconds(10)) {
                    String(decoding: metrics.render(), as: UTF8.self)
                        .contains(#"long_transactions{database="booking",holds_calendars="true"} 0"#)
                        && Self.since(in: metrics) == nil
                }
            }
        }
    }

    /// What the metrics say of a transaction of this test: since when it is open.
    private static func since(in metrics: Metrics) -> Double? {
        let name =
            #"long_transaction_since_timestamp_seconds{database="booking",user="postgres",application="long_counted"} "#
        return String(decoding: metrics.render(), as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(name) }.flatMap { Double($0.dropFirst(name.count)) }
    }

    /// Keeps a calendar locked while `body` runs.
    private func holding<T: Sendable>(_ store: Store, _ body: () async throws -> T) async throws -> T {
        try await store.pool.transaction { session in
            _ = try await session.query(SQLStatement(name: "hold", text: "SELECT id FROM calendars FOR UPDATE"))
            return try await body()
        }
    }
}
