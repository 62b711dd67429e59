import Domain
import EventStore
import Postgres

/// The rows that a batch's decisions come to, in the order in which they go to the database.
struct BookingWrites {
    private var events: [EventToAppend] = []
    private var created: [Booking] = []
    private var changed: [Booking] = []
    private var released: [(booking: BookingID, country: CountryCode, place: Booking.Place)] = []
    private var occupied: [(booking: BookingID, country: CountryCode, placement: Placement)] = []

    var isEmpty: Bool { events.isEmpty }

    /// Adds one decision: its event, the booking that it made, and what it does to slots.
    mutating func add(_ event: EventToAppend, makes booking: Booking, _ change: BookingDecider.Change) {
        events.append(event)
        if booking.version == 1 { created.append(booking) } else { changed.append(booking) }
        if let place = change.leaves { released.append((booking.id, booking.country, place)) }
        if let placement = change.takes { occupied.append((booking.id, booking.country, placement)) }
    }

    /// Each step fails where it does not write all its rows, so that COMMIT can ride behind them.
    ///
    /// Releases come before the guard rows, so that a slot which one command frees is there for the next.
    var steps: [PGStep] {
        var steps = EventAppend(events).steps
        if !released.isEmpty { steps.append(releaseSlots) }
        if !occupied.isEmpty { steps.append(occupySlots) }
        if !created.isEmpty { steps.append(insertBookings) }
        if !changed.isEmpty { steps.append(Self.updateBookings(changed)) }
        return steps
    }

    private var releaseSlots: PGStep {
        PGStep(
            SQL.releaseSlots,
            [
                .textArray(released.map(\.country.text)), .uuidArray(released.map(\.place.practitionerID.pgUUID)),
                .timestampArray(released.map(\.place.slotStart.microseconds)),
                .uuidArray(released.map(\.booking.pgUUID)),
                .int(Int64(released.map(\.place.slots.count).reduce(0, +))),
            ])
    }

    private var occupySlots: PGStep {
        let slots = occupied.flatMap { entry in
            zip(entry.placement.slotStarts, entry.placement.slots.indices).map { (entry, $0, $1) }
        }
        return PGStep(
            SQL.occupySlots,
            [
                .textArray(slots.map(\.0.country.text)), .uuidArray(slots.map(\.0.placement.practitionerID.pgUUID)),
                .timestampArray(slots.map(\.1.microseconds)), .dateArray(slots.map(\.0.placement.date.days)),
                .int4Array(slots.map { Int32($0.2) }), .uuidArray(slots.map(\.0.booking.pgUUID)),
            ])
    }

    private var insertBookings: PGStep {
        PGStep(
            SQL.insertBookings,
            [
                .textArray(created.map(\.country.text)), .uuidArray(created.map(\.id.pgUUID)),
                .uuidArray(created.map(\.place.practitionerID.pgUUID)), .uuidArray(created.map(\.patientID.pgUUID)),
                .textArray(created.map(\.consultationType)),
                .timestampArray(created.map(\.place.slotStart.microseconds)),
                .timestampArray(created.map(\.place.slotEnd.microseconds)),
                .dateArray(created.map(\.place.localDate.days)),
                .int4Array(created.map { Int32($0.place.slots.first ?? 0) }),
                .int4Array(created.map { Int32($0.place.slots.count) }), .textArray(created.map(\.place.timeZone)),
                .textArray(created.map(\.madeBy.role)), .textArray(created.map(\.madeBy.subject)),
                .timestampArray(created.map(\.createdAt.microseconds)),
            ])
    }

    /// Bookings at their next version.
    static func updateBookings(_ changed: [Booking]) -> PGStep {
        PGStep(
            SQL.updateBookings,
            [
                .textArray(changed.map(\.country.text)), .uuidArray(changed.map(\.id.pgUUID)),
                .intArray(changed.map(\.version)), .textArray(changed.map(\.status.rawValue)),
                .uuidArray(changed.map(\.place.practitionerID.pgUUID)),
                .timestampArray(changed.map(\.place.slotStart.microseconds)),
                .timestampArray(changed.map(\.place.slotEnd.microseconds)),
                .dateArray(changed.map(\.place.localDate.days)),
                .int4Array(changed.map { Int32($0.place.slots.first ?? 0) }),
                .int4Array(changed.map { Int32($0.place.slots.count) }), .textArray(changed.map(\.place.timeZone)),
                .timestampArray(changed.map(\.updatedAt.microseconds)),
            ])
    }
}
