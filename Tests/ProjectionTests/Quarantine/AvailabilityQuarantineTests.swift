import Domain
import EventStore
import Kafka
import Postgres
import ProjectionRunner
import TestSupport
import Testing

@testable import AvailabilityProjection

/// One event that cannot be taken in: its practitioner waits, all others flow, and nothing is lost.
@Suite("G4, G5, G10 an unreadable event stops its practitioner and nobody else", .serialized)
struct AvailabilityQuarantineTests {
    private static let morning = "111111110000000000000000"

    /// An event that this program cannot take in.
    struct Poison: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let type: WireType
        let data: String
    }

    static let poisons = [
        Poison(testDescription: "a name that nobody knows", type: WireType("BookingTeleported"), data: "{}"),
        Poison(
            testDescription: "a version of a newer program", type: WireType("BookingCreated", dataVersion: 9),
            data: "{}"),
        Poison(testDescription: "data that is no JSON", type: WireType("BookingCreated"), data: "{\"slots\": ["),
        Poison(
            testDescription: "data without a member", type: WireType("BookingCancelled"), data: "{\"country\":\"fr\"}"),
    ]

    @Test("the neighbour in the same partition flows and is announced", arguments: poisons)
    func neighboursFlow(_ poison: Poison) async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let (sick, well) = try await clinic.registerNeighbours()
            try await bed.running { runner in
                try await bed.relay()
                try await bed.caughtUp()
                try await clinic.book(sick, slot: 0)
                try await clinic.appendRaw([sick], poison.type, poison.data)
                try await clinic.book(well, slot: 1)
                try await clinic.book(sick, slot: 2)
                try await bed.relay()
                try await bed.caughtUp()
                let entry = try #require(try await bed.quarantined([sick]).first)
                #expect(entry.cause.topic == .bookingEvents)
                #expect(entry.cause.position == 2)
                #expect(entry.cause.type == poison.type)
                #expect(entry.waiting == 1)
                #expect(runner.health.stops.isEmpty)
                try await eventually("the health says so") { runner.health.quarantined == 1 }

                #expect(await bed.free(well)?.0 == "101111110000000000000000")
                let unknown = await bed.free(sick)
                #expect(unknown?.1 == .unknown)
                #expect(unknown?.0 == SlotMask.empty.bitmap)
                let told = try await bed.announced(sick).count
                #expect(try await bed.announced(well).last?.days.first?.free == SlotMask(bitmap: Self.free(1)))
                try await clinic.book(sick, slot: 3)
                try await clinic.book(well, slot: 3)
                try await bed.relay()
                try await bed.caughtUp()
                #expect(try await bed.announced(sick).count == told, "whoever waits is not announced")
                #expect(try await bed.equalsFold(), "who waits is left out of both sides")
            }
        }
    }

    @Test("a restart and an emptied Redis keep it, and what comes meanwhile waits too")
    func survives() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let (sick, well) = try await clinic.registerNeighbours()
            try await clinic.appendRaw([sick], WireType("BookingTeleported"))
            try await bed.relay()
            try await bed.running { _ in
                try await bed.caughtUp()
                let entry = try #require(try await bed.quarantined([sick]).first)
                #expect(entry.cause.offset == nil, "a baseline met it in the store")
                #expect(entry.cause.position == 1)
                try await clinic.book(sick, slot: 4)
                try await clinic.book(well, slot: 4)
                try await bed.relay()
                try await bed.caughtUp()
                #expect(try await bed.waiting().first?.waiting == 1)
            }
            try await bed.running { runner in
                try await clinic.book(sick, slot: 5)
                try await bed.relay()
                try await bed.caughtUp()
                #expect(try await bed.waiting().first?.waiting == 2)
                #expect(await bed.free(sick)?.1 == .unknown)
                try await eventually("the health says so") { runner.health.quarantined == 1 }

                try await bed.server.flush()
                try await eventually("the neighbour's pages are back", within: .seconds(20)) {
                    await bed.free(well)?.0 == Self.free(4)
                }
                try await eventually("who waits still does", within: .seconds(20)) {
                    await bed.free(sick)?.1 == .unknown
                }
                #expect(try await bed.waiting().count == 1)
                #expect(runner.health.stops.isEmpty)
            }
        }
    }

    @Test("after an upgrade one retry drains what waits, in order, and equals the fold")
    func drainsAfterAnUpgrade() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let (sick, _) = try await clinic.registerNeighbours()
            try await bed.running { _ in
                try await bed.relay()
                try await bed.caughtUp()
                try await clinic.bookWithNextRelease(sick, slot: 0)
                let visit = try await clinic.book(sick, slot: 1)
                try await clinic.cancel(visit)
                try await clinic.book(sick, slot: 2)
                try await bed.relay()
                try await bed.caughtUp()
                let entry = try #require(try await bed.quarantined([sick]).first)
                let failed = try #require(try await bed.ask(.retry, for: entry))
                #expect(failed.failure?.contains("this version is not known") == true)
                #expect(try await bed.waiting().count == 1, "it stays in quarantine")
                #expect(await bed.free(sick)?.1 == .unknown)
            }
            let upgraded = bed.model(Clinic.nextRelease)
            try await bed.running(upgraded) { _ in
                let entry = try #require(try await bed.quarantined([sick]).first)
                let answer = try #require(try await bed.ask(.retry, for: entry))
                #expect(answer.failure == nil)
                #expect(answer.drained == 4, "the one that was waited for and the three behind it")
                #expect(try await bed.waiting().isEmpty)
                try await eventually("it is read at once", within: .seconds(2)) {
                    let free = await bed.free(sick)
                    return free?.0 == "010111110000000000000000" && free?.1 != .unknown
                }
                let today = try await bed.announced(sick).last?.days.first { $0.date == AvailabilityBed.today }
                #expect(today?.free == SlotMask(bitmap: Self.free(0, 2)))
                try await clinic.book(sick, slot: 7)
                try await bed.relay()
                try await bed.caughtUp()
                #expect(await bed.free(sick)?.0 == "010111100000000000000000", "later events flow")
                #expect(try await bed.equalsFold(upgraded))
            }
        }
    }

    @Test("skip leaves out exactly one event, for good, and takes in what is behind it in order")
    func skips() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let (sick, _) = try await clinic.registerNeighbours()
            let model = bed.model()
            try await bed.running(model) { _ in
                try await bed.relay()
                try await bed.caughtUp()
                let visit = try await clinic.book(sick, slot: 2)
                // The cancellation that cannot be read, then somebody else in the same slot, as booking saw it freed.
                try await clinic.appendRaw([sick], WireType("BookingCancelled", dataVersion: 9))
                try await clinic.book(sick, slot: 2)
                try await clinic.appendRaw([sick], WireType("BookingTeleported"))
                try await clinic.book(sick, slot: 6)
                try await bed.relay()
                try await bed.caughtUp()
                _ = visit
                let entry = try #require(try await bed.quarantined([sick]).first)
                let second = try #require(try await bed.ask(.skip, for: entry))
                #expect(second.failure?.contains("BookingTeleported") == true, "now it waits for the next one")
                let again = try #require(try await bed.quarantined([sick]).first)
                #expect(again.cause.type == WireType("BookingTeleported"))
                let answer = try #require(try await bed.ask(.skip, for: again, reason: "never real"))
                #expect(answer.failure == nil)
                #expect(await bed.free(sick)?.0 == Self.free(2, 6))
                let skipped = try await bed.office.skips(model: "availability")
                #expect(skipped.map(\.cause.type.name) == ["BookingTeleported", "BookingCancelled"])
                #expect(skipped.first?.reason == "never real")
                #expect(skipped.first?.actor == "tester@here")
                #expect(try await bed.equalsFold(model))
            }
            // A baseline leaves them out too, and knows that what is behind does not undo what was before.
            try await bed.server.flush()
            try await bed.running { _ in
                try await eventually("the pages are back", within: .seconds(20)) {
                    await bed.free(sick)?.0 == Self.free(2, 6)
                }
                #expect(try await bed.waiting().isEmpty)
            }
        }
    }

    @Test("a move between two practitioners is judged side by side")
    func judgesBothSides() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let (one, well) = try await clinic.registerNeighbours()
            let other = try await clinic.register()
            try await bed.running { _ in
                try await bed.relay()
                try await bed.caughtUp()
                try await clinic.appendRaw([one, other], WireType("BookingRescheduled", dataVersion: 9))
                try await clinic.book(well, slot: 0)
                try await bed.relay()
                try await bed.caughtUp()
                let entries = try await bed.quarantined([one, other])
                #expect(entries.count == 2)
                let mine = try #require(entries.first { $0.cause.practitioner == one })
                let skipped = try #require(try await bed.ask(.skip, for: mine))
                #expect(skipped.failure == nil)
                #expect(try await bed.waiting().map(\.cause.practitioner) == [other], "the other side still waits")
                #expect(await bed.free(one)?.0 == Self.morning)
                #expect(await bed.free(other)?.1 == .unknown)
                #expect(await bed.free(well)?.0 == Self.free(0))
            }
        }
    }

    @Test("a calendar with an event that cannot be read is unknown, and nobody else's is")
    func calendars() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let (sick, well) = try await clinic.registerNeighbours()
            try await bed.running { _ in
                try await bed.relay()
                try await bed.caughtUp()
                #expect(await bed.free(sick)?.0 == Self.morning)
                try await clinic.appendRawChange(sick, WireType("ScheduleSet", dataVersion: 9))
                #expect(await bed.free(sick)?.1 == .unknown, "the store says so before the log does")
                try await clinic.close(sick, on: AvailabilityBed.today)
                try await clinic.close(well, on: AvailabilityBed.today)
                try await bed.relay()
                try await bed.caughtUp()
                let entry = try #require(try await bed.quarantined([sick]).first)
                #expect(entry.cause.topic == .practitionerEvents)
                #expect(await bed.free(well)?.0 == SlotMask.empty.bitmap)
                #expect(await bed.free(well)?.1 != .unknown)
                let answer = try #require(try await bed.ask(.skip, for: entry))
                #expect(answer.failure == nil)
                #expect(await bed.free(sick)?.1 != .unknown)
                #expect(await bed.free(sick)?.0 == SlotMask.empty.bitmap, "the closure behind it went in")
                #expect(await bed.free(sick, AvailabilityBed.today.adding(days: 1))?.0 == Self.morning)
                #expect(try await bed.equalsFold())
            }
        }
    }

    @Test("records that belong to nobody stop nothing, and are named")
    func foreignRecords() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let id = try await clinic.register()
            let number = KafkaPartitioner.partition(of: id)
            try await bed.running { runner in
                try await bed.relay()
                try await bed.caughtUp()
                try await bed.publish(
                    KafkaRecord(
                        topic: Topic.bookingEvents.name, partition: number, key: Array("nobody".utf8),
                        value: Array("not ours".utf8)))
                try await clinic.book(id, slot: 0)
                try await bed.relay()
                try await bed.caughtUp()
                #expect(await bed.free(id)?.0 == Self.free(0))
                #expect(runner.health.stops.isEmpty)
                #expect(try await bed.waiting().isEmpty)
                let foreign = try await bed.office.foreign(model: "availability")
                #expect(foreign.map(\.topic) == [Topic.bookingEvents.name])
                #expect(foreign.first?.partition == Int(number))
                #expect(foreign.first?.offset == 0)
            }
        }
    }

    /// The morning without these slots.
    private static func free(_ booked: Int...) -> String {
        var slots = Array(morning)
        for slot in booked { slots[slot] = "0" }
        return String(slots)
    }
}
