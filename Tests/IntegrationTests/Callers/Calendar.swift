import Domain
import Foundation

/// Dates and times as the tests write them.
enum Wall {
    /// The machine's zone rules, the same files that the program reads.
    static let zones = ZoneDatabase(version: "test") { zone in
        Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(zone)")))
    }

    static func now() -> Instant { Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

    /// The date in a zone, so many days from now.
    static func date(inDays days: Int, zone: String = "Europe/Paris") throws -> LocalDate {
        try zones.rules(zone).wall(at: now()).date.adding(days: days)
    }

    /// The start of a slot of a grid, RFC 3339 with its offset.
    static func start(
        _ slot: Int, inDays days: Int, zone: String = "Europe/Paris", dayStart: String = "08:00", slotMinutes: Int = 30
    ) throws -> String {
        let grid = try zones.grid(zone: zone, dayStart: LocalTime(dayStart) ?? .eight, slotMinutes: slotMinutes)
        guard let instant = grid.start(of: slot, on: try date(inDays: days, zone: zone)) else {
            throw NoSuchSlot(slot: slot)
        }
        return instant.text(offsetSeconds: grid.rules.utcOffset(at: instant))
    }

    /// The instant that a text names.
    static func instant(_ text: String) throws -> Instant { try ParsedTime(text).instant }
}

/// A clock change skips the slot that a test asked for.
struct NoSuchSlot: Error { let slot: Int }
