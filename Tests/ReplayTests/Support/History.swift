import Configuration
import Domain
import EventStore
import JSON
import TestSupport

/// Practitioners and bookings of one test, with the versions of their streams.
final class History {
    private let bed: ReplayBed
    private let ids = SeededIdentifiers(seed: 11)
    private var versions: [StreamName: Int64] = [:]
    private var numbers: [Int: Int] = [:]
    private(set) var practitioners: [PractitionerID] = []
    private var countries: [PractitionerID: CountryCode] = [:]
    /// The day after tomorrow: hot in every zone, whatever the hour.
    let day: LocalDate

    init(_ bed: ReplayBed) {
        self.bed = bed
        day = LocalDate(days: Int32(SystemClock().now().seconds / 86_400)).adding(days: 2)
    }

    private func metadata() -> EventMetadata {
        EventMetadata(
            eventID: EventID(from: ids), occurredAt: SystemClock().now(), correlationID: "test", actorRole: "staff",
            actorSubject: "staff-1")
    }

    private func next(_ stream: StreamName) -> Int64 {
        versions[stream, default: 0] += 1
        return versions[stream, default: 0]
    }

    private func append(_ event: BookingEvent) async throws {
        try await bed.append(
            [EventToAppend(event, version: next(StreamName(event.bookingID)), metadata: metadata())], to: bed.bookings)
    }

    func append(_ event: PractitionerEvent) async throws {
        try await bed.append(
            [EventToAppend(event, version: next(StreamName(event.practitionerID)), metadata: metadata())],
            to: bed.practitioners)
    }

    /// Where somebody practises.
    func country(_ id: PractitionerID) -> CountryCode { countries[id] ?? .fr }

    /// So many new practitioners who work from 08:00 to 12:00 every day.
    func register(_ count: Int, in country: CountryCode) async throws {
        let sessions = [Session(start: .eight, end: LocalTime("12:00") ?? .eight)]
        let days = Weekday.allCases.map { DaySessions(day: $0, sessions: sessions) }
        for _ in 0..<count {
            let id = PractitionerID(from: ids)
            let partition = Int(KafkaPartitioner.partition(of: id))
            let number = numbers[partition, default: 0]
            numbers[partition] = number + 1
            practitioners.append(id)
            countries[id] = country
            try await append(
                .registered(
                    PractitionerRegistered(
                        practitionerID: id, country: country, number: number, displayName: "Dr. Test",
                        specialty: "cardiology", languages: ["fr"],
                        location: Location(latitude: 48, longitude: 2, street: "1", postalCode: "75001", city: "Paris"),
                        timeZone: "Europe/Paris", dayStart: .eight, slotMinutes: 30, consultationTypes: [.standard],
                        acceptsNewPatients: true, zoneRules: "test")))
            try await append(
                .scheduleSet(
                    ScheduleSet(
                        practitionerID: id, country: country,
                        schedule: WeeklySchedule(validFrom: LocalDate(days: 20_000), days: days), zoneRules: "test")))
        }
    }

    /// An event about somebody's bookings, as a newer program writes it.
    func appendUnreadable(
        _ id: PractitionerID, in country: CountryCode, type: WireType = WireType("BookingTeleported"),
        data: String = "{}"
    ) async throws {
        let stream = StreamName(BookingID(from: ids))
        let event = EventToAppend(
            country: country, stream: stream, version: next(stream), wireType: type,
            data: Array(data.utf8), metadata: metadata(), keys: [RecordKey(id)])
        try await bed.append([event], to: bed.bookings)
    }

    /// A booking as the next release writes it, under another name of the day.
    func bookWithNextRelease(_ id: PractitionerID, slot: Int, in country: CountryCode) async throws {
        let booking = created(id, slot: slot, in: country)
        let text = String(decoding: EventCodec.encode(BookingEvent.created(booking)), as: UTF8.self)
        let stream = StreamName(booking.bookingID)
        let event = EventToAppend(
            country: country, stream: stream, version: next(stream), wireType: Self.nextVersion,
            data: Array(text.replacing("\"localDate\"", with: "\"day\"").utf8), metadata: metadata(),
            keys: [RecordKey(id)])
        try await bed.append([event], to: bed.bookings)
    }

    private static let nextVersion = WireType("BookingCreated", dataVersion: 2)

    /// How the next release reads what it writes.
    static let nextRelease = Upcasters(
        [:],
        readers: [
            nextVersion: { (value: JSONValue) throws(JSONError) in
                let text = String(decoding: value.serialized(), as: UTF8.self)
                return try parseJSON(Array(text.replacing("\"day\"", with: "\"localDate\"").utf8))
            }
        ])

    /// An event of somebody's calendar and profile, as a newer program writes it.
    func appendUnreadableProfile(
        _ id: PractitionerID, in country: CountryCode, type: String = "ScheduleSet"
    ) async throws {
        let stream = StreamName(id)
        let event = EventToAppend(
            country: country, stream: stream, version: next(stream),
            wireType: WireType(type, dataVersion: 99), data: Array("{}".utf8), metadata: metadata(),
            keys: [RecordKey(id)])
        try await bed.append([event], to: bed.practitioners)
    }

    /// Books one slot of `day`.
    func book(_ id: PractitionerID, slot: Int, in country: CountryCode) async throws -> BookingCreated {
        let created = created(id, slot: slot, in: country)
        try await append(.created(created))
        return created
    }

    private func created(_ id: PractitionerID, slot: Int, in country: CountryCode) -> BookingCreated {
        let start = Instant(seconds: Int64(day.days) * 86_400 + 7 * 3_600 + Int64(slot) * 1_800)
        return BookingCreated(
            bookingID: BookingID(from: ids), practitionerID: id, patientID: PatientID(from: ids), country: country,
            slotStart: start, slotEnd: start.adding(minutes: 30), localDate: day,
            slots: SlotMask(first: slot, count: 1), timeZone: "Europe/Paris", consultationType: "standard")
    }

    /// Books one slot after the other; nobody checks here whether they are free.
    func book(_ id: PractitionerID, slots: Range<Int>, in country: CountryCode) async throws {
        for slot in slots { _ = try await book(id, slot: slot, in: country) }
    }

    func cancel(_ booking: BookingCreated) async throws {
        try await append(
            .cancelled(
                BookingCancelled(
                    bookingID: booking.bookingID, practitionerID: booking.practitionerID, patientID: booking.patientID,
                    country: booking.country, slotStart: booking.slotStart, localDate: booking.localDate,
                    slots: booking.slots, reason: .other, cancelledBy: .staff)))
    }

    /// Moves a booking to another practitioner's slot of the same day.
    func move(_ booking: BookingCreated, to id: PractitionerID, slot: Int) async throws {
        func place(_ id: PractitionerID, _ slots: SlotMask) -> BookedPlace {
            BookedPlace(practitionerID: id, slotStart: booking.slotStart, localDate: booking.localDate, slots: slots)
        }
        try await append(
            .rescheduled(
                BookingRescheduled(
                    bookingID: booking.bookingID, patientID: booking.patientID, country: booking.country,
                    from: place(booking.practitionerID, booking.slots),
                    to: place(id, SlotMask(first: slot, count: 1)))))
    }
}

extension CountryCode {
    static let fr = spelled("fr")
    static let de = spelled("de")

    private static func spelled(_ text: String) -> CountryCode {
        guard let code = CountryCode(text) else { preconditionFailure("\(text) is no country code") }
        return code
    }
}
