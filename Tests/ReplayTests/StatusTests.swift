import Domain
import JSON
import Postgres
import TestSupport
import Testing

@testable import replay

/// `replay status` on real servers.
struct StatusTests {
    @Test func everythingIsCaughtUp() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(12, in: .fr)
            try await bed.relay()
            try await bed.buildModels()
            let result = await bed.replay("status")
            #expect(result.code == .success, "\(result)")
            #expect(result.answer.contains("all 6 partitions caught up"))
            #expect(result.answer.contains("fr 12 documents"))
            #expect(!result.answer.contains("\u{1B}"), "colour is for terminals")
            // A broker that needs more than two seconds to answer is called unreachable, on a busy machine too.
            let json = try await eventually("everybody answers in time", within: .seconds(60)) {
                let json = await bed.replay("status", "--json", "--model", "availability")
                return json.code == .success ? json : nil
            }
            let objects = try json.answer.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
            let first = try #require(objects.first)
            #expect(first["record"]?.stringValue == "partition")
            let topic = try #require(first["topics"]?.arrayValue?.last)
            #expect(topic["topic"]?.stringValue == "practitioner-events")
            #expect(topic["storeHead"]?.intValue == topic["sequence"]?.intValue)
            #expect(topic["logLastSequence"]?.intValue == topic["storeAcknowledged"]?.intValue)
        }
    }

    /// The ends of the log are found past the first and before the last fetch.
    @Test func aLongLogIsReadAtBothEnds() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(1, in: .fr)
            let one = history.practitioners[0]
            for _ in 0..<10 { try await history.book(one, slots: 0..<24, in: .fr) }
            try await bed.relay()
            let json = await bed.replay("status", "--json", "--model", "availability")
            #expect(json.code == .success, "\(json)")
            let partition = Int64(KafkaPartitioner.partition(of: one))
            let mine = try json.answer.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
                .first { $0["partition"]?.intValue == partition }
            let topic = try #require(mine?["topics"]?.arrayValue?.first)
            #expect(topic["logFirstSequence"]?.intValue == 1)
            #expect(topic["logLastSequence"]?.intValue == 240)
        }
    }

    /// Bookings that come one by one make a record a batch: looking at the ends must not wait after each of them.
    @Test func aLogOfSingleRecordsIsReadInTime() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(1, in: .fr)
            try await bed.relay {
                for slot in 0..<20 {
                    _ = try await history.book(history.practitioners[0], slot: slot, in: .fr)
                    try await bed.drained(bed.bookings)
                }
            }
            let begun = ContinuousClock.now
            let status = await bed.replay("status", "--model", "availability")
            #expect(status.code == .success, "\(status)")
            #expect(status.answer.contains("1…20 "))
            #expect(begun.duration(to: .now) < .seconds(8), "a second a record would be twice as long")
        }
    }

    @Test func anOpenTransactionIsShown() async throws {
        try await ReplayBed.with { bed in
            try await bed.run("CREATE TABLE calendars (id int); INSERT INTO calendars VALUES (1)", in: bed.bookings)
            try await bed.bookings.transaction { session in
                _ = try await session.query(SQLStatement(name: "hold", text: "SELECT id FROM calendars FOR UPDATE"))
                try await session.execute(SQLStatement(name: "wait", text: "SELECT pg_sleep(5.2)"))
                let result = await bed.replay("status")
                #expect(result.answer.contains("holds calendars"))
                #expect(result.answer.contains("postgres"), "who holds them")
                #expect(result.answer.contains(", since 20"))

                let lines = await bed.replay("status", "--json").answer.split(separator: "\n")
                let line = try lines.map { try parseJSON(Array($0.utf8)) }
                    .first { $0["record"]?.stringValue == "transaction" && $0["holdsCalendars"]?.boolValue == true }
                let held = try #require(line)
                #expect(held["database"]?.stringValue == "booking")
                #expect(held["user"]?.stringValue == "postgres")
                #expect(held["application"]?.stringValue == "bookings")
                #expect(held["since"]?.stringValue?.hasPrefix("20") == true)
                #expect(held["pid"]?.intValue ?? 0 > 0)
            }
        }
    }

    @Test func whoIsAwayIsSaidAndTheRestIsShown() async throws {
        try await ReplayBed.with { bed in
            var environment = bed.environment
            environment["KAFKA_BOOTSTRAP_SERVERS"] = "127.0.0.1:1"
            environment["PATIENT_DATABASE_URL"] = "postgresql://127.0.0.1:1/nobody"
            let captured = CapturedConsole()
            let program = ReplayProgram(environment: environment, console: captured.console)
            let code = await program.run(["replay", "status"])
            #expect(code == .unreachable)
            #expect(captured.answer.contains("unreachable: kafka"))
            #expect(captured.answer.contains("unreachable: patient-database"))
            #expect(captured.answer.contains("outbox 0"))
        }
    }

    @Test func verifyEndsWithThreeWhereAStoreIsAway() async throws {
        try await ReplayBed.with { bed in
            var environment = bed.environment
            environment["BOOKING_DATABASE_URL"] = "postgresql://127.0.0.1:1/nobody"
            let captured = CapturedConsole()
            let code = await ReplayProgram(environment: environment, console: captured.console)
                .run(["replay", "verify", "models"])
            #expect(code == .unreachable)
            #expect(captured.complaint.contains("booking-database cannot be asked"))
        }
    }

    @Test func watchingEndsWhenItIsInterrupted() async throws {
        try await ReplayBed.with { bed in
            let captured = CapturedConsole()
            let program = ReplayProgram(environment: bed.environment, console: captured.console)
            let watching = Task { await program.run(["replay", "status", "--watch", "--json"]) }
            try await eventually("two reports were shown") {
                captured.answer.ranges(of: "\"record\":\"status\"").count >= 2
            }
            watching.cancel()
            #expect(await watching.value == .interrupted)
        }
    }
}
