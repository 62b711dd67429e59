import AuditReport
import Domain
import Gateway

/// Documents that the scripted services answer with.
enum Samples {
    static let audited: AuditRecord = {
        var record = AuditRecord()
        record.add("type", "BookingCreated")
        record.add("position", 7)
        return record
    }()

    private static let paris = 3_600
    /// 2026-11-23T09:30:00+01:00.
    static let slot = SlotTimes(start: time(1_795_422_600), end: time(1_795_424_400))

    static func time(_ seconds: Int64) -> ZonedTime {
        ZonedTime(Instant(seconds: seconds), offsetSeconds: paris)
    }

    static let booking = BookingDocument(
        id: BookingID(test: IDs.booking), status: .confirmed, version: 7,
        practitionerID: PractitionerID(test: IDs.practitioner), patientID: PatientID(test: IDs.patient),
        consultationType: "standard", slot: slot, timeZone: "Europe/Paris", createdAt: time(1_795_000_000),
        updatedAt: time(1_795_000_001), madeBy: Person.partner.subject)

    static let practitioner = PractitionerDocument(
        id: PractitionerID(test: IDs.practitioner), version: 3, displayName: "Dr \"Q\" Martin",
        specialty: "dermatology", languages: ["fr", "en"],
        location: Location(latitude: 48.8566, longitude: 2.3522, street: "1 rue A", postalCode: "75001", city: "Paris"),
        timeZone: "Europe/Paris", dayStart: .eight, slotMinutes: 30, consultationTypes: [.standard],
        acceptsNewPatients: true, active: true)

    static let schedule = ScheduleDocument(
        practitionerID: PractitionerID(test: IDs.practitioner), version: 0, weekly: [], validFrom: nil,
        timeZone: "Europe/Paris")

    static let exception = ExceptionDocument(
        id: ExceptionID(test: IDs.exception), practitionerID: PractitionerID(test: IDs.practitioner),
        from: LocalDate(days: 20_780), to: LocalDate(days: 20_781), kind: .closed,
        sessions: [Session(start: .eight, end: .midnight)], reason: nil, timeZone: "Europe/Paris")

    static let displaced = DisplacedBooking(
        bookingID: BookingID(test: IDs.booking), patientID: PatientID(test: IDs.patient), slot: slot)

    static let patient = PatientDocument(
        id: PatientID(test: IDs.patient), version: 1, givenName: "Camille", familyName: "Durand",
        birthDate: LocalDate(days: 7_000), email: "camille@example.org", phone: nil, language: "fr", channels: [.email])

    /// Slots 0, 1 and 23 exist; the others are skipped by the clock.
    static let fragments = SlotFragments(
        date: LocalDate(days: 20_780),
        slots: (0..<24).map { [0, 1, 23].contains($0) ? slot : nil })

    static let availability = AvailabilityDocument(
        practitionerID: PractitionerID(test: IDs.practitioner), timeZone: "Europe/Paris", slotMinutes: 30,
        state: .fresh, asOf: time(1_795_000_000),
        days: [AvailabilityDay(fragments, free: SlotMask(rawValue: 0b111 | 1 << 23))], nextAvailable: slot.start)

    static let search = SearchAnswer(
        page: Page(
            items: [
                SearchHit(
                    practitioner: practitioner, distanceKilometres: 1.23456, nextAvailable: slot.start, freeSlots: 4)
            ], next: nil), understood: understood, ignored: ["please"], asOf: nil, degraded: false)

    private static var understood: SearchUnderstanding {
        var understood = SearchUnderstanding()
        understood.specialty = "dermatology"
        understood.place = .init(name: "Paris", country: .fr, latitude: 48.8566, longitude: 2.3522)
        return understood
    }
}
