import AvailabilityProjection
import Domain
import EventStore
import JSON
import Postgres
import ProjectionRunner
import Redis
import TestSupport
import Testing

@testable import replay

/// The quick verification: it agrees with the full one whatever happens, reads only what is new, and finds what is
/// wrong.
@Suite("quick verification")
struct VerifyQuickTests {
    @Test("whatever happens between two runs, the quick one reads that alone, and has the digests of a full one")
    func follows() async throws {
        try await ReplayBed.with { bed in
            let history = try await bed.filled()
            let first = try await bed.verify()
            #expect(first.code == .success && first.kind == "full", "\(first)")
            #expect(first.reasons == ["both stores are folded anew: nothing is remembered yet"])
            #expect(first.eventsRead == (try await bed.storedEvents()))
            let given = try await bed.givenPositions()
            let still = try await bed.verify()
            #expect(still.code == .success && still.kind == "quick" && still.reasons.isEmpty, "\(still)")
            #expect(still.eventsRead == 0 && still.judged == 0, "nothing was folded")
            #expect(still.digests == first.digests && still.expected == first.expected)
            #expect((still.summary["foldAgeSeconds"]?.doubleValue ?? -1) > 0)

            try await bed.everythingHappens(history)
            try await bed.relay()
            // Models that are behind are compared where they are.
            let behind = try await bed.verify()
            #expect(behind.code == .success && behind.kind == "quick", "\(behind)")
            #expect(behind.digests == first.digests)
            try await bed.buildModels()
            let quick = try await bed.verify()
            #expect(quick.code == .success && quick.kind == "quick", "\(quick)")
            let new = try await bed.givenPositions() - given
            #expect(behind.eventsRead == 0 && quick.eventsRead == new, "what is new, and each once")
            #expect(quick.digests != first.digests)
            let full = try await bed.verify("--full")
            #expect(full.code == .success && full.kind == "full", "\(full)")
            #expect(full.digests == quick.digests && full.expected == quick.expected)
            // One model, one country: as quick, and what it says of that is the same.
            let part = try await bed.verify("--model", "search", "--country", "de")
            #expect(part.code == .success && part.kind == "quick" && part.records("proof").count == 6)
        }
    }

    @Test("a bit in Redis, on either plane, a page that is gone, and a cell of nobody are found and named")
    func findsPages() async throws {
        try await ReplayBed.with { bed in
            let history = try await bed.filled()
            #expect(try await bed.verify().code == .success)
            let (open, booked) = (history.practitioners[0], history.practitioners[1])
            for (id, bit) in [(open, 3), (booked, 24 + 20)] { try await bed.flip(id, bit, history) }
            let flipped = try await bed.verify()
            #expect(flipped.code == .differs && flipped.kind == "quick", "\(flipped)")
            #expect(flipped.differences == ["slots \(open)", "slots \(booked)"])
            #expect(flipped.records("difference").allSatisfy { $0["date"]?.stringValue == "\(history.day)" })
            let buckets = flipped.records("bucket")
            #expect(!buckets.isEmpty && buckets.allSatisfy { $0["bucket"]?.intValue == 0 })
            #expect(buckets.allSatisfy { $0["held"] != $0["expected"] })
            let people = await bed.replay("verify", "models")
            #expect(people.answer.contains("bucket fr ") && people.answer.contains("minutes ago"), "\(people.answer)")
            for (id, bit) in [(open, 3), (booked, 24 + 20)] { try await bed.flip(id, bit, history) }
            #expect(try await bed.verify().code == .success)

            let key = bed.page(of: open, history.day)
            let page = try await bed.redis.call(RedisCommand("GET", [.text(key)])).bytes ?? []
            _ = try await bed.redis.call(RedisCommand("DEL", [.text(key)]))
            let gone = try await bed.verify()
            #expect(gone.code == .differs && gone.kind == "quick")
            #expect(gone.differences.contains("slots \(open)"))
            // A page that goes on behind its last practitioner, with a slot of nobody.
            _ = try await bed.redis.call(
                RedisCommand("SET", [.text(key), .bytes(page + [UInt8](repeating: 0, count: 5) + [1])]))
            let stranger = try await bed.verify("--model", "availability")
            #expect(stranger.code == .differs && stranger.differences == ["unheard-of nobody"], "\(stranger)")
        }
    }

    @Test("documents that were changed in place, that are too many or missing are found")
    func findsDocuments() async throws {
        try await ReplayBed.with { bed in
            let history = try await bed.filled()
            #expect(try await bed.verify().code == .success)
            let ids = history.practitioners
            let nobody = "01900000-0000-7000-8000-00000000ffff"
            try await bed.run(
                """
                UPDATE search_documents SET display_name = 'Somebody' WHERE practitioner_id = '\(ids[3])';
                UPDATE search_documents SET active = NOT active WHERE practitioner_id = '\(ids[4])';
                UPDATE search_documents SET free = set_bit(free, length(free) - 1, 1 - get_bit(free, length(free) - 1))
                WHERE practitioner_id = '\(ids[5])';
                DELETE FROM search_documents WHERE practitioner_id = '\(ids[6])';
                CREATE TEMP TABLE copied AS SELECT * FROM search_documents WHERE practitioner_id = '\(ids[7])';
                UPDATE copied SET practitioner_id = '\(nobody)';
                ALTER TABLE copied DROP COLUMN profile_hash;
                INSERT INTO search_documents SELECT * FROM copied;
                """, in: bed.practitioners)
            let found = try await bed.verify()
            #expect(found.code == .differs && found.kind == "quick", "\(found)")
            #expect(
                found.differences == [
                    "profile \(ids[3])", "profile \(ids[4])", "slots \(ids[5])", "missing \(ids[6])",
                    "unheard-of \(nobody)",
                ])
            #expect(found.differences == (try await bed.verify("--full")).differences)
            // What many documents share, and none of them has in its own row.
            try await bed.run("UPDATE search_grids SET day_start = day_start + 1", in: bed.practitioners)
            let shifted = try await bed.verify()
            #expect(shifted.code == .differs && shifted.kind == "quick", "\(shifted)")
            #expect(Set(shifted.differences).isSuperset(of: ids[..<3].map { "profile \($0)" }), "\(shifted)")
        }
    }

    @Test("who waits in quarantine is not compared, by either way")
    func leavesOutWhoWaits() async throws {
        try await ReplayBed.with { bed in
            let history = try await bed.filled()
            #expect(try await bed.verify().code == .success)
            let sick = history.practitioners[0]
            try await history.appendUnreadable(sick, in: .fr)
            _ = try await history.book(sick, slot: 7, in: .fr)
            try await bed.relay()
            try await bed.run(
                """
                INSERT INTO quarantine (model, epoch, kafka_partition, practitioner_id, country_code, topic, event_type,
                                        data_version, reason, since)
                VALUES ('availability', 1, \(KafkaPartitioner.partition(of: sick)), '\(sick)', 'fr', 'booking-events',
                        'BookingTeleported', 1, 'a test', now());
                """, in: bed.practitioners)
            try await bed.flip(sick, 24 + 20, history)
            for options in [[], ["--full"]] {
                let verified = try Verified(await bed.replay(["verify", "models", "--json"] + options))
                #expect(verified.code == .success, "\(verified)")
                let waiting = verified.records("not-compared").compactMap { $0["practitionerId"]?.stringValue }
                #expect(waiting == ["\(sick)", "\(sick)"])
            }
        }
    }

    @Test("it is a fact of the sealed history, and a role that may only read is told that it is none")
    func isRecorded() async throws {
        try await ReplayBed.with { bed in
            _ = try await bed.filled()
            let verified = try await bed.verify()
            #expect(verified.code == .success)
            #expect(try await bed.facts(of: "verify_models") == ["finished", "started"])
            let rows = try await bed.bookings.query(
                SQLStatement(
                    name: "t",
                    text: """
                        SELECT convert_from(data, 'UTF8') FROM events WHERE type = 'OperationRecorded'
                        AND convert_from(data, 'UTF8') LIKE '%finished%'
                        """))
            try #require(rows.count == 1)
            let fact = rows.text(0, 0)
            for name in ["availability_held", "availability_folded", "search_held", "search_folded"] {
                #expect(fact.contains(name))
            }
            var environment = bed.environment
            environment["BOOKING_DATABASE_URL", default: ""] += "&options=-c%20role%3Devent_reader"
            let captured = CapturedConsole()
            let program = ReplayProgram(environment: environment, console: captured.console)
            let code = await program.run(["replay", "verify", "models"])
            #expect(code == .success, "\(captured.answer) \(captured.complaint)")
            #expect(captured.answer.contains("warning: this verification is not recorded"))
        }
    }
}
