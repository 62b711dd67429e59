import Domain
import EventStore
import JSON
import ProjectionRunner
import TestSupport
import Testing

@testable import AvailabilityProjection
@testable import ProjectionRunner
@testable import SearchProjection

/// What rounds say is read back as it was, or not at all.
@Suite("Records of baselines")
struct BaselineCodecTests {
    private static let id = PractitionerID(high: 7, low: 9)

    private static func cause() -> QuarantineCause {
        QuarantineCause(
            id, country: CountryCode("fr"), topic: .bookingEvents, position: 12, eventID: EventID(high: 3, low: 4),
            WireType("BookingTeleported", dataVersion: 2), fault: "no event of this name is known")
    }

    private static func availability() throws -> AvailabilityBaseline {
        let (country, day) = (try #require(CountryCode("fr")), LocalDate(days: 20_000))
        let week = WindowedCalendar.Contents.Week(
            validFrom: day, open: (0..<7).map { SlotMask(first: $0, count: 3 + $0) })
        let closed = WindowedCalendar.Contents.Deviation(
            id: ExceptionID(high: 1, low: 2), from: day, to: day.adding(days: 2), slots: .all, isClosed: true)
        let extra = WindowedCalendar.Contents.Deviation(
            id: ExceptionID(high: 1, low: 3), from: day, to: day.adding(days: 9),
            slots: SlotMask(first: 20, count: 4), isClosed: false)
        return AvailabilityBaseline(
            practitioner: AvailabilityBaseline.Practitioner(
                country: country, number: 41, version: 6, newest: EventID(high: 5, low: 6),
                grid: AvailabilityBaseline.GridText(
                    zone: "Europe/Paris", dayStart: try #require(LocalTime("08:15")), slotMinutes: 20),
                calendar: WindowedCalendar.Contents(isActive: false, weeks: [week], deviations: [closed, extra]),
                booked: [
                    AvailabilityBaseline.BookedDay(date: day, slots: SlotMask(first: 0, count: 1)),
                    AvailabilityBaseline.BookedDay(date: day.adding(days: 3), slots: SlotMask(first: 5, count: 2)),
                ]), unreadable: cause())
    }

    private static func document() throws -> SearchDocument {
        let key = SearchKey(try #require(CountryCode("fr")), id)
        var document = SearchDocument(key, partition: Shard(3))
        document.profile = SearchProfile(
            displayName: "Dr. \"Zoë\" Ménard", specialty: "cardiology", languages: ["fr", "de-CH"],
            location: Location(latitude: 48.85, longitude: 2.35, street: "1", postalCode: "75001", city: "Paris"),
            timeZone: "Europe/Paris", dayStart: try #require(LocalTime("08:00")), slotMinutes: 30,
            consultationTypes: [.standard], acceptsNewPatients: false)
        (document.profileSequence, document.profileVersion, document.isActive) = (17, 4, true)
        document.asOf = Instant(seconds: 1_700_000_000)
        return document
    }

    @Test("availability's", arguments: [true, false], [true, false])
    func roundTripsAvailability(hasPlace: Bool, waits: Bool) throws {
        var written = try Self.availability()
        if !hasPlace { written.practitioner = nil }
        if !waits { written.unreadable = nil }
        var reader = try AvailabilityBaselineReader()
        let read = try written.json(of: Self.id).withUnsafeBytes { try reader.read($0, of: Self.id) }
        #expect(read == written)
    }

    @Test("search's", arguments: [true, false], [true, false])
    func roundTripsSearch(hasDocument: Bool, waits: Bool) throws {
        let written = SearchBaseline(
            document: hasDocument ? try Self.document() : nil, unreadable: waits ? Self.cause() : nil)
        var reader = try SearchBaselineReader()
        let read = try written.json(of: Self.id).withUnsafeBytes { try reader.read($0, of: Self.id, Shard(3)) }
        #expect(read == written)
    }

    @Test("the one that ends a round", arguments: [true, false])
    func roundTripsRound(hasDays: Bool) throws {
        let written = BaselineRound(
            id: EventID(high: 1, low: 2), model: "availability", partition: Shard(5), count: 83_000,
            positions: [.bookingEvents: 0, .practitionerEvents: 77],
            days: hasDays ? LocalDate(days: 20_000)...LocalDate(days: 20_034) : nil,
            asOf: hasDays ? Instant(seconds: 1_700_000_000) : nil, takenAt: Instant(seconds: 1_700_000_001))
        var scanner = try JSONScanner()
        let read = try written.json.withUnsafeBytes { bytes in
            try scanner.scan(bytes) { (node) throws(JSONError) in try BaselineRound(node) }
        }
        #expect(read == written)
    }

    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let right: String
        let wrong: String
    }

    static let damages: [Damage] = [
        Damage(
            testDescription: "somebody else's", right: "0007-0000-000000000009",
            wrong: "0007-0000-00000000000a"),
        Damage(testDescription: "no number", right: #""number":41"#, wrong: #""number":-41"#),
        Damage(
            testDescription: "a short bitmap", right: #""date":"2024-10-04","bitmap":"1"#,
            wrong: #""date":"2024-10-04","bitmap":""#),
        Damage(testDescription: "six days a week", right: #""open":["111000000000000000000000","#, wrong: #""open":["#),
        Damage(testDescription: "no zone", right: #""timeZone":"Europe/Paris","#, wrong: ""),
        Damage(
            testDescription: "no such day", right: #""validFrom":"2024-10-04""#, wrong: #""validFrom":"2024-13-04""#),
        Damage(
            testDescription: "a topic that is none of ours", right: #""topic":"booking-events""#, wrong: #""topic":"b""#
        ),
        Damage(testDescription: "cut off", right: "}}", wrong: ""),
    ]

    @Test("a record that is damaged is refused", arguments: damages)
    func refuses(_ damage: Damage) throws {
        let whole = String(decoding: try Self.availability().json(of: Self.id), as: UTF8.self)
        try #require(whole.contains(damage.right), "\(whole)")
        let bytes = Array(whole.replacing(damage.right, with: damage.wrong, maxReplacements: 1).utf8)
        var reader = try AvailabilityBaselineReader()
        #expect(throws: JSONError.self) { try bytes.withUnsafeBytes { try reader.read($0, of: Self.id) } }
    }
}
