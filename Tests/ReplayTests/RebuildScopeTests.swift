import Domain
import EventStore
import Foundation
import Postgres
import ProjectionRunner
import Redis
import TestSupport
import Testing

@testable import AvailabilityProjection
@testable import replay

/// Parts of a model: what they name is put right, and nothing else is touched.
@Suite("rebuilding a part", .serialized)
struct RebuildScopeTests {
    private func prepared(_ body: (ReplayBed, History) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(6, in: .fr)
            try await history.register(6, in: .de)
            try await bed.relay()
            try await bed.buildModels()
            try await body(bed, history)
        }
    }

    /// A practitioner's bit of a page.
    private struct Bit {
        let key: String
        let offset: Int64

        /// Slot 20, which nobody has open, as the page of `day` has it.
        init(_ bed: ReplayBed, _ id: PractitionerID, _ country: CountryCode, _ day: LocalDate) async throws {
            let place = try await Connections.with(bed.environment) { try await $0.place(of: id, in: country) }
            key = place.cell.bucket.key(epoch: 1, day)
            offset = Int64(PageLayout.offset(ofCell: place.cell.cell) * 8 + 20)
        }

        func flip(_ bed: ReplayBed) async throws {
            let value = try await value(bed)
            _ = try await bed.redis.call(RedisCommand("SETBIT", [.text(key), .int(offset), .int(1 - value)]))
        }

        func value(_ bed: ReplayBed) async throws -> Int64 {
            try await bed.redis.call(RedisCommand("GETBIT", [.text(key), .int(offset)])).integer ?? -1
        }
    }

    @Test("days outside of the range stay as they were", arguments: [false, true])
    func daysOutside(_ isOnePractitioner: Bool) async throws {
        try await prepared { bed, history in
            let id = history.practitioners[0]
            let inside = try await Bit(bed, id, .fr, history.day)
            let outside = try await Bit(bed, id, .fr, history.day.adding(days: 3))
            let before = (try await inside.value(bed), try await outside.value(bed))
            try await inside.flip(bed)
            try await outside.flip(bed)
            let scope =
                ["--model", "availability", "--from", "\(history.day)", "--to", "\(history.day.adding(days: 1))"]
                + (isOnePractitioner ? ["--practitioner", "\(id)"] : ["--country", "fr"])
            let planned = await bed.replay(["plan"] + scope)
            #expect(planned.code == .success && planned.answer.contains("  effect     1 of "), "\(planned)")
            let repaired = await bed.replay(["rebuild"] + scope)
            #expect(repaired.code == .success && repaired.answer.contains("1 of "), "\(repaired)")
            #expect(try await inside.value(bed) == before.0)
            #expect(try await outside.value(bed) != before.1, "nobody asked for that day")
            let differs = await bed.replay("diff", "--model", "availability", "--against", "store")
            #expect(differs.code == .differs && differs.answer.contains("1 difference."), "\(differs.answer)")
            let narrowed = await bed.replay(["diff", "--against", "store"] + scope)
            #expect(narrowed.code == .success, "that day was put right: \(narrowed.answer)")
        }
    }

    struct Narrowing: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// Given the first practitioner and the day on which her slots are wrong.
        let options: @Sendable (PractitionerID, LocalDate) -> [String]
        var differences = 0
    }

    private static let narrowings = [
        Narrowing(testDescription: "nothing", options: { _, _ in [] }, differences: 3),
        Narrowing(testDescription: "her", options: { id, _ in ["--practitioner", "\(id)"] }, differences: 2),
        Narrowing(
            testDescription: "that day", options: { _, day in ["--from", "\(day)", "--to", "\(day.adding(days: 1))"] },
            differences: 2),
        Narrowing(
            testDescription: "from the day after on", options: { _, day in ["--from", "\(day.adding(days: 1))"] },
            differences: 1),
        Narrowing(
            testDescription: "her, before that day",
            options: { id, day in ["--practitioner", "\(id)", "--to", "\(day)"] }),
    ]

    /// Her slots of two days, and another one's of the first.
    @Test("a comparison narrowed to a practitioner or days names what is in there, and nothing else")
    func narrowedDiff() async throws {
        try await prepared { bed, history in
            let (her, other) = (history.practitioners[0], history.practitioners[1])
            try await bed.projecting {
                let built = await bed.replay("rebuild", "--model", "all")
                #expect(built.code == .success, "\(built.complaint)")
            }
            for (id, day) in [(her, 0), (her, 3), (other, 0)] {
                try await Bit(bed, id, .fr, history.day.adding(days: day)).flip(bed)
                try await bed.run(
                    """
                    UPDATE search_documents SET free = overlay(free PLACING B'1'
                        FROM ('\(history.day.adding(days: day))'::date - first_date) * 24 + 21)
                    WHERE practitioner_id = '\(id)' AND epoch = 1
                    """, in: bed.practitioners)
            }
            for model in ["availability", "search"] {
                for against in [["--epoch", "1", "--against", "store"], ["--epoch", "2", "--against", "live"]] {
                    for narrowing in Self.narrowings {
                        let words = ["diff", "--model", model, "--json"] + against
                        let compared = await bed.replay(words + narrowing.options(her, history.day))
                        let line = compared.answer.split(separator: "\n").last ?? ""
                        #expect(
                            line.contains("\"differences\":\(narrowing.differences)"),
                            "\(words), \(narrowing.testDescription): \(compared)")
                    }
                }
            }
            for nobody in [["0190a5b2-7c3d-7e4f-8a9b-0c1d2e3f4a5b"], ["\(her)", "--country", "de"]] {
                let unknown = await bed.replay(["diff", "--practitioner"] + nobody)
                #expect(unknown.code == .refused && unknown.complaint.contains("the store has no practitioner"))
            }
        }
    }

    @Test("a country is put right, and the other one stays as it was")
    func otherCountry() async throws {
        try await prepared { bed, history in
            let french = try await Bit(bed, history.practitioners[0], .fr, history.day)
            let german = try await Bit(bed, history.practitioners[6], .de, history.day)
            let before = (try await french.value(bed), try await german.value(bed))
            try await french.flip(bed)
            try await german.flip(bed)
            let repaired = await bed.replay("rebuild", "--model", "availability", "--country", "de")
            #expect(repaired.code == .success, "\(repaired.complaint)")
            #expect(try await german.value(bed) == before.1)
            #expect(try await french.value(bed) != before.0, "nobody asked for that country")
        }
    }

    @Test("one practitioner is planned as it is repaired, of either model")
    func planOne() async throws {
        try await prepared { bed, history in
            let (id, other) = (history.practitioners[1], history.practitioners[2])
            for who in [id, other] { try await Bit(bed, who, .fr, history.day).flip(bed) }
            try await bed.run(
                """
                UPDATE search_documents SET display_name = 'Dr. Nobody' WHERE practitioner_id IN ('\(id)', '\(other)')
                """, in: bed.practitioners)
            let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).plan").path
            defer { try? FileManager.default.removeItem(atPath: file) }
            let planned = await bed.replay("plan", "--practitioner", "\(id)", "--output", file)
            #expect(planned.code == .success, "\(planned.complaint)")
            #expect(planned.answer.split(separator: "effect     1 of ").count == 3, "\(planned.answer)")
            #expect(planned.answer.contains("effect     1 of 1 documents would change"), "\(planned.answer)")
            #expect(planned.answer.contains("read       2 events"), "\(planned.answer)")
            let before = await bed.replay("diff", "--against", "store")
            #expect(before.answer.contains("4 differences."), "a plan writes nothing: \(before.answer)")
            let done = await bed.replay("rebuild", "--plan", file)
            #expect(done.code == .success, "\(done.complaint)")
            let after = await bed.replay("diff", "--against", "store")
            #expect(after.answer.contains("2 differences."), "\(after.answer)")
            let unknown = await bed.replay("plan", "--practitioner", "0190a5b2-7c3d-7e4f-8a9b-0c1d2e3f4a5b")
            #expect(unknown.code == .refused && unknown.complaint.contains("the store has no practitioner"))
        }
    }

    @Test("while somebody is at a part nobody else does what overlaps with it, and the refusal names who")
    func oneAtATime() async throws {
        try await prepared { bed, history in
            let registry = EpochRegistry(bed.practitioners)
            let id = history.practitioners[0]
            let codes = try await registry.holdingPart("availability", EpochScope(country: .fr), by: "anna") {
                let same = await bed.replay("rebuild", "--model", "availability", "--country", "fr")
                let one = await bed.replay("rebuild", "--model", "availability", "--practitioner", "\(id)")
                let other = await bed.replay("rebuild", "--model", "availability", "--country", "de")
                let search = await bed.replay("rebuild", "--model", "search", "--country", "fr")
                #expect(same.complaint.contains("anna is at work on the same"), "\(same.complaint)")
                return [same.code, one.code, other.code, search.code]
            }
            #expect(codes == [.refused, .refused, .success, .success])
            let own = RebuildOwner.current(OperationActor(role: "operator", subject: "bert"))
            let gone = own.replacingOccurrences(of: "process \(getpid()) ", with: "process 4194303 ")
            try await bed.run(
                """
                INSERT INTO projection_parts (model, scope, owner, lease_expires_at)
                VALUES ('availability', '{}', '\(gone)', clock_timestamp() + interval '1 hour')
                """, in: bed.practitioners)
            let after = await bed.replay("rebuild", "--model", "availability", "--country", "fr")
            #expect(after.code == .success, "whoever is gone is not waited for: \(after.complaint)")
            let left = try await bed.practitioners.query(
                SQLStatement(name: "t", text: "SELECT count(*) FROM projection_parts"))
            #expect(left.int(0, 0) == 0)
        }
    }
}
