import Postgres
import Testing

@Suite("LISTEN wakes without polling")
struct ListenerTests {
    private static let notify = SQLStatement(name: "notify", text: "SELECT pg_notify($1, $2)")

    @Test func deliversWhatItListensTo() async throws {
        try await TestDatabase.with { database in
            let listener = try await PGListener.open(url: database.url, channels: ["a", "B\"c"], label: "listener")
            try await database.withPool { pool in
                for (channel, payload) in [("other", "no"), ("a", "1"), ("B\"c", ""), ("a", "last")] {
                    _ = try await pool.query(Self.notify, [.text(channel), .text(payload)])
                }
            }
            var seen: [PGNotification] = []
            for try await notification in listener.notifications {
                seen.append(notification)
                if notification.payload == "last" { listener.close() }
            }
            #expect(seen.map(\.channel) == ["a", "B\"c", "a"])
            #expect(seen.map(\.payload) == ["1", "", "last"])
        }
    }

    @Test func lostConnectionThrows() async throws {
        try await TestDatabase.with { database in
            let listener = try await PGListener.open(url: database.url, channels: ["a"], label: "doomed-listener")
            try await database.withPool { pool in
                let killed = try await pool.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doomed-listener'")
                #expect(killed.count == 1)
            }
            let error = try await failure { for try await _ in listener.notifications {} }
            #expect(error.isConnectionLost)
        }
    }

    @Test func closingOrCancellingEndsTheConnection() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let listening = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"
                let closed = try await PGListener.open(url: database.url, channels: ["a"], label: database.name + "c")
                closed.close()
                for try await _ in closed.notifications {}
                let cancelled = try await PGListener.open(
                    url: database.url, channels: ["a"], label: database.name + "d")
                let reader = Task { for try await _ in cancelled.notifications {} }
                reader.cancel()
                _ = await reader.result
                _ = try await PGListener.open(url: database.url, channels: ["a"], label: database.name + "e")
                for suffix in ["c", "d", "e"] {
                    try await eventually("listener \(suffix) is gone") {
                        try await pool.query(listening, [.text(database.name + suffix)]).int(0, 0) == 0
                    }
                }
            }
        }
    }
}
