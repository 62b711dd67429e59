import AvailabilityProjection
import Domain
import EventStore
import JSON
import Postgres
import Redis
import Testing

@testable import replay

/// `replay verify models` on real servers: it finds what is wrong, names it, and is quiet about what is right.
struct VerifyModelsTests {
    /// A little of everything that can happen to slots, built into both models.
    private func filled(_ bed: ReplayBed) async throws -> History {
        let history = History(bed)
        try await history.register(9, in: .fr)
        try await history.register(3, in: .de)
        let (one, two) = (history.practitioners[0], history.practitioners[1])
        _ = try await history.book(one, slot: 0, in: .fr)
        try await history.cancel(try await history.book(one, slot: 1, in: .fr))
        try await history.move(try await history.book(one, slot: 2, in: .fr), to: two, slot: 3)
        try await history.move(try await history.book(two, slot: 4, in: .fr), to: two, slot: 5)
        try await history.append(
            .deactivated(PractitionerDeactivated(practitionerID: history.practitioners[2], country: .fr)))
        try await bed.relay()
        try await bed.buildModels()
        return history
    }

    private func records(_ answer: String, _ kind: String) throws -> [JSONValue] {
        try answer.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
            .filter { $0["record"]?.stringValue == kind }
    }

    @Test func equalModelsAreEqual() async throws {
        try await ReplayBed.with { bed in
            _ = try await filled(bed)
            let result = await bed.replay("verify", "models", "--json")
            #expect(result.code == .success, "\(result)")
            let proofs = try records(result.answer, "proof")
            #expect(proofs.count == 12)
            let counts = proofs.map { $0["held"]?["count"]?.intValue ?? 0 }
            #expect(counts.reduce(0, +) > 12 * 14, "days of availability and documents of search were compared")
            let people = await bed.replay("verify", "models", "--country", "de")
            #expect(people.code == .success)
            #expect(people.answer.hasSuffix("All 12 partitions hold what the event stores say.\n"))
        }
    }

    @Test func eventsOnTheirWayAreNoDifference() async throws {
        try await ReplayBed.with { bed in
            let history = try await filled(bed)
            let one = history.practitioners[0]
            _ = try await history.book(one, slot: 6, in: .fr)
            try await history.append(.deactivated(PractitionerDeactivated(practitionerID: one, country: .fr)))
            try await bed.relay()
            _ = try await history.book(one, slot: 7, in: .fr)  // not even stamped
            let verified = await bed.replay("verify", "models")
            #expect(verified.code == .success, "\(verified)")

            let status = await bed.replay("status", "--json")
            #expect(status.code == .success, "\(status)")
            let behind = try records(status.answer, "partition").filter { $0["state"]?.stringValue == "behind" }
            #expect(Set(behind.compactMap { $0["model"]?.stringValue }) == ["availability", "search"])
            #expect(behind.allSatisfy { ($0["lagEvents"]?.intValue ?? 0) > 0 })
            let outboxes = try records(status.answer, "database").map { $0["outboxDepth"]?.intValue }
            #expect(outboxes == [3, 0, 0], "a booking, and two facts about the verification")
        }
    }

    @Test func aFlippedBitIsFoundByPractitionerAndDay() async throws {
        try await ReplayBed.with { bed in
            let history = try await filled(bed)
            let standing = try #require(
                try await AvailabilityContent(redis: bed.redis).standing(
                    of: Shard(Int(KafkaPartitioner.partition(of: history.practitioners[0])))))
            #expect(standing.extents.contains { $0.country == .fr && $0.days.contains(history.day) })
            let key = "av:1:{fr:\(KafkaPartitioner.partition(of: history.practitioners[0])).0}:\(history.day)"
            _ = try await bed.redis.call(
                RedisCommand("SETBIT", [.text(key), .int(Int64(PageLayout.headerBytes * 8 + 24 + 20)), 1]))

            let result = await bed.replay("verify", "models", "--model", "availability", "--json")
            #expect(result.code == .differs)
            let differences = try records(result.answer, "difference")
            #expect(differences.count == 1)
            #expect(differences.first?["kind"]?.stringValue == "slots")
            #expect(differences.first?["practitionerId"]?.stringValue == "\(history.practitioners[0])")
            #expect(differences.first?["date"]?.stringValue == "\(history.day)")
            let search = await bed.replay("verify", "models", "--model", "search")
            #expect(search.code == .success, "search holds what it held")
        }
    }

    @Test func aForgottenPageIsADifferenceOnEveryPractitioner() async throws {
        try await ReplayBed.with { bed in
            let history = try await filled(bed)
            let partition = KafkaPartitioner.partition(of: history.practitioners[0])
            let keys = try await bed.redis.call(RedisCommand("KEYS", [.text("av:1:{fr:\(partition).0}:*")])).array ?? []
            for key in keys { _ = try await bed.redis.call(RedisCommand("DEL", [.text(key.text ?? "")])) }
            let result = await bed.replay("verify", "models", "--model", "availability")
            #expect(result.code == .differs)
            #expect(result.answer.contains("model nothing, store open"))
        }
    }

    @Test func aWrongDocumentIsFound() async throws {
        try await ReplayBed.with { bed in
            let history = try await filled(bed)
            let (renamed, lost, fuller) = (history.practitioners[3], history.practitioners[4], history.practitioners[5])
            try await bed.run(
                """
                UPDATE search_documents SET display_name = 'Somebody' WHERE practitioner_id = '\(renamed)';
                DELETE FROM search_documents WHERE practitioner_id = '\(lost)';
                UPDATE search_documents SET free = ~free WHERE practitioner_id = '\(fuller)';
                """, in: bed.practitioners)
            let result = await bed.replay("verify", "models", "--model", "search", "--json")
            #expect(result.code == .differs)
            let found = try records(result.answer, "difference").map {
                "\($0["kind"]?.stringValue ?? "") \($0["practitionerId"]?.stringValue ?? "")"
            }
            #expect(Set(found) == ["profile \(renamed)", "missing \(lost)", "slots \(fuller)"])
        }
    }

    @Test func aModelThatIsGoneIsNotEqual() async throws {
        try await ReplayBed.with { bed in
            _ = try await filled(bed)
            _ = try await bed.redis.call(RedisCommand("FLUSHDB"))
            let result = await bed.replay("verify", "models", "--model", "availability", "--json")
            #expect(result.code == .differs)
            #expect(try records(result.answer, "difference").allSatisfy { $0["kind"]?.stringValue == "never-built" })
            let status = await bed.replay("status", "--model", "availability")
            #expect(status.answer.contains("6 of 6 partitions not caught up"))
        }
    }

    @Test func aStoreWithoutItsBeginningIsRefused() async throws {
        try await ReplayBed.with { bed in
            _ = try await filled(bed)
            try await bed.run(
                """
                ALTER TABLE outbox_stamps DISABLE TRIGGER USER;
                DELETE FROM outbox_stamps WHERE first_position = 1 AND shard = (SELECT min(shard) FROM outbox_stamps);
                INSERT INTO outbox_stamps (shard, first_position, last_position, outbox_ids, recorded_from, recorded_to,
                                           stamped_at, epoch)
                SELECT coalesce(min(shard), 0), 900, 900, ARRAY[1], now(), now(), now(), 1 FROM shard_leases;
                """, in: bed.practitioners)
            let result = await bed.replay("verify", "models")
            #expect(result.code == .refused, "\(result)")
            #expect(result.complaint.contains("the store begins at position"))
        }
    }
}
