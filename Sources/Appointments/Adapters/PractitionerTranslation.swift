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
            location: practitioner.location, timeZone: practitioner.timeZone,
            dayStart: practitioner.dayStart, slotMinutes: practitioner.slotMinutes,
            consultationTypes: practitioner.consultationTypes,
            acceptsNewPatients: practitioner.acceptsNewPatients, active: practitioner.isActive)
    }

    func schedule(_ practitioner: Practitioner) -> ScheduleDocument {
        ScheduleDocument(
            practitionerID: practitioner.id, version: practitioner.scheduleVersion,
            weekly: practitioner.schedule?.days ?? [],
            validFrom: practitioner.schedule?.validFrom, timeZone: practitioner.timeZone)
    }

    func exception(_ stored: PractitionerException, of practitioner: Practitioner) -> ExceptionDocument {
        let exception = stored.exception
        return ExceptionDocument(
            id: exception.id, practitionerID: practitioner.id, from: exception.from, to: exception.to,
            kind: exception.kind, sessions: exception.sessions, reason: stored.reason, timeZone: practitioner.timeZone)
    }

    private func booking(
        _ displaced: PractitionerCommands.DisplacedBooking, _ zone: String
    ) -> Gateway.DisplacedBooking {
        let times = BookingTranslation(zones: zones).times(displaced.slotStart, displaced.slotEnd, zone)
        return Gateway.DisplacedBooking(
            bookingID: displaced.bookingID, patientID: displaced.patientID, slot: times)
    }
}
