import Domain
import Testing

@Suite("Slot grid")
struct SlotGridTests {
    @Test("a mask is written as 24 characters, slot 0 first, and read back")
    func bitmaps() throws {
        let mask = try #require(SlotMask(indices: [0, 5, 23]))
        #expect(mask.bitmap == "100001000000000000000001")
        #expect(SlotMask(bitmap: mask.bitmap) == mask)
        #expect(Array(mask.indices) == [0, 5, 23] && mask.count == 3 && mask.first == 0)
        #expect(SlotMask(rawValue: .max) == .all)
        #expect(SlotMask(indices: [24]) == nil && SlotMask(indices: [-1]) == nil)
        for text in [
            "", String(repeating: "1", count: 23), String(repeating: "1", count: 25), String(repeating: "2", count: 24),
        ] {
            #expect(SlotMask(bitmap: text) == nil)
        }
    }

    @Test("a run starts where all its slots are in the set, never past the last one")
    func runs() throws {
        let mask = try #require(SlotMask(bitmap: "011100110000000000000111"))
        #expect(Array(mask.starts(ofRuns: 1).indices) == Array(mask.indices))
        #expect(Array(mask.starts(ofRuns: 2).indices) == [1, 2, 6, 21, 22])
        #expect(Array(mask.starts(ofRuns: 3).indices) == [1, 21])
        #expect(SlotMask.all.starts(ofRuns: 24).bitmap == "100000000000000000000000")
        #expect(SlotMask.all.starts(ofRuns: 25).isEmpty)
        #expect(SlotMask(first: 22, count: 5).bitmap == "000000000000000000000011")
        #expect(SlotMask(first: -2, count: 3).bitmap == "100000000000000000000000")
        #expect(SlotMask(first: 3, count: Int.max).count == 21)
    }

    struct Start: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var zone = "Europe/Paris"
        var dayStart = "08:00"
        var minutes = 30
        let date: String
        let slot: Int
        let start: String?
        var isSkipped = false
    }

    static let starts = [
        Start(testDescription: "an ordinary morning", date: "2026-11-20", slot: 0, start: "2026-11-20T07:00:00Z"),
        Start(testDescription: "the last slot of it", date: "2026-11-20", slot: 23, start: "2026-11-20T18:30:00Z"),
        Start(testDescription: "no slot before the first", date: "2026-11-20", slot: -1, start: nil),
        Start(testDescription: "no slot behind the last", date: "2026-11-20", slot: 24, start: nil),
        Start(
            testDescription: "past midnight, the day is still the evening's", dayStart: "20:00", date: "2026-11-20",
            slot: 10,
            start: "2026-11-21T00:00:00Z"),
        Start(
            testDescription: "a night whose clocks go forward: before", dayStart: "20:00", date: "2026-03-28", slot: 11,
            start: "2026-03-29T00:30:00Z"),
        Start(
            testDescription: "a night whose clocks go forward: skipped", dayStart: "20:00", date: "2026-03-28",
            slot: 12,
            start: nil, isSkipped: true),
        Start(
            testDescription: "a night whose clocks go forward: after", dayStart: "20:00", date: "2026-03-28", slot: 14,
            start: "2026-03-29T01:00:00Z"),
        Start(
            testDescription: "a night whose clocks go back: the first of two", dayStart: "20:00", date: "2026-10-24",
            slot: 12,
            start: "2026-10-25T00:00:00Z"),
        Start(
            testDescription: "a night whose clocks go back: after both", dayStart: "20:00", date: "2026-10-24",
            slot: 14,
            start: "2026-10-25T02:00:00Z"),
        Start(
            testDescription: "a slot that runs into a gap has a start, yet is skipped", dayStart: "20:15", minutes: 60,
            date: "2026-03-28", slot: 5, start: "2026-03-29T00:15:00Z", isSkipped: true),
        Start(
            testDescription: "half an hour is skipped out of a slot of one", zone: "Australia/Lord_Howe",
            dayStart: "00:00",
            minutes: 60, date: "2026-10-04", slot: 2, start: nil, isSkipped: true),
        Start(
            testDescription: "and the slot after it begins on its line", zone: "Australia/Lord_Howe", dayStart: "00:00",
            minutes: 60, date: "2026-10-04", slot: 3, start: "2026-10-03T16:00:00Z"),
        Start(
            testDescription: "an offset of 5:45", zone: "Asia/Kathmandu", date: "2026-03-29", slot: 1,
            start: "2026-03-29T02:45:00Z"),
        Start(
            testDescription: "a day that never was", zone: "Pacific/Apia", date: "2011-12-30", slot: 4, start: nil,
            isSkipped: true),
        Start(
            testDescription: "far beyond the table", dayStart: "00:00", date: "2196-03-27", slot: 4, start: nil,
            isSkipped: true),
    ]

    @Test("a slot begins when the practice's wall shows its line", arguments: starts)
    func begins(_ row: Start) throws {
        let grid = try zones.grid(zone: row.zone, dayStart: try time(row.dayStart), slotMinutes: row.minutes)
        let day = try date(row.date)
        #expect(grid.start(of: row.slot, on: day)?.description == row.start)
        #expect(grid.skippedSlots(on: day).contains(row.slot) == row.isSkipped)
        if let start = grid.start(of: row.slot, on: day) {
            let found = try #require(grid.locate(start))
            #expect(found.date == day && found.slot == row.slot)
        }
    }

    @Test("the second pass of a repeated hour is no slot, and neither is anything between two lines")
    func locateNothing() throws {
        let grid = try zones.grid(zone: "Europe/Paris", dayStart: try time("20:00"), slotMinutes: 30)
        #expect(try grid.locate(instant("2026-10-25T00:30:00Z"))?.slot == 13)
        #expect(try grid.locate(instant("2026-10-25T01:30:00Z")) == nil)
        #expect(try grid.locate(instant("2026-10-25T00:30:01Z")) == nil)
        #expect(try grid.locate(instant("2026-10-25T00:30:00.000001Z")) == nil)
        #expect(try grid.locate(instant("2026-10-25T10:00:00Z")) == nil)  // behind the 24 slots
    }

    @Test("slots never overlap in elapsed time, from day to day, over clock changes and midnight")
    func noOverlap() throws {
        var generator = SeededGenerator(seed: 6)
        for zone in ["Europe/Paris", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "Pacific/Apia"] {
            for _ in 0..<12 {
                let dayStart = try #require(LocalTime(minutes: Int.random(in: 0..<1_440, using: &generator)))
                let minutes = Int.random(in: SlotGrid.slotMinutesRange, using: &generator)
                let grid = try zones.grid(zone: zone, dayStart: dayStart, slotMinutes: minutes)
                var end = Instant(seconds: 0)
                for offset in 0..<800 {
                    let day = grid.day(try date("2010-11-01").adding(days: offset))
                    let skipped = grid.skippedSlots(on: day.date)
                    for slot in 0..<24 where !skipped.contains(slot) {
                        let start = try #require(
                            day.start(of: slot), "\(zone) \(dayStart) \(minutes) \(day.date) \(slot)")
                        let found = grid.locate(start)
                        if start < end || found?.date != day.date || found?.slot != slot {
                            Issue.record("\(zone) \(dayStart) \(minutes): slot \(slot) of \(day.date) at \(start)")
                        }
                        end = day.end(after: start, slots: 1)
                    }
                }
            }
        }
    }

    @Test("the tabulated skips are those of the days themselves")
    func tabulatedSkips() throws {
        for zone in ["Europe/Paris", "Australia/Lord_Howe", "Pacific/Apia"] {
            let grid = try zones.grid(zone: zone, dayStart: try time("22:10"), slotMinutes: 50)
            for offset in 0..<1_500 {
                let day = try date("2009-06-01").adding(days: offset)
                let first = WallTime(day, grid.dayStart).seconds
                var expected: [Int] = []
                for slot in 0..<24 {
                    let isSkipped = (0..<50).contains { minute in
                        let wall = WallTime(seconds: first + Int64((slot * 50 + minute) * 60))
                        guard case .gap = grid.rules.resolve(wall) else { return false }
                        return true
                    }
                    if isSkipped { expected.append(slot) }
                }
                #expect(Array(grid.skippedSlots(on: day).indices) == expected, "\(zone) \(day)")
            }
        }
    }
}
