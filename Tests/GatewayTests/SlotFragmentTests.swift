import Domain
import Foundation
import JSON
import Testing

@testable import Gateway

/// Slots as finished JSON, also on days on which the clock changes.
@Suite struct SlotFragmentTests {
    private static let zones = ZoneDatabase(version: "test") { name in
        Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)")))
    }

    private static func parsed(_ fragments: SlotFragments, _ mask: SlotMask) throws -> [JSONValue] {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        fragments.appendJSON(of: mask, to: &bytes)
        bytes.append(UInt8(ascii: "]"))
        return try parseJSON(bytes).arrayValue ?? []
    }

    @Test func aSlotTheClockSkipsDoesNotExist() throws {
        let grid = try Self.zones.grid(zone: "Europe/Paris", dayStart: .midnight, slotMinutes: 60)
        let date = try #require(LocalDate("2027-03-28"))  // 02:00 is followed by 03:00
        let fragments = SlotFragments(grid: grid, date: date, length: 1)
        #expect(fragments.existing == SlotMask(rawValue: SlotMask.all.rawValue & ~0b100))
        let slots = try Self.parsed(fragments, fragments.existing)
        #expect(slots.count == 23)
        #expect(slots[1]["slotStart"]?.stringValue == "2027-03-28T01:00:00+01:00")
        #expect(
            slots[1]["slotEnd"]?.stringValue == "2027-03-28T03:00:00+02:00", "an end has the offset of its own time")
        #expect(slots[2]["slotStart"]?.stringValue == "2027-03-28T03:00:00+02:00")
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let indices: [Int]
    }

    static let masks: [Row] = [
        Row(testDescription: "none", indices: []), Row(testDescription: "the first", indices: [0]),
        Row(testDescription: "the last", indices: [23]), Row(testDescription: "all", indices: Array(0..<24)),
        Row(testDescription: "two runs", indices: [3, 4, 5, 20, 21]),
        Row(testDescription: "every second", indices: Array(stride(from: 1, to: 24, by: 2))),
    ]

    @Test(arguments: masks)
    func exactlyTheSlotsOfTheMaskAreWritten(_ row: Row) throws {
        let grid = try Self.zones.grid(zone: "Asia/Kathmandu", dayStart: .eight, slotMinutes: 30)
        let date = try #require(LocalDate("2026-11-23"))
        let fragments = SlotFragments(grid: grid, date: date, length: 2)
        let slots = try Self.parsed(fragments, try #require(SlotMask(indices: row.indices)))
        let day = grid.day(date)
        let starts = row.indices.compactMap { day.start(of: $0) }
        let ends = starts.map { $0.adding(minutes: 60) }
        #expect(slots.map { $0["slotStart"]?.stringValue } == starts.map { $0.text(offsetSeconds: 20_700) })
        #expect(slots.map { $0["slotEnd"]?.stringValue } == ends.map { $0.text(offsetSeconds: 20_700) })
    }

    @Test func theCacheMakesEachOnlyOnceAndStaysBounded() throws {
        let cache = SlotFragmentCache(entriesMax: 2)
        let grid = try Self.zones.grid(zone: "Europe/Paris", dayStart: .eight, slotMinutes: 30)
        let first = cache.fragments(grid: grid, date: LocalDate(days: 20_780), length: 1)
        #expect(cache.fragments(grid: grid, date: LocalDate(days: 20_780), length: 1) === first)
        #expect(cache.fragments(grid: grid, date: LocalDate(days: 20_780), length: 2) !== first)
        _ = cache.fragments(grid: grid, date: LocalDate(days: 20_781), length: 1)  // the third one empties it
        #expect(cache.fragments(grid: grid, date: LocalDate(days: 20_780), length: 1) !== first)
    }
}
