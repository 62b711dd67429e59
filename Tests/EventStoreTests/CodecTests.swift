import Domain
import Foundation
import JSON
import Testing

@testable import EventStore

/// One event of every kind, with ids that stand in the golden files too.
enum SampleEvents {
    static let booking = BookingID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0001)
    static let practitioner = PractitionerID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0002)
    static let other = PractitionerID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0003)
    static let patient = PatientID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0004)
    static let exceptionID = ExceptionID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0005)
    static let cause = EventID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0006)
    static let start = Instant(seconds: 1_790_006_400)
    static let date = LocalDate(days: 20_717)
    static let slots = SlotMask(first: 3, count: 2)
    static let location = Location(
        latitude: 48.8566, longitude: 2.3522, street: "1 rue de l'Église", postalCode: "75001", city: "Paris")
    static let morning = [session("08:00", "12:00"), session("22:00", "06:00")]

    static func session(_ start: String, _ end: String) -> Session {
        Session(start: LocalTime(start) ?? .midnight, end: LocalTime(end) ?? .midnight)
    }

    static let bookings: [BookingEvent] = [
        .created(
            BookingCreated(
                bookingID: booking, practitionerID: practitioner, patientID: patient, country: .fr, slotStart: start,
                slotEnd: start.adding(minutes: 60), localDate: date, slots: slots, timeZone: "Europe/Paris",
                consultationType: "standard")),
        .cancelled(
            BookingCancelled(
                bookingID: booking, practitionerID: practitioner, patientID: patient, country: .fr, slotStart: start,
                localDate: date, slots: slots, reason: .patientRequest, cancelledBy: .patient)),
        .rescheduled(
            BookingRescheduled(
                bookingID: booking, patientID: patient, country: .fr,
                from: BookedPlace(practitionerID: practitioner, slotStart: start, localDate: date, slots: slots),
                to: BookedPlace(
                    practitionerID: other, slotStart: start.adding(minutes: 1_440),
                    localDate: date.adding(days: 1), slots: SlotMask(first: 0, count: 2)))),
        .displaced(
            BookingDisplaced(
                bookingID: booking, practitionerID: practitioner, patientID: patient, country: .fr, slotStart: start,
                localDate: date, slots: slots, cause: cause)),
    ]

    static let practitioners: [PractitionerEvent] = [
        .registered(
            PractitionerRegistered(
                practitionerID: practitioner, country: .fr, number: 1_024, displayName: "Dr. Zoé \"Z\" Müller",
                specialty: "cardiology", languages: ["fr", "en"], location: location, timeZone: "Europe/Paris",
                dayStart: .eight, slotMinutes: 30, consultationTypes: [.standard], acceptsNewPatients: true,
                zoneRules: "2026a")),
        .updated(
            PractitionerUpdated(
                practitionerID: practitioner, country: .fr, displayName: "Dr. Zoé Müller", languages: [],
                acceptsNewPatients: false)),
        .deactivated(PractitionerDeactivated(practitionerID: practitioner, country: .fr)),
        .activated(PractitionerActivated(practitionerID: practitioner, country: .fr)),
        .scheduleSet(
            ScheduleSet(
                practitionerID: practitioner, country: .fr,
                schedule: WeeklySchedule(
                    validFrom: date,
                    days: [
                        DaySessions(day: .monday, sessions: morning), DaySessions(day: .sunday, sessions: [morning[0]]),
                    ]), zoneRules: "2026a")),
        .exceptionAdded(
            ExceptionAdded(
                practitionerID: practitioner, country: .fr,
                exception: ScheduleException(
                    id: exceptionID, from: date, to: date.adding(days: 7), kind: .closed, sessions: []))),
        .exceptionRemoved(
            ExceptionRemoved(
                practitionerID: practitioner, country: .fr,
                exception: ScheduleException(
                    id: exceptionID, from: date, to: date.adding(days: 1), kind: .extra, sessions: [morning[0]]))),
    ]

    static let patients: [PatientEvent] = [
        .registered(
            PatientChange(patientID: patient, country: .fr, changedFields: ["givenName", "email", "birthDate"])),
        .updated(PatientChange(patientID: patient, country: .fr, changedFields: ["phone"])),
    ]

    static let operation = OperationRecorded(
        operationID: OperationID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0007), country: .fr,
        operation: .quarantineSkip, phase: .finished, reason: "ticket 4711",
        details: [OperationDetail("model", "availability"), OperationDetail("events", 3)])

    static let availability = AvailabilityChanged(
        practitionerID: practitioner, country: .fr, days: [AvailabilityChanged.Day(date: date, free: slots)],
        nextAvailable: start, cause: cause,
        sources: [
            AvailabilityChanged.Source(topic: .bookingEvents, sequence: 41),
            AvailabilityChanged.Source(topic: .practitionerEvents, sequence: 7),
        ])
}

@Suite("Codec: what was written once is read for ever")
struct CodecTests {
    struct Golden: CustomTestStringConvertible, Sendable {
        let wireType: WireType
        let written: [UInt8]
        /// What the present program makes of the golden bytes: true if it is the sample.
        let isRead: @Sendable ([UInt8]) throws -> Bool
        var testDescription: String { "\(wireType.name).v\(wireType.dataVersion)" }
    }

    static let golden: [Golden] =
        SampleEvents.bookings.map { event in
            Golden(wireType: event.wireType, written: EventCodec.encode(event)) {
                try EventCodec.bookingEvent(event.wireType, $0) == event
            }
        }
        + SampleEvents.practitioners.map { event in
            Golden(wireType: event.wireType, written: EventCodec.encode(event)) {
                try EventCodec.practitionerEvent(event.wireType, $0) == event
            }
        }
        + SampleEvents.patients.map { event in
            Golden(wireType: event.wireType, written: EventCodec.encode(event)) {
                try EventCodec.patientEvent(event.wireType, $0) == event
            }
        } + [
            Golden(wireType: AvailabilityChanged.wireType, written: EventCodec.encode(SampleEvents.availability)) {
                try EventCodec.availabilityChanged(AvailabilityChanged.wireType, $0) == SampleEvents.availability
            },
            Golden(wireType: OperationRecorded.wireType, written: EventCodec.encode(SampleEvents.operation)) {
                try EventCodec.operation(OperationRecorded.wireType, $0) == SampleEvents.operation
            },
        ]

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/events")

    @Test("the golden file of every event and version is what is written and what is read", arguments: golden)
    func agreesWithGoldenFile(_ example: Golden) throws {
        let file = Self.folder.appending(path: "\(example.wireType.name).v\(example.wireType.dataVersion).json")
        let golden = Array(try Data(contentsOf: file))
        #expect(String(decoding: example.written, as: UTF8.self) == String(decoding: golden, as: UTF8.self))
        #expect(try example.isRead(golden))
    }

    @Test("no golden file is left without a test, so none can be forgotten when a version is added")
    func coversAllGoldenFiles() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path()).filter {
            $0.hasSuffix(".json")
        }
        #expect(Set(files) == Set(Self.golden.map { "\($0.testDescription).json" }))
    }

    @Test("a member that is not known is passed over, so that fields can be added")
    func ignoresUnknownMembers() throws {
        let data = Array(#"{"added":[1,{"x":null}],"#.utf8) + EventCodec.encode(SampleEvents.patients[0]).dropFirst()
        #expect(try EventCodec.patientEvent(SampleEvents.patients[0].wireType, data) == SampleEvents.patients[0])
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let type: WireType
        let data: String
        let error: EventDecodingError
    }

    static let created = SampleEvents.bookings[0].wireType
    static let newer = WireType("BookingCreated", dataVersion: 2)
    static let refused = [
        Refused(
            testDescription: "unknown type", type: WireType("BookingForgotten"), data: "{}",
            error: .unknownType(WireType("BookingForgotten"))),
        Refused(
            testDescription: "a practitioner's event among bookings", type: WireType("ScheduleSet"), data: "{}",
            error: .unknownType(WireType("ScheduleSet"))),
        Refused(testDescription: "newer version", type: newer, data: "{}", error: .unknownVersion(newer)),
        Refused(testDescription: "no JSON", type: created, data: "{", error: .malformed(created, .syntax)),
        Refused(
            testDescription: "missing member", type: created, data: "{}", error: .malformed(created, .missingMember)),
        Refused(
            testDescription: "an id that is none", type: created, data: #"{"bookingId":"7"}"#,
            error: .malformed(created, .unexpectedKind)),
        Refused(
            testDescription: "an array instead of an object", type: created, data: "[1]",
            error: .malformed(created, .missingMember)),
    ]

    @Test("what is no event of ours is refused by name", arguments: refused)
    func refuses(_ example: Refused) {
        #expect(throws: example.error) { try EventCodec.bookingEvent(example.type, Array(example.data.utf8)) }
    }

    @Test("a slot beyond the day is refused, not cut off")
    func refusesSlotsBeyondTheDay() {
        let text = String(decoding: EventCodec.encode(SampleEvents.bookings[0]), as: UTF8.self)
        let beyond = Array(text.replacing("[3,4]", with: "[3,24]").utf8)
        #expect(throws: EventDecodingError.malformed(Self.created, .numberOutOfRange)) {
            try EventCodec.bookingEvent(Self.created, beyond)
        }
    }

    @Test("old versions are brought to the present one step at a time; a missing step is said")
    func upcasts() throws {
        // Versions -1 and 0 of this test had no consultation type, and called the zone `zone`.
        let oldest = WireType("BookingCreated", dataVersion: -1)
        let old = WireType("BookingCreated", dataVersion: 0)
        let renameZone: Upcasters.Step = { (value) throws(JSONError) in
            guard case .object(let members) = value else { throw JSONError(.unexpectedKind) }
            return .object(members.map { $0.name == "zone" ? JSONMember("timeZone", $0.value) : $0 })
        }
        let addType: Upcasters.Step = { (value) throws(JSONError) in
            guard case .object(let members) = value else { throw JSONError(.unexpectedKind) }
            return .object(members + [JSONMember("consultationType", .string("standard"))])
        }
        let text = String(decoding: EventCodec.encode(SampleEvents.bookings[0]), as: UTF8.self)
            .replacing(#","consultationType":"standard""#, with: "").replacing("timeZone", with: "zone")

        func read(_ type: WireType, _ upcasters: Upcasters) throws -> BookingEvent {
            var decoder = try EventDecoder(upcasters: upcasters)
            return try Array(text.utf8).withUnsafeBytes { try decoder.bookingEvent(type, $0) }
        }
        #expect(try read(oldest, Upcasters([oldest: renameZone, old: addType])) == SampleEvents.bookings[0])
        #expect(throws: EventDecodingError.unknownVersion(oldest)) { try read(oldest, Upcasters([oldest: renameZone])) }
        #expect(throws: EventDecodingError.unknownVersion(old)) { try read(old, .standard) }
    }

    @Test(
        "events hold no personal data, and no free text but an operator's reason: these are all their names"
    )
    func holdsOnlyKnownNames() throws {
        let allowed: Set<String> = [
            "bookingId", "practitionerId", "patientId", "country", "slotStart", "slotEnd", "localDate", "slots",
            "timeZone",
            "consultationType", "reason", "cancelledBy", "from", "to", "cause", "number", "displayName", "specialty",
            "languages", "location", "lat", "lon", "street", "postalCode", "city", "dayStart", "slotMinutes",
            "consultationTypes", "code", "acceptsNewPatients", "zoneRules", "schedule", "validFrom", "weekly", "day",
            "sessions", "start", "end", "exception", "exceptionId", "kind", "changedFields", "days", "date", "bitmap",
            "nextAvailable", "sources", "booking-events", "practitioner-events", "operationId", "operation", "phase",
            "details", "name", "value",
        ]
        func names(_ value: JSONValue) -> Set<String> {
            switch value {
            case .object(let members): members.reduce(into: []) { $0.formUnion(names($1.value).union([$1.name])) }
            case .array(let elements): elements.reduce(into: []) { $0.formUnion(names($1)) }
            default: []
            }
        }
        for example in Self.golden { #expect(names(try parseJSON(example.written)).isSubset(of: allowed)) }
    }
}
