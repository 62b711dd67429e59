import Domain
import Foundation
import Testing

/// The machine's tzdata, read as the composition root does it.
let zones = ZoneDatabase(version: "test") { zone in
    [UInt8](try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(zone)")))
}

/// A small fast generator whose whole run follows from its seed (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

func time(_ text: String) throws -> LocalTime { try #require(LocalTime(text), "\(text)") }

func date(_ text: String) throws -> LocalDate { try #require(LocalDate(text), "\(text)") }

func instant(_ text: String) throws -> Instant { try ParsedTime(text).instant }

func session(_ text: String) throws -> Session {
    let ends = text.split(separator: "-")
    return Session(start: try time(String(ends[0])), end: try time(String(ends[1])))
}

func country(horizon: Int = 90, notice: Int = 0) throws -> Country {
    Country(
        code: try #require(CountryCode("fr")), languages: ["fr"], timeZone: "Europe/Paris", bookingHorizonDays: horizon,
        minimumNoticeMinutes: notice)
}

/// A calendar whose week has the same sessions every day, valid from the beginning of 2000.
func calendar(
    zone: String = "Europe/Paris", dayStart: String = "08:00", slotMinutes: Int = 30, daily sessions: [String],
    exceptions: [ScheduleException] = [], types: [ConsultationType] = [.standard], isActive: Bool = true
) throws -> PractitionerCalendar {
    let daily = try sessions.map(session)
    return PractitionerCalendar(
        practitionerID: PractitionerID(high: 1, low: 2), country: try #require(CountryCode("fr")),
        grid: try zones.grid(zone: zone, dayStart: try time(dayStart), slotMinutes: slotMinutes),
        schedules: [
            WeeklySchedule(
                validFrom: try date("2000-01-01"),
                days: Weekday.allCases.map { DaySessions(day: $0, sessions: daily) })
        ],
        exceptions: exceptions, consultationTypes: types, isActive: isActive, version: 1)
}

func exception(
    _ kind: ScheduleException.Kind, _ from: String, _ to: String, _ sessions: [String] = [], id: UInt64 = 1
) throws -> ScheduleException {
    ScheduleException(
        id: ExceptionID(high: 0, low: id), from: try date(from), to: try date(to), kind: kind,
        sessions: try sessions.map(session))
}
