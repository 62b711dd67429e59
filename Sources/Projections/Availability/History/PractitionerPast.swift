package import Domain
package import EventStore

/// All that decided about one practitioner's slots, out of both histories, so that it can be folded up to any moment or
/// any position.
package struct PractitionerPast: Sendable {
    /// An event that changed what is open.
    package struct Opening: Sendable {
        /// As it is stored.
        package let source: AuditEvent
        /// What it says.
        package let event: PractitionerEvent
    }

    /// An event that changed what is booked, or says that it was displaced.
    package struct Visit: Sendable {
        /// As it is stored.
        package let source: AuditEvent
        /// What it says.
        package let event: BookingEvent
        /// What it did to this practitioner's slots.
        package let changes: [SlotChange]
    }

    /// Whose past it is.
    package let id: PractitionerID
    /// In the order of versions.
    package let openings: [Opening]
    /// In the order in which they happened.
    package let visits: [Visit]
    private let zones: ZoneDatabase

    /// Takes what an `AuditReader` says of a practitioner, in any order.
    ///
    /// Events in `skipped` are those that an operator decided to do without: where they cannot be read, they count as
    /// events that changed nothing.
    ///
    /// - Throws: `EventDecodingError`.
    package init(
        _ id: PractitionerID, _ events: [AuditEvent], skipped: Set<EventID> = [], zones: ZoneDatabase
    ) throws {
        self.id = id
        self.zones = zones
        openings = try events.filter { $0.database == .practitioner }.sorted { $0.event.version < $1.event.version }
            .map { source in
                do {
                    let event = try EventCodec.practitionerEvent(source.event.wireType, source.event.data)
                    return Opening(source: source, event: event)
                } catch  where skipped.contains(source.event.metadata.eventID) {
                    return Opening(source: source, event: Self.nothing(id, source.event.country))
                }
            }
        visits = try events.filter { $0.database == .booking }.sorted { $0.event.number < $1.event.number }
            .compactMap { source in
                do {
                    let event = try EventCodec.bookingEvent(source.event.wireType, source.event.data)
                    return Visit(source: source, event: event, changes: event.slotChanges(of: id))
                } catch  where skipped.contains(source.event.metadata.eventID) {
                    return nil
                }
            }
    }

    /// The calendar out of the events up to the first that is not reached; nil before the registration.
    ///
    /// - Parameters:
    ///   - reaches: Whether an event is reached.
    ///   - skipped: Events that change nothing though they are reached.
    /// - Returns: The calendar then.
    /// - Throws: `EventStoreError.streamHole`; `ZoneError`.
    package func calendar(
        upTo reaches: (AuditEvent) -> Bool, without skipped: Set<EventID> = []
    ) throws -> PractitionerCalendar? {
        var fold = CalendarFold(id, zones: zones)
        for opening in openings {
            guard reaches(opening.source) else { break }
            let isSkipped = skipped.contains(opening.source.event.metadata.eventID)
            let event = isSkipped ? Self.nothing(id, opening.source.event.country) : opening.event
            try fold.take(event, version: opening.source.event.version)
        }
        return fold.calendar
    }

    /// An event that changes nothing but the version.
    private static func nothing(_ id: PractitionerID, _ country: CountryCode) -> PractitionerEvent {
        .updated(PractitionerUpdated(practitionerID: id, country: country))
    }

    /// The slots of a grid day that confirmed bookings held after the events that belong.
    package func booked(on date: LocalDate, _ belongs: (AuditEvent) -> Bool) -> SlotMask {
        var booked = SlotMask.empty
        for visit in visits where belongs(visit.source) {
            for change in visit.changes { booked = booked.after(change, on: date) }
        }
        return booked
    }

    /// The events of which exactly one of two folds has taken in and that touch these slots of a grid day.
    ///
    /// - Throws: As `calendar`.
    package func between(
        _ one: (AuditEvent) -> Bool, _ other: (AuditEvent) -> Bool, on date: LocalDate, _ slots: SlotMask
    ) throws -> [AuditEvent] {
        var found: [AuditEvent] = []
        var fold = CalendarFold(id, zones: zones)
        for opening in openings {
            let before = fold.calendar?.open(on: date) ?? .empty
            try fold.take(opening.event, version: opening.source.event.version)
            let after = fold.calendar?.open(on: date) ?? .empty
            let changed = before.subtracting(after).union(after.subtracting(before))
            guard one(opening.source) != other(opening.source) else { continue }
            if !changed.intersection(slots).isEmpty { found.append(opening.source) }
        }
        for visit in visits where one(visit.source) != other(visit.source) {
            let touches = visit.changes.contains { $0.date == date && !$0.slots.intersection(slots).isEmpty }
            if touches { found.append(visit.source) }
        }
        return found.sorted { $0.event.recordedAt < $1.event.recordedAt }
    }
}
