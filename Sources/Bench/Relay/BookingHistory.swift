import Domain
import EventStore

/// Bookings as events, the same every time: for figures of parts that come after the HTTP edge.
struct BookingHistory: Sendable {
    static let practitionerCount = 2_000
    /// Distinct slots of all practitioners within the 14 days that have pages.
    static let slotCount = practitionerCount * SlotMask.slotsPerDay * 13

    /// The high word of the ids of all events, so that a reader of the log finds the number in the low one.
    private static let idsHigh: UInt64 = 0x0190_0000_0000_7000
    private static let variant: UInt64 = 0x8000_0000_0000_0000

    let country: CountryCode
    /// Grid day of the first bookings.
    let firstDay: LocalDate
    /// Where the numbers in ids begin, beside other histories in the same store.
    var idsFrom = 0
    /// So many bookings are another history's; this one goes on after them.
    var skipping = 0

    /// The practitioner of that number.
    static func practitioner(_ number: Int) -> PractitionerID {
        PractitionerID(high: idsHigh + 1, low: variant | UInt64(number))
    }

    /// One `BookingCreated` with the sizes of real ones; neighbours belong to different practitioners.
    func event(_ index: Int) -> EventToAppend {
        let created = booking(index)
        let metadata = EventMetadata(
            eventID: EventID(high: Self.idsHigh, low: Self.variant | UInt64(idsFrom + skipping + index)),
            occurredAt: created.slotStart, correlationID: "bench-\(index)", actorRole: "staff", actorSubject: "bench",
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", zoneRules: "2026a")
        return EventToAppend(.created(created), version: 1, metadata: metadata)
    }

    /// The booking of that number.
    func booking(_ index: Int) -> BookingCreated {
        let number = skipping + index
        let place = number / Self.practitionerCount
        let (date, slot) = (firstDay.adding(days: place / SlotMask.slotsPerDay), place % SlotMask.slotsPerDay)
        let start = Instant(microseconds: (Int64(date.days) * 86_400 + 7 * 3_600 + Int64(slot) * 1_800) * 1_000_000)
        let id = Self.variant | UInt64(idsFrom + number)
        return BookingCreated(
            bookingID: BookingID(high: Self.idsHigh, low: id),
            practitionerID: Self.practitioner(number % Self.practitionerCount),
            patientID: PatientID(high: Self.idsHigh + 2, low: id), country: country, slotStart: start,
            slotEnd: Instant(microseconds: start.microseconds + 1_800_000_000), localDate: date,
            slots: SlotMask(first: slot, count: 1), timeZone: "Europe/Paris", consultationType: "standard")
    }

    /// Which event has this id; nil for ids of others.
    func number(of id: EventID) -> Int? {
        guard id.high == Self.idsHigh, let number = Int(exactly: id.low & ~Self.variant) else { return nil }
        return number - idsFrom - skipping
    }
}

/// Registrations as events: each practitioner with a place in the pages and a week that is open all day.
struct RegistrationHistory {
    let country: CountryCode
    let today: LocalDate
    private var numbers = [Int](repeating: 0, count: Shard.count)

    init(country: CountryCode, today: LocalDate) {
        self.country = country
        self.today = today
    }

    /// `PractitionerRegistered` and `ScheduleSet` of the practitioner of that number; call it in the order of numbers.
    mutating func events(_ number: Int) throws -> [EventToAppend] {
        let id = BookingHistory.practitioner(number)
        guard let evening = LocalTime("20:00") else { throw WrongAnswer("20:00 is no time") }
        let shard = RecordKey(id).shard.number
        defer { numbers[shard] += 1 }
        let registered = PractitionerRegistered(
            practitionerID: id, country: country, number: numbers[shard], displayName: "Dr Bench \(number)",
            specialty: "cardiology", languages: ["fr"],
            location: Location(
                latitude: 48.5 + Double(number % 1_000) / 1_000, longitude: 1.9 + Double(number % 997) / 997,
                street: "\(number) rue de la Paix", postalCode: "75002", city: "Paris"),
            timeZone: "Europe/Paris", dayStart: .eight, slotMinutes: 30, consultationTypes: [.standard],
            acceptsNewPatients: true, zoneRules: "2026a")
        let week = WeeklySchedule(
            validFrom: today.adding(days: -7),
            days: Weekday.allCases.map { DaySessions(day: $0, sessions: [Session(start: .eight, end: evening)]) })
        let schedule = ScheduleSet(practitionerID: id, country: country, schedule: week, zoneRules: "2026a")
        return [
            EventToAppend(.registered(registered), version: 1, metadata: metadata(number * 2)),
            EventToAppend(.scheduleSet(schedule), version: 2, metadata: metadata(number * 2 + 1)),
        ]
    }

    private func metadata(_ number: Int) -> EventMetadata {
        EventMetadata(
            eventID: EventID(high: 0x0190_0000_0000_7003, low: 0x8000_0000_0000_0000 | UInt64(number)),
            occurredAt: MachineClock().now(), correlationID: "bench-\(number)", actorRole: "staff",
            actorSubject: "bench", zoneRules: "2026a")
    }
}
