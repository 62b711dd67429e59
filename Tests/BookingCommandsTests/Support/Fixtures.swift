import Domain
import Foundation
import Testing

/// The machine's tzdata, read as the composition root does it.
let zones = ZoneDatabase(version: "test-2026f") { zone in
    [UInt8](try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(zone)")))
}

func instant(_ text: String) throws -> Instant { try ParsedTime(text).instant }

func date(_ text: String) throws -> LocalDate { try #require(LocalDate(text), "\(text)") }

func session(_ text: String) throws -> Session {
    let ends = text.split(separator: "-")
    return Session(
        start: try #require(LocalTime(ends[0]), "\(text)"), end: try #require(LocalTime(ends[1]), "\(text)"))
}

func practitioner(_ number: Int) -> PractitionerID { PractitionerID(high: 0xA, low: UInt64(number)) }

func patient(_ number: Int) -> PatientID { PatientID(high: 0xB, low: UInt64(number)) }

func country(horizon: Int = 90, notice: Int = 0) throws -> Country {
    Country(
        code: try #require(CountryCode("fr")), languages: ["fr"], timeZone: "Europe/Paris", bookingHorizonDays: horizon,
        minimumNoticeMinutes: notice)
}

/// `standard` takes one slot, `long` two, `whole-morning` eight.
func visitTypes() throws -> [ConsultationType] {
    [
        .standard, try #require(ConsultationType(code: "long", slots: 2)),
        try #require(ConsultationType(code: "whole-morning", slots: 8)),
    ]
}

/// The same sessions on every day from a date on.
func week(_ sessions: [String], from first: String = "2000-01-01") throws -> WeeklySchedule {
    let daily = try sessions.map(session)
    return WeeklySchedule(
        validFrom: try date(first), days: Weekday.allCases.map { DaySessions(day: $0, sessions: daily) })
}

func exception(
    _ kind: ScheduleException.Kind, _ from: String, _ to: String, _ sessions: [String] = [], id: UInt64 = 1
) throws -> ScheduleException {
    ScheduleException(
        id: ExceptionID(high: 0xE, low: id), from: try date(from), to: try date(to), kind: kind,
        sessions: try sessions.map(session))
}

/// A practitioner as `PractitionerRegistered` says it.
func registration(
    _ id: PractitionerID, zone: String = "Europe/Paris", dayStart: String = "08:00", slotMinutes: Int = 30
) throws -> PractitionerEvent {
    .registered(
        PractitionerRegistered(
            practitionerID: id, country: try country().code, number: Int(id.low), displayName: "Dr. Test",
            specialty: "dermatology", languages: ["fr"],
            location: Location(latitude: 48.86, longitude: 2.35, street: "1 rue", postalCode: "75001", city: "Paris"),
            timeZone: zone, dayStart: try #require(LocalTime(dayStart)), slotMinutes: slotMinutes,
            consultationTypes: try visitTypes(), acceptsNewPatients: true, zoneRules: zones.version))
}

func scheduleSet(_ id: PractitionerID, _ schedule: WeeklySchedule) throws -> PractitionerEvent {
    .scheduleSet(
        ScheduleSet(
            practitionerID: id, country: try country().code, schedule: schedule, zoneRules: zones.version))
}

func exceptionAdded(_ id: PractitionerID, _ exception: ScheduleException) throws -> PractitionerEvent {
    .exceptionAdded(ExceptionAdded(practitionerID: id, country: try country().code, exception: exception))
}
