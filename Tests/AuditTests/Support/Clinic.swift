import Domain
import EventStore
import ProjectionRunner

/// One practitioner who works from 08:00 to 12:00 every day, and what happens there.
final class Clinic {
    let bed: AuditBed
    let id: PractitionerID
    /// The day after tomorrow: it has a page, whatever the hour.
    let day: LocalDate
    private var versions: [StreamName: Int64] = [:]

    init(_ bed: AuditBed) {
        self.bed = bed
        id = PractitionerID(from: bed.identifiers)
        day = LocalDate(days: Int32(bed.clock.now().seconds / 86_400)).adding(days: 2)
    }

    var shard: Shard { RecordKey(id).shard }

    private func metadata(_ cause: EventID?) -> EventMetadata {
        EventMetadata(
            eventID: EventID(from: bed.identifiers), occurredAt: bed.clock.now(), correlationID: "test",
            causationID: cause?.description, actorRole: "staff", actorSubject: "staff-1")
    }

    private func next(_ stream: StreamName) -> Int64 {
        versions[stream, default: 0] += 1
        return versions[stream, default: 0]
    }

    @discardableResult
    func append(_ event: PractitionerEvent, because cause: EventID? = nil) async throws -> EventID {
        let metadata = metadata(cause)
        try await bed.append(
            EventToAppend(event, version: next(StreamName(id)), metadata: metadata), to: bed.practitioner)
        return metadata.eventID
    }

    @discardableResult
    func append(_ event: BookingEvent, because cause: EventID? = nil) async throws -> EventID {
        let metadata = metadata(cause)
        try await bed.append(
            EventToAppend(event, version: next(StreamName(event.bookingID)), metadata: metadata), to: bed.booking)
        return metadata.eventID
    }

    func open() async throws {
        try await append(
            .registered(
                PractitionerRegistered(
                    practitionerID: id, country: .fr, number: 0, displayName: "Dr Test", specialty: "cardiology",
                    languages: ["fr"],
                    location: Location(latitude: 48, longitude: 2, street: "1", postalCode: "75001", city: "Paris"),
                    timeZone: "Europe/Paris", dayStart: .eight, slotMinutes: 30, consultationTypes: [.standard],
                    acceptsNewPatients: true, zoneRules: "test")))
        let sessions = [Session(start: .eight, end: LocalTime("12:00") ?? .eight)]
        let days = Weekday.allCases.map { DaySessions(day: $0, sessions: sessions) }
        try await append(
            .scheduleSet(
                ScheduleSet(
                    practitionerID: id, country: .fr,
                    schedule: WeeklySchedule(validFrom: LocalDate(days: 20_000), days: days), zoneRules: "test")))
    }

    /// When a slot of `day` begins.
    func start(of slot: Int) throws -> Instant {
        let grid = try bed.zones.grid(zone: "Europe/Paris", dayStart: .eight, slotMinutes: 30)
        return grid.start(of: slot, on: day) ?? Instant(seconds: 0)
    }

    func place(_ slot: Int) throws -> BookedPlace {
        BookedPlace(
            practitionerID: id, slotStart: try start(of: slot), localDate: day, slots: SlotMask(first: slot, count: 1))
    }

    func booking(_ slot: Int) throws -> BookingCreated {
        let place = try place(slot)
        return BookingCreated(
            bookingID: BookingID(from: bed.identifiers), practitionerID: id,
            patientID: PatientID(from: bed.identifiers),
            country: .fr, slotStart: place.slotStart, slotEnd: place.slotStart.adding(minutes: 30), localDate: day,
            slots: place.slots, timeZone: "Europe/Paris", consultationType: "standard")
    }

    func cancelled(_ booking: BookingCreated) -> BookingCancelled {
        BookingCancelled(
            bookingID: booking.bookingID, practitionerID: id, patientID: booking.patientID, country: .fr,
            slotStart: booking.slotStart, localDate: day, slots: booking.slots, reason: .patientRequest,
            cancelledBy: .patient)
    }

    /// The positions that pages would have with everything that is stamped now.
    func checkpoint() async throws -> ProjectionCheckpoint {
        let bookings = try await EventReader(bed.booking).heads()[shard.number].stamped
        let practitioners = try await EventReader(bed.practitioner).heads()[shard.number].stamped
        return ProjectionCheckpoint(positions: [
            TopicPosition(topic: .bookingEvents, sequence: bookings),
            TopicPosition(topic: .practitionerEvents, sequence: practitioners),
        ])
    }
}
