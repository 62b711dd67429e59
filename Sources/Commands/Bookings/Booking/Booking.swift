package import Domain

/// A visit that somebody booked, as its events made it.
package struct Booking: Hashable, Sendable {
    /// Whether the visit will take place.
    package enum Status: String, Hashable, Sendable {
        /// It holds its slots.
        case confirmed
        /// It was given up, for good.
        case cancelled
    }

    /// Its id for life.
    package var id: BookingID
    /// Where the practice is.
    package var country: CountryCode
    /// Confirmed or cancelled.
    package var status: Status
    /// Version of the booking's stream, from 1; the ETag of the booking.
    package var version: Int64
    /// Who comes.
    package var patientID: PatientID
    /// The code of the kind of visit.
    package var consultationType: String
    /// Where and when the visit takes place.
    package var place: Place
    /// Who made the booking: a partner sees only what it made.
    package var madeBy: Maker
    /// When it was made, by booking's clock.
    package var createdAt: Instant
    /// When its last event happened.
    package var updatedAt: Instant

    /// The slots of one practitioner's day that a visit takes.
    package struct Place: Hashable, Sendable {
        /// Whose time it is.
        package var practitionerID: PractitionerID
        /// When the visit begins.
        package var slotStart: Instant
        /// Elapsed time: slots x slot length after `slotStart`.
        package var slotEnd: Instant
        /// The grid day that the visit belongs to: the date on which the grid starts.
        package var localDate: LocalDate
        /// The slots of that day, consecutive, at least one.
        package var slots: SlotMask
        /// The practice's IANA zone.
        package var timeZone: String

        /// This place as one side of a move.
        var side: BookedPlace {
            BookedPlace(practitionerID: practitionerID, slotStart: slotStart, localDate: localDate, slots: slots)
        }
    }

    /// The caller on whose behalf a booking was made.
    package struct Maker: Hashable, Sendable {
        /// What the caller was, as in the token.
        package var role: String
        /// The token's `sub`.
        package var subject: String

        /// Takes two claims of a token.
        package init(role: String, subject: String) {
            self.role = role
            self.subject = subject
        }
    }
}

extension Booking.Place {
    /// The place of a visit that was just decided.
    init(_ placement: Placement) {
        self.init(
            practitionerID: placement.practitionerID, slotStart: placement.start, slotEnd: placement.end,
            localDate: placement.date, slots: placement.slots, timeZone: placement.timeZone)
    }
}

extension Booking {
    /// The booking that a creation makes.
    init(_ event: BookingCreated, madeBy: Maker, at time: Instant) {
        self.init(
            id: event.bookingID, country: event.country, status: .confirmed, version: 1, patientID: event.patientID,
            consultationType: event.consultationType,
            place: Place(
                practitionerID: event.practitionerID, slotStart: event.slotStart, slotEnd: event.slotEnd,
                localDate: event.localDate, slots: event.slots, timeZone: event.timeZone),
            madeBy: madeBy, createdAt: time, updatedAt: time)
    }

    /// The booking after its next event, which happened at `time`; `place` is where a move takes it.
    func evolved(by event: BookingEvent, to place: Place?, at time: Instant) -> Booking {
        var next = self
        next.version += 1
        next.updatedAt = time
        switch event {
        case .created: preconditionFailure("a booking is created once, by its first event")
        case .cancelled: next.status = .cancelled
        case .rescheduled: next.place = place ?? self.place
        case .displaced: break
        }
        return next
    }
}
