import Domain
import EventStore
import TestSupport

@testable import AvailabilityProjection

/// Practitioners and bookings of one test, with the versions of their streams.
final class Clinic {
    let bed: AvailabilityBed
    private let ids = SeededIdentifiers(seed: 11)
    private var versions: [StreamName: Int64] = [:]
    private var numbers: [Int: Int] = [:]
    private(set) var practitioners: [PractitionerID] = []

    init(_ bed: AvailabilityBed) { self.bed = bed }

    struct Visit {
        let id: BookingID
        let patient: PatientID
        var practitioner: PractitionerID
        var date: LocalDate
        var slots: SlotMask
    }

    private func next(_ stream: StreamName) -> Int64 {
        versions[stream, default: 0] += 1
        return versions[stream, default: 0]
    }

    private func metadata() -> EventMetadata {
        EventMetadata(
            eventID: EventID(from: ids), occurredAt: AvailabilityBed.now, correlationID: "test", actorRole: "staff",
            actorSubject: "staff-1")
    }

    private func append(_ events: [PractitionerEvent]) async throws {
        try await bed.append(
            events.map {
                EventToAppend($0, version: next(StreamName($0.practitionerID)), metadata: metadata())
            }, to: bed.practitioners)
    }

    private func append(_ event: BookingEvent) async throws {
        try await bed.append(
            [EventToAppend(event, version: next(StreamName(event.bookingID)), metadata: metadata())], to: bed.bookings)
    }

    /// Somebody new, working 08:00-12:00 every day unless `works` is false.
    @discardableResult
    func register(number: Int? = nil, zone: String = "Europe/Paris", works: Bool = true) async throws -> PractitionerID
    {
        let id = PractitionerID(from: ids)
        let partition = Int(KafkaPartitioner.partition(of: id))
        let place = number ?? numbers[partition, default: 0]
        numbers[partition] = place + 1
        practitioners.append(id)
        try await append([
            .registered(
                PractitionerRegistered(
                    practitionerID: id, country: .fr, number: place, displayName: "Dr. Test",
                    specialty: "cardiology", languages: ["fr"],
                    location: Location(latitude: 48, longitude: 2, street: "1", postalCode: "75001", city: "Paris"),
                    timeZone: zone, dayStart: .eight, slotMinutes: 30, consultationTypes: [.standard],
                    acceptsNewPatients: true, zoneRules: "test"))
        ])
        if works { try await setSchedule(id, from: "08:00", to: "12:00") }
        return id
    }

    func setSchedule(_ id: PractitionerID, from start: String, to end: String) async throws {
        let session = Session(
            start: LocalTime(start) ?? .eight, end: LocalTime(end) ?? .eight)
        let days = Weekday.allCases.map { DaySessions(day: $0, sessions: [session]) }
        try await append([
            .scheduleSet(
                ScheduleSet(
                    practitionerID: id, country: .fr,
                    schedule: WeeklySchedule(validFrom: LocalDate(days: 20_000), days: days), zoneRules: "test"))
        ])
    }

    func close(_ id: PractitionerID, on date: LocalDate) async throws {
        try await append([
            .exceptionAdded(
                ExceptionAdded(
                    practitionerID: id, country: .fr,
                    exception: ScheduleException(
                        id: ExceptionID(from: ids), from: date, to: date.adding(days: 1), kind: .closed, sessions: [])))
        ])
    }

    func deactivate(_ id: PractitionerID) async throws {
        try await append([.deactivated(PractitionerDeactivated(practitionerID: id, country: .fr))])
    }

    func rename(_ id: PractitionerID) async throws {
        try await append([.updated(PractitionerUpdated(practitionerID: id, country: .fr, displayName: "Dr. Other"))])
    }

    @discardableResult
    func book(
        _ id: PractitionerID, on date: LocalDate = AvailabilityBed.today, slot: Int, count: Int = 1
    ) async throws -> Visit {
        let visit = Visit(
            id: BookingID(from: ids), patient: PatientID(from: ids), practitioner: id, date: date,
            slots: SlotMask(first: slot, count: count))
        let start = Instant(seconds: Int64(date.days) * 86_400 + 7 * 3_600 + Int64(slot) * 1_800)
        try await append(
            .created(
                BookingCreated(
                    bookingID: visit.id, practitionerID: id, patientID: visit.patient, country: .fr, slotStart: start,
                    slotEnd: start.adding(minutes: 30 * count), localDate: date, slots: visit.slots,
                    timeZone: "Europe/Paris", consultationType: "standard")))
        return visit
    }

    /// An event about bookings as it is written: of a newer program, or damaged.
    func appendRaw(
        _ keys: [PractitionerID], _ type: WireType, _ data: String = "{}", relevantUntil date: LocalDate? = nil
    ) async throws {
        let booking = BookingID(from: ids)
        let event = EventToAppend(
            country: .fr, stream: StreamName(booking), version: next(StreamName(booking)), wireType: type,
            data: Array(data.utf8), metadata: metadata(), keys: keys.map { RecordKey($0) }, relevantUntil: date)
        try await bed.append([event], to: bed.bookings)
    }

    /// The same about a practitioner.
    func appendRawChange(_ id: PractitionerID, _ type: WireType, _ data: String = "{}") async throws {
        let event = EventToAppend(
            country: .fr, stream: StreamName(id), version: next(StreamName(id)), wireType: type,
            data: Array(data.utf8), metadata: metadata(), keys: [RecordKey(id)])
        try await bed.append([event], to: bed.practitioners)
    }

    /// Two practitioners of one partition, each working 08:00-12:00.
    func registerNeighbours() async throws -> (PractitionerID, PractitionerID) {
        let one = try await register()
        while true {
            let other = try await register()
            if KafkaPartitioner.partition(of: other) == KafkaPartitioner.partition(of: one) { return (one, other) }
        }
    }

    func cancel(_ visit: Visit) async throws {
        try await append(
            .cancelled(
                BookingCancelled(
                    bookingID: visit.id, practitionerID: visit.practitioner, patientID: visit.patient, country: .fr,
                    slotStart: AvailabilityBed.now, localDate: visit.date, slots: visit.slots, reason: .other,
                    cancelledBy: .staff)))
    }

    func displace(_ visit: Visit) async throws {
        try await append(
            .displaced(
                BookingDisplaced(
                    bookingID: visit.id, practitionerID: visit.practitioner, patientID: visit.patient, country: .fr,
                    slotStart: AvailabilityBed.now, localDate: visit.date, slots: visit.slots,
                    cause: EventID(from: ids))))
    }

    func move(_ visit: inout Visit, to id: PractitionerID, on date: LocalDate, slot: Int) async throws {
        let target = SlotMask(first: slot, count: visit.slots.count)
        try await append(
            .rescheduled(
                BookingRescheduled(
                    bookingID: visit.id, patientID: visit.patient, country: .fr,
                    from: BookedPlace(
                        practitionerID: visit.practitioner, slotStart: AvailabilityBed.now, localDate: visit.date,
                        slots: visit.slots),
                    to: BookedPlace(
                        practitionerID: id, slotStart: AvailabilityBed.now, localDate: date, slots: target))))
        visit.practitioner = id
        visit.date = date
        visit.slots = target
    }
}
