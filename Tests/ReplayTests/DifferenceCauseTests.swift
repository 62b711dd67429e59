import Domain
import EventStore
import JSON
import Redis
import TestSupport
import Testing

@testable import AvailabilityProjection
@testable import replay

/// `replay diff` names the event that decided, not just the last one.
@Suite("the causes of differences", .serialized)
struct DifferenceCauseTests {
    /// What differs, and the event that decided it.
    private func cause(
        _ bed: ReplayBed, _ model: String, _ kind: String
    ) async throws -> (type: String, position: Int64)? {
        let diff = await bed.replay("diff", "--model", model, "--against", "store", "--json")
        #expect(diff.code == .differs, "\(diff.complaint)")
        for line in diff.answer.split(separator: "\n") {
            let value = try parseJSON(Array(line.utf8))
            guard value["record"]?.stringValue == "difference", value["kind"]?.stringValue == kind else { continue }
            guard let event = value["event"], let type = event["type"]?.stringValue else { return nil }
            return (type, event["position"]?.intValue ?? -1)
        }
        return nil
    }

    private func flip(_ bed: ReplayBed, _ id: PractitionerID, _ day: LocalDate, bit: Int) async throws {
        let place = try await Connections.with(bed.environment) { try await $0.place(of: id, in: .fr) }
        let key = RedisArgument.text(place.cell.bucket.key(epoch: 1, day))
        let offset = Int64(PageLayout.offset(ofCell: place.cell.cell) * 8 + bit)
        let value = try await bed.redis.call(RedisCommand("GETBIT", [key, .int(offset)])).integer ?? 0
        _ = try await bed.redis.call(RedisCommand("SETBIT", [key, .int(offset), .int(1 - value)]))
    }

    @Test("what is open is decided by the schedule or an exception, what is booked by a booking; never by a rename")
    func slots() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(1, in: .fr)
            let id = history.practitioners[0]
            let closed = history.day.adding(days: 1)
            try await history.append(
                .exceptionAdded(
                    ExceptionAdded(
                        practitionerID: id, country: .fr,
                        exception: ScheduleException(
                            id: ExceptionID(from: SeededIdentifiers(seed: 3)), from: closed, to: closed.adding(days: 1),
                            kind: .closed, sessions: []))))
            try await history.book(id, slots: 2..<3, in: .fr)
            try await history.append(
                .updated(PractitionerUpdated(practitionerID: id, country: .fr, displayName: "Dr. Renamed")))
            try await bed.relay()
            try await bed.buildModels()

            try await flip(bed, id, history.day, bit: 1)
            #expect(try await cause(bed, "availability", "slots")?.type == "ScheduleSet")
            try await flip(bed, id, history.day, bit: 1)

            try await flip(bed, id, closed, bit: 1)
            #expect(try await cause(bed, "availability", "slots")?.type == "ExceptionAdded")
            try await flip(bed, id, closed, bit: 1)

            try await flip(bed, id, history.day, bit: 24 + 2)
            #expect(try await cause(bed, "availability", "slots")?.type == "BookingCreated")
            try await flip(bed, id, history.day, bit: 24 + 2)
        }
    }

    @Test("a field of a profile is decided by the last event that named it")
    func profile() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(1, in: .fr)
            let id = history.practitioners[0]
            for (name, specialty) in [("Dr. Renamed", nil), (nil, "dermatology")] as [(String?, String?)] {
                var update = PractitionerUpdated(practitionerID: id, country: .fr)
                (update.displayName, update.specialty) = (name, specialty)
                try await history.append(.updated(update))
            }
            try await bed.relay()
            try await bed.buildModels()
            let cases: [(sql: String, position: Int64)] = [
                ("display_name = 'Dr. Nobody'", 3), ("specialty = 'surgery'", 4),
                ("display_name = 'Dr. Nobody', specialty = 'surgery'", 4), ("languages = '{de}'", 1),
            ]
            for example in cases {
                try await bed.run("UPDATE search_documents SET \(example.sql)", in: bed.practitioners)
                let found = try await cause(bed, "search", "profile")
                #expect(found?.position == example.position, "\(example.sql): \(String(describing: found))")
                let mended = await bed.replay("rebuild", "--model", "search", "--practitioner", "\(id)")
                #expect(mended.code == .success, "\(mended.complaint)")
            }
        }
    }
}
