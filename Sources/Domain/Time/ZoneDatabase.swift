import Synchronization

/// Why a zone cannot be used.
package enum ZoneError: Error, Equatable, Sendable {
    /// Not a name that a zone can have, such as one that would leave the database's folder.
    case invalidName(String)
    /// The database has no such zone, or it cannot be read.
    case unknown(String)
    /// Its file is broken.
    case broken(String, TZifError)
    /// A slot length outside `SlotGrid.slotMinutesRange`.
    case slotMinutesOutOfRange(Int)
}

/// The zones of one version of tzdata, each read once, and the grids that stand on them, each computed once.
package final class ZoneDatabase: Sendable {
    /// The version of tzdata, such as `2026f`, as events record it.
    package let version: String
    private let read: @Sendable (String) throws -> [UInt8]
    private let cache = Mutex(Cache())

    private struct GridKey: Hashable {
        let zone: String
        let dayStart: LocalTime
        let slotMinutes: Int
    }

    private struct Cache {
        var rules: [String: TimeZoneRules] = [:]
        var grids: [GridKey: SlotGrid] = [:]
    }

    /// Grids beyond this number are computed again each time: a bound on what odd registrations can make it keep.
    private static let gridsMax = 4_096

    /// Stands on a folder of TZif files.
    ///
    /// - Parameters:
    ///   - version: The version of tzdata that the files are from.
    ///   - read: Returns the bytes of a zone's file, by a name such as `Europe/Paris`, and throws if there is none.
    ///     Called without a lock, now and then twice for the same zone.
    package init(version: String, read: @escaping @Sendable (String) throws -> [UInt8]) {
        self.version = version
        self.read = read
    }

    /// The rules of a zone by its IANA name.
    ///
    /// - Throws: `ZoneError`; a failure is not remembered.
    package func rules(_ zone: String) throws(ZoneError) -> TimeZoneRules {
        if let known = cache.withLock({ $0.rules[zone] }) { return known }
        guard Self.isName(zone) else { throw .invalidName(zone) }
        let bytes: [UInt8]
        do { bytes = try read(zone) } catch { throw .unknown(zone) }
        let rules: TimeZoneRules
        do { rules = try TimeZoneRules(tzif: bytes) } catch { throw .broken(zone, error) }
        cache.withLock { $0.rules[zone] = rules }
        return rules
    }

    /// The grid of a practice; the same one for all practices that share zone, start and length.
    ///
    /// - Throws: `ZoneError`, `slotMinutesOutOfRange` included.
    package func grid(zone: String, dayStart: LocalTime, slotMinutes: Int) throws(ZoneError) -> SlotGrid {
        let key = GridKey(zone: zone, dayStart: dayStart, slotMinutes: slotMinutes)
        if let known = cache.withLock({ $0.grids[key] }) { return known }
        let rules = try rules(zone)
        guard let grid = SlotGrid(zone: zone, rules: rules, dayStart: dayStart, slotMinutes: slotMinutes) else {
            throw .slotMinutesOutOfRange(slotMinutes)
        }
        cache.withLock { if $0.grids.count < Self.gridsMax { $0.grids[key] = grid } }
        return grid
    }

    /// Whether a text has the form of an IANA name: parts of letters, digits, `_`, `+` and `-`, joined by slashes.
    private static func isName(_ zone: String) -> Bool {
        guard (1...64).contains(zone.utf8.count) else { return false }
        let parts = zone.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "_+-".utf8.contains(byte)
                }
        }
    }
}
