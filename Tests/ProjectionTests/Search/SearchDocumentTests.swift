import Domain
import EventStore
import Testing

@testable import SearchProjection

/// What events make of a document, by themselves.
@Suite struct SearchDocumentTests {
    private static let person = SearchPerson(number: 1)

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        var given: [SearchChange] = [person.registration()]
        let when: [SearchChange]
        /// Free slots of 20 November.
        var free: [Int] = []
        var name: String? = "Dr Camille Martin"
        var isActive = true
        var version: Int64 = 1
    }

    static let cases: [Case] = [
        Case(testDescription: "registration makes a profile", given: [], when: [person.registration()]),
        Case(
            testDescription: "free slots before the registration wait for it", given: [],
            when: [person.free(["2026-11-20": [3]]), person.registration()], free: [3]),
        Case(
            testDescription: "free slots alone are nobody's", given: [], when: [person.free(["2026-11-20": [3]])],
            free: [3], name: nil, isActive: false, version: 0),
        Case(
            testDescription: "an update changes what it names",
            when: [
                person.profile(
                    .updated(
                        PractitionerUpdated(practitionerID: person.id, country: person.country, displayName: "Dr X")),
                    sequence: 2)
            ], name: "Dr X", version: 2),
        Case(
            testDescription: "an old event changes nothing",
            given: [person.registration(sequence: 5)],
            when: [
                person.profile(
                    .deactivated(PractitionerDeactivated(practitionerID: person.id, country: person.country)),
                    sequence: 5)
            ]),
        Case(
            testDescription: "deactivated",
            when: [
                person.profile(
                    .deactivated(PractitionerDeactivated(practitionerID: person.id, country: person.country)),
                    sequence: 2)
            ], isActive: false, version: 2),
        Case(
            testDescription: "days that an event does not name stay",
            when: [
                person.free(["2026-11-20": [1, 2], "2026-11-21": [4]]),
                person.free(["2026-11-21": []], booking: 2),
            ], free: [1, 2]),
        Case(
            testDescription: "older in booking-events is ignored",
            when: [
                person.free(["2026-11-20": [1]], booking: 7, practitioner: 3),
                person.free(["2026-11-20": [1, 2]], booking: 6, practitioner: 4),
            ], free: [1]),
        Case(
            testDescription: "older in practitioner-events is ignored",
            when: [
                person.free(["2026-11-20": [1]], booking: 7, practitioner: 3),
                person.free(["2026-11-20": [1, 2]], booking: 8, practitioner: 2),
            ], free: [1]),
        Case(
            testDescription: "days far away are left out",
            when: [person.free(["2026-11-20": [1], "2026-01-01": [1], "2099-01-01": [1]])], free: [1]),
    ]

    @Test(arguments: cases)
    func takesIn(_ example: Case) throws {
        var document = SearchDocument(Self.person.key, partition: Shard(0))
        for change in example.given + example.when { try document.apply(change) }
        #expect(document.freeDays?.free(on: day("2026-11-20")) ?? .empty == SlotMask(indices: example.free))
        #expect(document.profile?.displayName == example.name)
        #expect(document.isActive == example.isActive)
        #expect(document.profileVersion == example.version)
        #expect((document.freeDays?.masks.count ?? 0) <= FreeDays.daysMax)

        var twice = document
        for change in example.given + example.when { try twice.apply(change) }
        #expect(twice == document, "delivered twice")
    }

    @Test func changingAnUnknownProfileIsAFault() {
        var document = SearchDocument(Self.person.key, partition: Shard(0))
        let event = PractitionerEvent.activated(
            PractitionerActivated(practitionerID: Self.person.id, country: Self.person.country))
        #expect(throws: SearchDocument.Fault.profileMissing(Self.person.key)) {
            try document.apply(event, sequence: 1, occurredAt: SearchBed.now)
        }
    }

    @Test func passedDaysFallOff() {
        var days = FreeDays(firstDate: day("2026-11-20"))
        days.apply([.init(date: day("2026-11-20"), free: .all)], today: day("2026-11-20"))
        days.apply([.init(date: day("2026-12-01"), free: .all)], today: day("2026-11-30"))
        #expect(days.free(on: day("2026-11-20")) == .empty)
        #expect(days.free(on: day("2026-12-01")) == .all)
        #expect(FreeDays(firstDate: days.firstDate, bits: days.bits) == days)
    }
}

extension SearchDocument {
    fileprivate mutating func apply(_ change: SearchChange) throws {
        switch change.kind {
        case .profile(let event, let sequence):
            try apply(event, sequence: sequence, occurredAt: change.occurredAt)
        case .availability(let event): apply(event, occurredAt: change.occurredAt)
        }
    }
}
