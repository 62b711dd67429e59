package import Domain
package import EventStore

/// Why a slot is in its state: everything that opened, closed, took, freed or displaced it, in order, with what each
/// was done because of.
package struct SlotStory: Sendable {
    /// What an event did to the slot.
    package enum Effect: String, CaseIterable, Sendable {
        /// A week, an extra session, the end of a closure, or a return made it bookable.
        case opened
        /// A week, a closure, or a deactivation took it away.
        case closed
        /// A booking holds it now.
        case taken
        /// No booking holds it any more.
        case freed
        /// The booking that holds it lost its place in the calendar, and holds it until it is moved or cancelled.
        case displaced
        /// It did nothing to the slot itself, but something in the chain was done because of it.
        case caused
    }

    /// What the slot is after an event.
    package enum State: String, CaseIterable, Sendable {
        case free
        case booked
        /// Booked, though the calendar has it closed.
        case displaced
        /// It would be open but for a closure, or the practitioner is not active.
        case closed
        /// No week or extra session ever opened it.
        case outsideSchedule = "outside-schedule"
        /// The practitioner is not registered.
        case nobody
    }

    /// One link of the chain.
    package struct Link: Sendable {
        /// The event.
        package let source: AuditEvent
        /// What it did.
        package let effect: Effect
        /// What the slot was afterwards.
        package let state: State
        /// The event in this chain that it was done because of; nil for somebody's own wish.
        package let causedBy: EventID?
    }

    /// Whose slot.
    package let practitionerID: PractitionerID
    /// When it begins.
    package let slotStart: Instant
    /// The grid day and the slot of it.
    package let place: (date: LocalDate, slot: Int)
    /// The practice's IANA zone.
    package let timeZone: String
    /// In the order of time.
    package let links: [Link]
    /// What the slot was at the end of the chain.
    package let state: State

    /// Why there is no story.
    package enum Refusal: Error, Hashable, Sendable {
        /// There was no such practitioner in that country then.
        case unknownPractitioner
        /// The practitioner's grid has no slot that begins then.
        case offGrid
    }

    /// Tells the story of a slot up to a moment.
    ///
    /// - Parameters:
    ///   - start: When the slot begins.
    ///   - id: Whose it is.
    ///   - country: Where the practitioner is.
    ///   - moment: Up to then, what was recorded in this very microsecond included; nil: up to now.
    ///   - reader: Of the histories.
    ///   - zones: Time zones.
    /// - Returns: The chain and where it ends.
    /// - Throws: `Refusal`; `AuditError`; `EventStoreError`; `EventDecodingError`; `PGError`.
    package static func tell(
        _ start: Instant, of id: PractitionerID, in country: CountryCode, asOf moment: Instant? = nil,
        from reader: AuditReader, zones: ZoneDatabase
    ) async throws -> SlotStory {
        // Grid days begin at most a day before or after the date in UTC.
        let since = LocalDate(days: Int32(clamping: start.seconds / 86_400)).adding(days: -2)
        let filter = AuditFilter(
            country: country, to: moment.map { Instant(microseconds: $0.microseconds + 1) }, relevantSince: since)
        let events = try await reader.all(.practitioner(id), filter)
        let past = try PractitionerPast(id, events, zones: zones)
        guard let calendar = try past.calendar(upTo: { _ in true }) else { throw Refusal.unknownPractitioner }
        guard let place = calendar.grid.locate(start) else { throw Refusal.offGrid }
        var teller = Teller(place: place, fold: CalendarFold(id, zones: zones))
        try teller.walk(past)
        var links = teller.links
        links += try await causes(of: links, known: past, country, reader)
        links.sort {
            ($0.source.event.recordedAt, $0.source.event.number) < ($1.source.event.recordedAt, $1.source.event.number)
        }
        return SlotStory(
            practitionerID: id, slotStart: start, place: place, timeZone: calendar.grid.zone, links: links,
            state: teller.state)
    }

    /// Events that links were done because of and that are no links themselves, to the beginning of each chain.
    private static func causes(
        of links: [Link], known past: PractitionerPast, _ country: CountryCode, _ reader: AuditReader
    ) async throws -> [Link] {
        var seen = Set(links.map(\.source.event.metadata.eventID))
        var missing = links.compactMap { link in link.causedBy.map { ($0, link.state) } }
        var found: [Link] = []
        while let (cause, state) = missing.popLast() {
            guard seen.insert(cause).inserted else { continue }
            guard let source = try await reader.all(.event(cause), AuditFilter(country: country)).first else {
                continue
            }
            let earlier = source.event.metadata.causationID.flatMap { EventID($0) }
            found.append(Link(source: source, effect: .caused, state: state, causedBy: earlier))
            if let earlier { missing.append((earlier, state)) }
        }
        return found
    }
}

/// Walks through a practitioner's past in the order of time and keeps what concerns one slot.
private struct Teller {
    let place: (date: LocalDate, slot: Int)
    var fold: CalendarFold
    private(set) var links: [SlotStory.Link] = []
    private var isBooked = false
    private var wasEverOffered = false

    init(place: (date: LocalDate, slot: Int), fold: CalendarFold) {
        self.place = place
        self.fold = fold
    }

    var state: SlotStory.State {
        guard let calendar = fold.calendar else { return .nobody }
        let isOpen = calendar.open(on: place.date).contains(place.slot)
        if isBooked { return isOpen ? .booked : .displaced }
        if isOpen { return .free }
        let isClosed = calendar.closed(on: place.date).contains(place.slot) || !calendar.isActive
        return isClosed && wasEverOffered ? .closed : .outsideSchedule
    }

    private var isOpen: Bool { fold.calendar?.open(on: place.date).contains(place.slot) ?? false }

    /// Both histories by time; each of them in its own order, which times need not follow when clocks are set back.
    mutating func walk(_ past: PractitionerPast) throws {
        var openings = past.openings[...]
        var visits = past.visits[...]
        while let opening = openings.first {
            if let visit = visits.first, visit.source.event.recordedAt < opening.source.event.recordedAt {
                take(visit)
                visits.removeFirst()
            } else {
                try take(opening)
                openings.removeFirst()
            }
        }
        for visit in visits { take(visit) }
    }

    private mutating func take(_ opening: PractitionerPast.Opening) throws {
        let before = isOpen
        try fold.take(opening.event, version: opening.source.event.version)
        wasEverOffered =
            wasEverOffered || isOpen
            || (fold.calendar?.closed(on: place.date).contains(place.slot) ?? false)
        if isOpen != before { add(opening.source, isOpen ? .opened : .closed) }
    }

    private mutating func take(_ visit: PractitionerPast.Visit) {
        if case .displaced(let event) = visit.event, event.localDate == place.date, event.slots.contains(place.slot) {
            add(visit.source, .displaced, because: event.cause)
            return
        }
        let before = isBooked
        for change in visit.changes where change.date == place.date && change.slots.contains(place.slot) {
            isBooked = change.isTaken
        }
        if isBooked != before { add(visit.source, isBooked ? .taken : .freed) }
    }

    private mutating func add(_ source: AuditEvent, _ effect: SlotStory.Effect, because cause: EventID? = nil) {
        let known = source.event.metadata.causationID.flatMap { EventID($0) }
        links.append(SlotStory.Link(source: source, effect: effect, state: state, causedBy: cause ?? known))
    }
}
