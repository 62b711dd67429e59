import Domain
import Postgres
import TestSupport
import Testing

@testable import BookingCommands

/// What one command does to its batch.
@Suite struct PoisonTests {
    /// A statement of one command fails for ever: its neighbours are booked, and it alone is told.
    @Test func aPoisonedCommandSpoilsNoOther() async throws {
        try await Clinic.with("poison") { clinic in
            try await clinic.open(practitioner(1))
            try await clinic.open(practitioner(2))
            try await clinic.run(
                """
                CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF NEW.patient_id = '\(patient(13))' THEN RAISE EXCEPTION 'poison'; END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER poison BEFORE INSERT ON bookings FOR EACH ROW EXECUTE FUNCTION poison();
                """)
            let requests = try (0..<40).map { index in
                let start = try instant("2026-11-23T08:00:00+01:00").adding(minutes: index / 2 * 30)
                return try clinic.create(
                    practitioner(index % 2 + 1), ParsedTime(start), patient: patient(index), key: "\(index)")
            }
            let answers = await clinic.executeAtOnce(requests)
            for (index, answer) in answers.enumerated() {
                if index == 13 {
                    #expect(answer == .failure(.unavailable(dependency: BookingTransaction.dependency)))
                } else {
                    #expect(answer.isSuccess, "request \(index)")
                }
            }
            try await clinic.expectSound()
            try await clinic.run("DROP TRIGGER poison ON bookings")
            #expect(await clinic.writers[0].got(requests[13]).isSuccess, "its key stayed free")
            try await clinic.expectSound()
        }
    }

    /// The guard is the judge even where every look-up was wrong: a slot taken behind the head row's back is refused by
    /// the index and found by the next reading.
    @Test func theUniqueIndexJudgesLast() async throws {
        try await Clinic.with("guard") { clinic in
            try await clinic.open(practitioner(1))
            try await clinic.run(
                """
                CREATE FUNCTION thief() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO booked_slots VALUES ('fr', '\(practitioner(1))', '2026-11-23T10:00:00+01', '2026-11-23',
                        4, '\(BookingID(high: 7, low: 7))', 'confirmed');
                    RETURN NULL;
                END $$;
                CREATE TRIGGER thief AFTER INSERT ON stream_heads_fr FOR EACH ROW
                    EXECUTE FUNCTION thief();
                """)
            let request = try clinic.create(practitioner(1), "2026-11-23T10:00:00+01:00", key: "robbed")
            #expect(
                await clinic.writers[0].got(request)
                    == .failure(.unavailable(dependency: BookingTransaction.dependency)),
                "the thief's row is rolled back with every attempt")
            #expect(try await clinic.count("SELECT count(*) FROM events") == 0)
            #expect(try await clinic.count("SELECT count(*) FROM booked_slots") == 0)
        }
    }

    @Test func whoComesWhenTheQueueIsFullIsTold() async throws {
        var limits = BookingWriter.Limits()
        limits.queueMax = 4
        limits.batchMax = 1
        limits.flightsMax = 1
        try await Clinic.with("full", limits: limits) { clinic in
            try await clinic.open(practitioner(1))
            let requests = try (0..<24).map { index in
                let start = try instant("2026-11-23T08:00:00+01:00").adding(minutes: index * 30)
                return try clinic.create(practitioner(1), ParsedTime(start), key: "\(index)")
            }
            let answers = await clinic.executeAtOnce(requests)
            let refused = answers.filter { $0 == .failure(.overloaded) }.count
            #expect(refused > 0)
            #expect(answers.filter(\.isSuccess).count == 24 - refused)
            try await clinic.expectSound()
        }
    }
}
