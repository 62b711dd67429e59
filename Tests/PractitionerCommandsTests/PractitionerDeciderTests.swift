import Domain
import TestSupport
import Testing

@testable import PractitionerCommands

/// What each command does to a practitioner, in one table.
@Suite("The rules of a practitioner's stream")
struct PractitionerDeciderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var given = Self.practitioner
        var exception: ScheduleException?
        var isRemoved = false
        let when: PractitionerCommand
        var accepts: [Int64]?
        let then: PractitionerDecider.Decision

        static let id = PractitionerID(high: 1, low: 1)
        static let exceptionID = ExceptionID(high: 2, low: 2)
        static let today = LocalDate(days: 20_000)

        static var practitioner: Practitioner {
            Practitioner(
                id: id, country: .fr, streamVersion: 5, profileVersion: 3, scheduleVersion: 2, partition: 0, number: 0,
                displayName: "Dr. A", specialty: "ENT", languages: ["fr"],
                location: Location(latitude: 1, longitude: 2, street: "s", postalCode: "p", city: "c"),
                timeZone: "Europe/Paris", dayStart: .eight, slotMinutes: 30, consultationTypes: [.standard],
                acceptsNewPatients: true, isActive: true, schedule: week)
        }

        static let hours = Session(start: .eight, end: .midnight)
        static let week = WeeklySchedule(validFrom: today, days: [DaySessions(day: .monday, sessions: [hours])])
        static let closure = ScheduleException(
            id: exceptionID, from: today, to: today.adding(days: 1), kind: .closed, sessions: [])

        static func patch(_ change: (inout ProfilePatch) -> Void) -> PractitionerCommand {
            var patch = ProfilePatch()
            change(&patch)
            return .update(id, patch)
        }

        static func scheduled(_ days: [DaySessions], from date: LocalDate) -> PractitionerDecider.Decision {
            .append(
                .scheduleSet(
                    ScheduleSet(
                        practitionerID: id, country: .fr, schedule: WeeklySchedule(validFrom: date, days: days),
                        zoneRules: "z1")))
        }
    }

    static let cases: [Case] = profileCases + scheduleCases + exceptionCases

    static let profileCases = [
        Case(
            testDescription: "an update names only what changed",
            when: Case.patch {
                $0.displayName = "Dr. B"
                $0.specialty = "ENT"
            },
            then: .append(
                .updated(PractitionerUpdated(practitionerID: Case.id, country: .fr, displayName: "Dr. B")))),
        Case(
            testDescription: "one member of the location leaves the others",
            when: Case.patch { $0.city = "d" },
            then: .append(
                .updated(
                    PractitionerUpdated(
                        practitionerID: Case.id, country: .fr,
                        location: Location(latitude: 1, longitude: 2, street: "s", postalCode: "p", city: "d"))))),
        Case(
            testDescription: "an update to what is so already changes nothing",
            when: Case.patch { $0.displayName = "Dr. A" }, then: .unchanged),
        Case(
            testDescription: "a stale version is refused",
            when: Case.patch { $0.displayName = "Dr. B" }, accepts: [2], then: .versionMismatch(current: 3)),
        Case(
            testDescription: "the same content with the version before it is a retry",
            when: Case.patch { $0.displayName = "Dr. A" }, accepts: [2], then: .unchanged),
        Case(
            testDescription: "the same content with an older version is stale",
            when: Case.patch { $0.displayName = "Dr. A" }, accepts: [1], then: .versionMismatch(current: 3)),
        Case(
            testDescription: "one of several versions suffices",
            when: Case.patch { $0.displayName = "Dr. A" }, accepts: [1, 3], then: .unchanged),
        Case(
            testDescription: "no version of ours satisfies nobody",
            when: Case.patch { $0.displayName = "Dr. A" }, accepts: [], then: .versionMismatch(current: 3)),
        Case(
            testDescription: "deactivation", when: .setActive(Case.id, false),
            then: .append(.deactivated(PractitionerDeactivated(practitionerID: Case.id, country: .fr)))),
        Case(testDescription: "activation of an active one", when: .setActive(Case.id, true), then: .unchanged),
    ]

    static let scheduleCases = [
        Case(
            testDescription: "a schedule counts from today unless it says otherwise",
            when: .setSchedule(Case.id, days: [DaySessions(day: .friday, sessions: [Case.hours])], validFrom: nil),
            then: Case.scheduled([DaySessions(day: .friday, sessions: [Case.hours])], from: Case.today)),
        Case(
            testDescription: "days are kept in order, and without those that have no sessions",
            when: .setSchedule(
                Case.id,
                days: [
                    DaySessions(day: .friday, sessions: [Case.hours]), DaySessions(day: .sunday, sessions: []),
                    DaySessions(day: .tuesday, sessions: [Case.hours]),
                ], validFrom: Case.today.adding(days: -30)),
            then: Case.scheduled(
                [
                    DaySessions(day: .tuesday, sessions: [Case.hours]),
                    DaySessions(day: .friday, sessions: [Case.hours]),
                ], from: Case.today.adding(days: -30))),
        Case(
            testDescription: "the same week without a date, sent a day later, is a retry",
            when: .setSchedule(Case.id, days: Case.week.days, validFrom: nil), accepts: [1], then: .unchanged),
        Case(
            testDescription: "the schedule's version is apart from the profile's",
            when: .setSchedule(Case.id, days: [], validFrom: nil), accepts: [3], then: .versionMismatch(current: 2)),
    ]

    static let exceptionCases = [
        Case(
            testDescription: "an exception is added without its reason",
            when: .addException(
                Case.id,
                NewException(
                    from: Case.today, to: Case.today.adding(days: 1), kind: .closed, sessions: [], reason: "flu")),
            then: .append(
                .exceptionAdded(
                    ExceptionAdded(practitionerID: Case.id, country: .fr, exception: Case.closure)))),
        Case(
            testDescription: "an exception is removed", exception: Case.closure,
            when: .removeException(Case.id, Case.exceptionID),
            then: .append(
                .exceptionRemoved(
                    ExceptionRemoved(practitionerID: Case.id, country: .fr, exception: Case.closure)))),
        Case(
            testDescription: "removing it again changes nothing", exception: Case.closure, isRemoved: true,
            when: .removeException(Case.id, Case.exceptionID), then: .unchanged),
        Case(
            testDescription: "what never was there cannot be removed",
            when: .removeException(Case.id, Case.exceptionID), then: .unknownException),
    ]

    @Test(arguments: cases)
    func decides(_ example: Case) {
        let facts = PractitionerDecider.Facts(
            today: Case.today, zoneRules: "z1", newException: Case.exceptionID, exception: example.exception,
            isExceptionRemoved: example.isRemoved)
        let decision = PractitionerDecider.decide(
            example.when, example.given, acceptedVersions: example.accepts, facts)
        #expect(decision == example.then)
    }
}
