package import Domain
import Glibc

/// The machine's clock: `clock_gettime(CLOCK_REALTIME)`.
package struct SystemClock: WallClock {
    /// The machine has one clock.
    package init() {}

    /// The present moment.
    package func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}

/// The zone rules of the machine: tzdata under `/usr/share/zoneinfo`.
package enum SystemZones {
    private static let folder = "/usr/share/zoneinfo"

    /// Finds the rules and their version.
    ///
    /// - Throws: `SettingsError` where tzdata is missing or its version cannot be told.
    package static func database() throws(SettingsError) -> ZoneDatabase {
        guard let head = try? FileBytes.read("\(folder)/tzdata.zi", bytesMax: 64),
            let version = String(decoding: head.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
                .split(separator: " ").last
        else { throw SettingsError(lines: ["no time zone rules in \(folder): install the package tzdata"]) }
        return ZoneDatabase(version: String(version)) { zone in
            try FileBytes.read("\(folder)/\(zone)", bytesMax: 1 << 20)
        }
    }
}
