import Domain
import EventStore

/// One partition under construction: everybody whose registration has come, what is open, and which slots are booked.
///
/// Bookings may come in any order, because each does the opposite of the one before it to the same slots; what happened
/// to a practitioner is taken in by versions, and what comes too early waits.
struct FoldTable: Sendable {
    /// What an event that cannot be read says of itself.
    struct Unreadable: Hashable, Sendable {
        let topic: Topic
        /// Its number in the store.
        let number: Int64
        let eventID: EventID
        let type: WireType
        let country: CountryCode?
        /// Why not, in one line.
        let fault: String
    }

    /// One practitioner, as far as free slots go.
    struct Entry: Sendable {
        let id: PractitionerID
        let country: CountryCode
        let number: Int32
        var version: Int32
        /// The last event that is in.
        var newest: EventID
        var calendar: WindowedCalendar
    }

    /// A change that came before the ones in front of it.
    private struct Early {
        let step: CalendarStep
        let version: Int64
        let event: EventID
    }

    /// Slots of somebody whose registration is not here.
    struct Unplaced: Sendable {
        let id: PractitionerID
        let country: CountryCode
        let effect: SlotEffect
    }

    private struct Ordered {
        let id: PractitionerID
        let effect: SlotEffect
        let number: Int64
        let takes: Bool
    }

    /// The days that are kept.
    let days: ClosedRange<LocalDate>
    private(set) var entries: [Entry] = []
    /// `days.count` masks an entry.
    private var booked: [UInt32] = []
    private var places: [PractitionerID: Int32] = [:]
    private var early: [PractitionerID: [Early]] = [:]
    private(set) var unplaced: [Unplaced] = []
    /// Slots of those whose bookings have to be taken in in their order: an event of theirs is left out, so that the
    /// next one does not do the opposite of the one before.
    private var ordered: [Ordered] = []
    private let inOrder: Set<PractitionerID>
    /// Practitioners with an event that cannot be read, each with the first such.
    private(set) var unreadable: [PractitionerID: Unreadable] = [:]
    /// When the newest event that is in was stored.
    private(set) var asOf: Instant?

    private let dayCount: Int

    init(days: ClosedRange<LocalDate>, inOrder: Set<PractitionerID> = []) {
        self.days = days
        self.inOrder = inOrder
        dayCount = days.lowerBound.days(until: days.upperBound) + 1
    }

    /// What is booked of an entry on a day.
    func booked(_ entry: Int, on date: LocalDate) -> SlotMask {
        SlotMask(rawValue: booked[entry * dayCount + days.lowerBound.days(until: date)])
    }

    /// Whether the registration is in.
    func holds(_ id: PractitionerID) -> Bool { places[id] != nil }

    /// Notes when an event was stored.
    mutating func note(_ recordedAt: Instant) { asOf = max(asOf ?? recordedAt, recordedAt) }

    /// Notes an event that cannot be read; what its practitioner has is not to be trusted any more.
    mutating func note(_ event: Unreadable, of id: PractitionerID) {
        if let known = unreadable[id], known.topic != event.topic || known.number <= event.number { return }
        unreadable[id] = event
    }

    /// Goes on from what a round has of somebody, before anything that came after it is taken in; booked days that are
    /// not kept are left out.
    mutating func restore(_ entry: Entry, booked taken: [AvailabilityBaseline.BookedDay]) {
        let place = entries.count
        append(entry)
        for day in taken where days.contains(day.date) {
            booked[place * dayCount + days.lowerBound.days(until: day.date)] = day.slots.rawValue
        }
    }

    // MARK: calendars

    /// Takes in what happened to a practitioner, now or when its turn has come.
    ///
    /// - Throws: `EventStoreError.streamHole` for a history that begins with something else than a registration.
    mutating func take(
        _ step: CalendarStep, of id: PractitionerID, _ country: CountryCode, version: Int64, _ event: EventID
    ) throws(EventStoreError) {
        let place = places[id].map { Int($0) }
        let present = place.map { Int64(entries[$0].version) } ?? 0
        guard version == present + 1 else {
            early[id, default: []].append(Early(step: step, version: version, event: event))
            return
        }
        if let place {
            apply(step, version: version, event, to: place)
        } else {
            try admit(step, id, country, event)
        }
        if !early.isEmpty, early[id] != nil { takeEarly(of: id) }
    }

    private mutating func admit(
        _ step: CalendarStep, _ id: PractitionerID, _ country: CountryCode, _ event: EventID
    ) throws(EventStoreError) {
        guard case .registered(let number, let grid) = step, let number = Int32(exactly: number) else {
            throw .streamHole(StreamName(id), expectedVersion: 1)
        }
        append(
            Entry(
                id: id, country: country, number: number, version: 1, newest: event,
                calendar: WindowedCalendar(grid: grid)))
    }

    private mutating func append(_ entry: Entry) {
        places[entry.id] = Int32(entries.count)
        entries.append(entry)
        booked.append(contentsOf: repeatElement(0, count: dayCount))
    }

    private mutating func apply(_ step: CalendarStep, version: Int64, _ event: EventID, to place: Int) {
        entries[place].version = Int32(clamping: version)
        entries[place].newest = event
        switch step {
        case .registered, .nothing: break
        case .active(let isActive): entries[place].calendar.setActive(isActive)
        case .week(let schedule): entries[place].calendar.set(schedule, within: days)
        case .added(let exception): entries[place].calendar.add(exception, within: days)
        case .removed(let id): entries[place].calendar.remove(id)
        }
    }

    private mutating func takeEarly(of id: PractitionerID) {
        guard let place = places[id].map({ Int($0) }), var waiting = early.removeValue(forKey: id) else { return }
        waiting.sort { $0.version > $1.version }
        while let next = waiting.last, next.version == Int64(entries[place].version) + 1 {
            apply(next.step, version: next.version, next.event, to: place)
            waiting.removeLast()
        }
        if !waiting.isEmpty { early[id] = waiting }
    }

    /// A stream with a version missing in between; nil where all are whole.
    ///
    /// Those with an event that cannot be read are known to be damaged already.
    var hole: EventStoreError? {
        for (id, _) in early where unreadable[id] == nil {
            let present = places[id].map { Int64(entries[Int($0)].version) } ?? 0
            return .streamHole(StreamName(id), expectedVersion: present + 1)
        }
        return nil
    }

    // MARK: bookings

    /// Takes slots, or gives them back: which of both, the slots know.
    ///
    /// Where an event is left out they do not: then the order counts, which the number of the event says.
    mutating func toggle(
        _ id: PractitionerID, _ country: CountryCode, _ effect: SlotEffect, _ number: Int64, takes: Bool
    ) {
        guard days.contains(effect.date) else { return }
        if !inOrder.isEmpty, inOrder.contains(id) {
            ordered.append(Ordered(id: id, effect: effect, number: number, takes: takes))
            return
        }
        toggle(id, country, effect)
    }

    private mutating func toggle(_ id: PractitionerID, _ country: CountryCode, _ effect: SlotEffect) {
        guard let place = places[id] else {
            unplaced.append(Unplaced(id: id, country: country, effect: effect))
            return
        }
        booked[Int(place) * dayCount + days.lowerBound.days(until: effect.date)] ^= effect.slots.rawValue
    }

    /// Takes in what was kept for its order, once everything has come.
    mutating func takeInOrder() {
        for step in ordered.sorted(by: { $0.number < $1.number }) {
            guard let place = places[step.id] else { continue }
            let index = Int(place) * dayCount + days.lowerBound.days(until: step.effect.date)
            let slots = step.effect.slots.rawValue
            booked[index] = step.takes ? booked[index] | slots : booked[index] & ~slots
        }
        ordered = []
    }

    /// Makes room for those whose registration came after the snapshot of calendars, and gives them their bookings;
    /// what is open comes with the registration, from the log.
    ///
    /// - Parameter known: Where the pages have each of them.
    /// - Throws: `EventStoreError.streamHole` for somebody who is nowhere.
    mutating func place(_ known: [PractitionerID: PractitionerPlace]) throws(EventStoreError) {
        let waiting = unplaced
        unplaced = []
        for booking in waiting {
            if unreadable[booking.id] != nil { continue }
            if !holds(booking.id) {
                guard let place = known[booking.id], let number = Int32(exactly: place.number) else {
                    throw .streamHole(StreamName(booking.id), expectedVersion: 1)
                }
                append(
                    Entry(
                        id: booking.id, country: booking.country, number: number, version: 0,
                        newest: EventID(high: 0, low: 0), calendar: WindowedCalendar(grid: place.calendar.grid)))
            }
            toggle(booking.id, booking.country, booking.effect)
        }
    }
}
