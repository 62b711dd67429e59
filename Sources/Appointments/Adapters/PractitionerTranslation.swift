import Domain
import Gateway
import PractitionerCommands

/// The practitioner role's own values as the API's.
struct PractitionerTranslation: Sendable {
    let zones: ZoneDatabase

    func outcome(_ outcome: PractitionerCommands.PractitionerOutcome) -> Gateway.PractitionerOutcome {
        switch outcome {
        case .registered(let practitioner): .registered(document(practitioner))
        case .updated(let practitioner): .updated(document(practitioner))
        case .switched(let practitioner, let displaced):
            .switched(document(practitioner), displaced: displaced.map { booking($0, practitioner.timeZone) })
        case .scheduled(let practitioner, let displaced):
            .scheduled(schedule(practitioner), displaced: displaced.map { booking($0, practitioner.timeZone) })
        case .exceptionAdded(let added, let practitioner, let displaced):
            .exceptionAdded(
                exception(added, of: practitioner), displaced: displaced.map { booking($0, practitioner.timeZone) })
        case .exceptionRemoved: .exceptionRemoved
        case .refused(.unknownPractitioner): .refused(.unknownPractitioner)
        case .refused(.unknownException): .refused(.unknownException)
        }
    }

    func document(_ practitioner: Practitioner) -> PractitionerDocument {
        PractitionerDocument(
            id: practitioner.id, version: practitioner.profileVersion, displayName: practitioner.displayName,
            specialty: practitioner.specialty, languages: practitioner.languages,
            location: PractitionerLocation(practitioner.location), timeZone: practitioner.timeZone,
            dayStart: practitioner.dayStart, slotMinutes: practitioner.slotMinutes,
            consultationTypes: practitioner.consultationTypes.map(ConsultationTypeDocument.init),
            acceptsNewPatients: practitioner.acceptsNewPatients, active: practitioner.isActive)
    }

    func schedule(_ practitioner: Practitioner) -> ScheduleDocument {
        ScheduleDocument(
            practitionerID: practitioner.id, version: practitioner.scheduleVersion,
            weekly: practitioner.schedule?.days.compactMap(DayDocument.init) ?? [],
            validFrom: practitioner.schedule?.validFrom, timeZone: practitioner.timeZone)
    }

    func exception(_ stored: PractitionerException, of practitioner: Practitioner) -> ExceptionDocument {
        let exception = stored.exception
        return ExceptionDocument(
            id: exception.id, practitionerID: practitioner.id, from: exception.from, to: exception.to,
            kind: exception.kind == .closed ? .closed : .extra,
            sessions: exception.sessions.map { SessionDocument(start: $0.start, end: $0.end) },
            reason: stored.reason, timeZone: practitioner.timeZone)
    }

    private func booking(
        _ displaced: PractitionerCommands.DisplacedBooking, _ zone: String
    ) -> Gateway.DisplacedBooking {
        let times = BookingTranslation(zones: zones).times(displaced.slotStart, displaced.slotEnd, zone)
        return Gateway.DisplacedBooking(
            bookingID: displaced.bookingID, patientID: displaced.patientID, slot: times)
    }
}

extension PractitionerLocation {
    init(_ location: Location) {
        self.init(
            latitude: location.latitude, longitude: location.longitude, street: location.street,
            postalCode: location.postalCode, city: location.city)
    }

    var value: Location {
        Location(latitude: latitude, longitude: longitude, street: street, postalCode: postalCode, city: city)
    }
}

extension ConsultationTypeDocument {
    init(_ type: ConsultationType) { self.init(code: type.code, slots: type.slots) }

    /// Nil for what the edge has refused before.
    var value: ConsultationType? { ConsultationType(code: code, slots: slots) }
}

extension SessionDocument {
    var value: Session { Session(start: start, end: end) }
}

extension DayDocument {
    init?(_ day: DaySessions) {
        guard let weekday = Weekday(rawValue: day.day.rawValue) else { return nil }
        self.init(day: weekday, sessions: day.sessions.map { SessionDocument(start: $0.start, end: $0.end) })
    }

    /// Nil for a day without sessions: that is what a day is which is not named.
    var value: DaySessions? {
        guard !sessions.isEmpty, let weekday = Domain.Weekday(rawValue: day.rawValue) else { return nil }
        return DaySessions(day: weekday, sessions: sessions.map(\.value))
    }
}
