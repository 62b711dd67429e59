import BookingCommands
import Domain
import EventStore
import ProjectionRunner
import TestSupport
import Testing

@testable import appointments

@Suite("Quarantine of booking's calendars: one practitioner waits, and nobody books there by an old calendar (G10)")
struct CalendarModelTests {
    private static let unavailable = "unavailable calendars"

    @Test("waits through a failed retry and a restart; skipping drains in the order of versions, with displacements")
    func skips() async throws {
        try await CalendarBed.with { bed in
            let (sick, well) = (bed.sick, bed.well)
            try await bed.open(sick)
            try await bed.open(well)
            var closure: EventID?
            try await bed.following { model in
                try await eventually("both have calendars", within: .seconds(60)) {
                    try await bed.int("SELECT count(*) FROM calendars WHERE version = 2", bed.booking) == 2
                }
                #expect(try await bed.book(sick, 10) == "created")
                #expect(try await bed.book(well, 10) == "created")

                try await bed.appendUnreadable(sick)
                closure = try await bed.append(bed.closure(sick))
                try await bed.append(bed.schedule(sick, "14:00", "18:00"))
                try await bed.append(bed.schedule(well, "08:00", "12:00"))
                try await eventually("one waits, with two events behind", within: .seconds(60)) {
                    try await bed.waiting().map(\.waiting) == [2]
                }
                let entry = try #require(try await bed.waiting().first)
                #expect(entry.cause.practitioner == sick && entry.cause.country == CalendarBed.code)
                #expect(entry.cause.type == WireType("ScheduleSet", dataVersion: 99))
                #expect(model.quarantined(in: bed.partition) == 1)
                #expect(try await bed.book(sick, 11) == Self.unavailable)
                #expect(try await bed.book(well, 11) == "created")
                try await eventually("the neighbour flows", within: .seconds(60)) {
                    try await bed.book(well, 15, daysLater: 1).contains("outside")
                }

                let retried = try await bed.ask(.retry, for: entry)
                #expect(retried.failure?.contains("written by a newer program") == true)
                #expect(try await bed.book(sick, 11) == Self.unavailable)
            }
            try await bed.following { model in
                try await eventually("a new process knows who waits", within: .seconds(60)) {
                    model.quarantined(in: bed.partition) == 1
                }
                #expect(try await bed.book(sick, 11) == Self.unavailable)
                #expect(try await bed.int(displacements, bed.booking) == 0)

                let entry = try #require(try await bed.waiting().first)
                let skipped = try await bed.ask(.skip, for: entry)
                #expect(skipped.failure == nil && skipped.drained == 2)
                #expect(try await bed.waiting().isEmpty)
            }
            let version = "SELECT version FROM calendars WHERE practitioner_id = '\(sick)'"
            #expect(try await bed.int(version, bed.booking) == 5)
            #expect(try await bed.int(displacements, bed.booking) == 1)
            let cause = try #require(closure)
            let caused = "\(displacements) AND causation_id = '\(cause)'"
            #expect(try await bed.int(caused, bed.booking) == 1, "by the first event that closed it")
            #expect(try await bed.book(sick, 15).contains("closed"))
            #expect(try await bed.book(sick, 11, daysLater: 1).contains("outside"))
            #expect(try await bed.book(sick, 15, daysLater: 1) == "created")
        }
    }

    private let displacements = "SELECT count(*) FROM events WHERE type = 'BookingDisplaced'"

    @Test("a baseline lets somebody wait, and lets go whom it can read; it displaces nobody")
    func settlesByBaseline() async throws {
        try await CalendarBed.with { bed in
            try await bed.open(bed.sick)
            try await bed.open(bed.well)
            let first = try await baseline(bed)
            #expect(try await bed.book(bed.sick, 10) == "created")

            try await bed.appendUnreadable(bed.sick)
            try await bed.append(bed.closure(bed.sick))
            let second = try await baseline(bed)
            #expect(second[.practitionerEvents].sequence == first[.practitionerEvents].sequence + 2)
            let entry = try #require(try await bed.waiting().first)
            #expect(entry.cause.practitioner == bed.sick)
            #expect(try await bed.book(bed.sick, 11) == Self.unavailable)
            #expect(try await bed.book(bed.well, 11) == "created")

            try await bed.repair(bed.sick)
            _ = try await baseline(bed)
            #expect(try await bed.waiting().isEmpty)
            let office = QuarantineOffice(bed.booking)
            let past = try await office.entries(model: "calendars", id: entry.id, includesPast: true)
            #expect(past.first?.end?.outcome == "rebuilt")
            #expect(try await bed.book(bed.sick, 11).contains("closed"))
            #expect(try await bed.book(bed.sick, 11, daysLater: 1) == "created")
            #expect(try await bed.int(displacements, bed.booking) == 0)
        }
    }

    /// What a process does that starts and must take a baseline.
    private func baseline(_ bed: CalendarBed) async throws -> ProjectionCheckpoint {
        try await eventually("everything has a position", within: .seconds(60)) {
            try await bed.int("SELECT count(*) FROM outbox", bed.practitioners) == 0
        }
        return try await bed.model().takeBaseline(of: bed.partition, ends: [.practitionerEvents: 0])
    }
}
