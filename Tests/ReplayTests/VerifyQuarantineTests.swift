import Domain
import EventStore
import JSON
import Postgres
import Testing

@testable import replay

/// What is compared with the stores while somebody's event cannot be read: everybody else; that one is named (G8).
@Suite("proofs beside an event that cannot be read")
struct VerifyQuarantineTests {
    private func records(_ answer: String, _ kind: String) throws -> [JSONValue] {
        try answer.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
            .filter { $0["record"]?.stringValue == kind }
    }

    /// Everything that folds the stores, and the partitions that it answers about.
    private static let comparisons = [
        ["verify", "models"], ["diff", "--against", "store", "--model", "availability"],
        ["diff", "--against", "store", "--model", "search"],
    ]

    @Test("whoever is in no quarantine is a finding of one partition; the others are proven")
    func unreadableIsAFinding() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(8, in: .fr)
            try await bed.relay()
            try await bed.buildModels()
            let (booked, profiled) = (history.practitioners[0], history.practitioners[1])
            try await history.appendUnreadable(booked, in: .fr)
            try await history.appendUnreadableProfile(profiled, in: .fr)
            try await bed.relay()
            for words in Self.comparisons {
                let result = await bed.replay(words + ["--json"])
                #expect(result.code == .differs, "\(words): \(result)")
                let found = try records(result.answer, "difference")
                #expect(Set(found.compactMap { $0["practitionerId"]?.stringValue }) == ["\(booked)", "\(profiled)"])
                #expect(found.allSatisfy { $0["kind"]?.stringValue == "unreadable" })
                #expect(!result.answer.contains("unknownVersion") && result.complaint.isEmpty, "\(result.complaint)")
            }
            let people = await bed.replay("verify", "models", "--model", "availability")
            #expect(people.answer.contains("BookingTeleported version 1"))
            #expect(people.answer.contains("ScheduleSet version 99"))
            let id = try await bed.bookings.query(
                SQLStatement(
                    name: "poison", text: "SELECT event_id::text FROM events WHERE type = 'BookingTeleported'"))
            #expect(people.answer.contains("event \(id.text(0, 0))"))
            let proofs = try records(await bed.replay("verify", "models", "--json").answer, "proof")
            let sick = Set([booked, profiled].map { Int64(KafkaPartitioner.partition(of: $0)) })
            #expect(proofs.count == 12)
            for proof in proofs {
                let isSick = proof["partition"]?.intValue.map { sick.contains(Int64($0)) } ?? true
                #expect(proof["equal"]?.boolValue == !isSick)
            }
        }
    }
}
