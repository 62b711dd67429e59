import Domain

/// The rules of a booking: no clock, no database, no randomness, no `async`.
enum BookingDecider {
    /// What a command comes to.
    enum Decision: Equatable {
        case append(BookingEvent, Change)
        /// All is as asked for already.
        case unchanged(Booking)
        case refused(BookingRefusal)
        /// Somebody has a slot of it: the alternatives are still to be found.
        case taken(Placement)
        /// There is no such booking, or it is not this caller's.
        case notFound
        /// The booking is at none of the versions that the caller accepts.
        case versionMismatch(current: Int64)
    }

    /// What an event does to slots: which visit leaves, and where the visit is placed.
    struct Change: Equatable {
        var leaves: Booking.Place?
        var takes: Placement?
    }

    /// What a command is judged by beside the booking itself.
    struct Facts {
        var country: Country
        var now: Instant
        var patientExists = true
        /// Nil: booking knows no such practitioner.
        var calendar: PractitionerCalendar?
        /// Whether another booking has one of the slots.
        var isTaken: (Placement) -> Bool
    }

    static func create(_ command: BookingCommand.Create, _ access: BookingAccess, _ facts: Facts) -> Decision {
        guard let calendar = facts.calendar else { return .refused(.unknownPractitioner) }
        guard facts.patientExists, access.permits(bookingFor: command.patientID) else {
            return .refused(.unknownPatient)
        }
        return place(command.slotStart, type: command.consultationType, calendar, facts) { placement in
            let event = BookingCreated(
                bookingID: command.bookingID, practitionerID: command.practitionerID, patientID: command.patientID,
                country: facts.country.code, slotStart: placement.start, slotEnd: placement.end,
                localDate: placement.date, slots: placement.slots, timeZone: placement.timeZone,
                consultationType: command.consultationType)
            return .append(.created(event), Change(leaves: nil, takes: placement))
        }
    }

    static func cancel(_ command: BookingCommand.Cancel, by role: Role, _ booking: Booking) -> Decision {
        if booking.status == .cancelled { return .unchanged(booking) }
        let event = BookingCancelled(
            bookingID: booking.id, practitionerID: booking.place.practitionerID, patientID: booking.patientID,
            country: booking.country, slotStart: booking.place.slotStart, localDate: booking.place.localDate,
            slots: booking.place.slots, reason: command.reason, cancelledBy: role)
        return .append(.cancelled(event), Change(leaves: booking.place, takes: nil))
    }

    static func reschedule(_ command: BookingCommand.Reschedule, _ booking: Booking, _ facts: Facts) -> Decision {
        if booking.status == .cancelled { return .refused(.bookingCancelled) }
        let isSamePractice = (command.practitionerID ?? booking.place.practitionerID) == booking.place.practitionerID
        if isSamePractice, command.slotStart.instant == booking.place.slotStart { return .unchanged(booking) }
        guard let calendar = facts.calendar else { return .refused(.unknownPractitioner) }
        return place(command.slotStart, type: booking.consultationType, calendar, facts) { placement in
            let event = BookingRescheduled(
                bookingID: booking.id, patientID: booking.patientID, country: booking.country,
                from: booking.place.side, to: placement.place)
            return .append(.rescheduled(event), Change(leaves: booking.place, takes: placement))
        }
    }

    private static func place(
        _ start: ParsedTime, type: String, _ calendar: PractitionerCalendar, _ facts: Facts,
        _ decide: (Placement) -> Decision
    ) -> Decision {
        switch Availability.check(
            start, consultationType: type, calendar: calendar, now: facts.now, country: facts.country)
        {
        case .failure(let refusal): .refused(refusal)
        case .success(let placement): facts.isTaken(placement) ? .taken(placement) : decide(placement)
        }
    }
}
