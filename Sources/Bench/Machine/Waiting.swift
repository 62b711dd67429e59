import Domain
import Foundation
import Glibc

/// The machine's clock.
struct MachineClock: WallClock {
    func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// Today's date in UTC.
    static var today: LocalDate { LocalDate(days: Int32(MachineClock().now().seconds / 86_400)) }
}

/// The zone rules of the machine.
enum MachineZones {
    static let database = ZoneDatabase(version: "machine") { zone in
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(zone)")))
    }
}

/// Something that a measurement waits for did not come.
struct NeverHappened: Error, CustomStringConvertible {
    let what: String
    let deadline: Duration

    var description: String { "\(what) did not happen within \(deadline.formatted)" }
}

/// Asks again and again until there is an answer.
///
/// - Throws: `NeverHappened`, or what `look` throws.
func eventually<T: Sendable>(
    _ what: String, within deadline: Duration, every interval: Duration = .milliseconds(20),
    _ look: () async throws -> T?
) async throws -> T {
    let end = ContinuousClock.now + deadline
    while true {
        if let found = try await look() { return found }
        guard ContinuousClock.now < end else { throw NeverHappened(what: what, deadline: deadline) }
        try await Task.sleep(for: interval)
    }
}

/// A measured answer was not the right one, so the figure counts nothing.
struct WrongAnswer: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
