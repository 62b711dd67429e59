import Domain
import EventStore

/// Bookings as events, the same every time: for figures of parts that come after the HTTP edge.
struct BookingHistory: Sendable {
    static let practitionerCount = 2_000
    private static let country = CountryCode("fr")
    /// The high word of the ids of all events, so that a reader of the log finds the number in the low one.
    private static let idsHigh: UInt64 = 0x0190_0000_0000_7000

    /// The first event is that of this booking.
    let first: Int

    /// One `BookingCreated` with the sizes of real ones.
    func event(_ index: Int) -> EventToAppend? {
        guard let country = Self.country else { return nil }
        let number = UInt64(first + index)
        var random = SeededGenerator(seed: number)
        let slot = Int.random(in: 0..<24, using: &random)
        let date = LocalDate(days: 20_800 + Int32.random(in: 0..<14, using: &random))
        let start = Instant(microseconds: (Int64(date.days) * 86_400 + 7 * 3_600 + Int64(slot) * 1_800) * 1_000_000)
        let practitioner = UInt64.random(in: 0..<UInt64(Self.practitionerCount), using: &random)
        let created = BookingCreated(
            bookingID: BookingID(high: Self.idsHigh, low: number),
            practitionerID: PractitionerID(high: Self.idsHigh + 1, low: practitioner),
            patientID: PatientID(high: Self.idsHigh + 2, low: random.next()), country: country, slotStart: start,
            slotEnd: Instant(microseconds: start.microseconds + 1_800_000_000), localDate: date,
            slots: SlotMask(first: slot, count: 1), timeZone: "Europe/Paris", consultationType: "standard")
        let metadata = EventMetadata(
            eventID: EventID(high: Self.idsHigh, low: number), occurredAt: start,
            correlationID: "bench-\(number)", actorRole: "staff", actorSubject: "bench",
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", zoneRules: "2026a")
        return EventToAppend(.created(created), version: 1, metadata: metadata)
    }

    /// Which event has this id; nil for ids of others.
    static func number(of id: EventID) -> Int? { id.high == idsHigh ? Int(exactly: id.low) : nil }
}
