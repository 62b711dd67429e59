/// Everything that can happen to a booking; no case is ever renamed or removed, the log still holds it.
package enum BookingEvent: Hashable, Sendable {
    case created(BookingCreated)
    case cancelled(BookingCancelled)
    case rescheduled(BookingRescheduled)
    case displaced(BookingDisplaced)
}

extension BookingEvent: DomainEvent {
    package var wireType: WireType {
        switch self {
        case .created: WireType("BookingCreated")
        case .cancelled: WireType("BookingCancelled")
        case .rescheduled: WireType("BookingRescheduled")
        case .displaced: WireType("BookingDisplaced")
        }
    }

    package var country: CountryCode {
        switch self {
        case .created(let event): event.country
        case .cancelled(let event): event.country
        case .rescheduled(let event): event.country
        case .displaced(let event): event.country
        }
    }

    package var topic: Topic? { .bookingEvents }

    package var keys: [PractitionerID] {
        switch self {
        case .created(let event): [event.practitionerID]
        case .cancelled(let event): [event.practitionerID]
        case .displaced(let event): [event.practitionerID]
        case .rescheduled(let event) where event.from.practitionerID == event.to.practitionerID:
            [event.to.practitionerID]
        case .rescheduled(let event): [event.from.practitionerID, event.to.practitionerID]
        }
    }

    /// The booking that it happened to.
    package var bookingID: BookingID {
        switch self {
        case .created(let event): event.bookingID
        case .cancelled(let event): event.bookingID
        case .rescheduled(let event): event.bookingID
        case .displaced(let event): event.bookingID
        }
    }

    /// Whose booking it is, by id alone.
    package var patientID: PatientID {
        switch self {
        case .created(let event): event.patientID
        case .cancelled(let event): event.patientID
        case .rescheduled(let event): event.patientID
        case .displaced(let event): event.patientID
        }
    }
}

/// A booking was made and holds its slots.
package struct BookingCreated: Hashable, Sendable {
    /// The booking, under the id that it keeps for life.
    package var bookingID: BookingID
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The patient, by id alone.
    package var patientID: PatientID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// When the visit begins.
    package var slotStart: Instant
    /// Elapsed time after `slotStart`: slots x slotMinutes.
    package var slotEnd: Instant
    /// The grid day, which is not always the date on the wall at `slotStart`.
    package var localDate: LocalDate
    /// The slots of that day that it holds, consecutive.
    package var slots: SlotMask
    /// The practice's IANA zone.
    package var timeZone: String
    /// The code of the consultation type.
    package var consultationType: String

    /// Takes the fields of CONTRACT section 3.
    package init(
        bookingID: BookingID, practitionerID: PractitionerID, patientID: PatientID, country: CountryCode,
        slotStart: Instant, slotEnd: Instant, localDate: LocalDate, slots: SlotMask, timeZone: String,
        consultationType: String
    ) {
        self.bookingID = bookingID
        self.practitionerID = practitionerID
        self.patientID = patientID
        self.country = country
        self.slotStart = slotStart
        self.slotEnd = slotEnd
        self.localDate = localDate
        self.slots = slots
        self.timeZone = timeZone
        self.consultationType = consultationType
    }
}

/// Why a booking was given up, as its caller chose.
package enum CancellationReason: String, CaseIterable, Hashable, Sendable {
    case patientRequest = "patient_request"
    case practitionerUnavailable = "practitioner_unavailable"
    case noLongerNeeded = "no_longer_needed"
    case other
}

/// A booking was given up and its slots are free again.
package struct BookingCancelled: Hashable, Sendable {
    /// The booking, under the id that it keeps for life.
    package var bookingID: BookingID
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The patient, by id alone.
    package var patientID: PatientID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// When the visit would have begun.
    package var slotStart: Instant
    /// The grid day of the slots that are free now.
    package var localDate: LocalDate
    /// The slots that are free now.
    package var slots: SlotMask
    /// Why, as the caller chose.
    package var reason: CancellationReason
    /// In which role somebody cancelled it; who it was stands in the event's metadata.
    package var cancelledBy: Role

    /// Takes the fields of CONTRACT section 3.
    package init(
        bookingID: BookingID, practitionerID: PractitionerID, patientID: PatientID, country: CountryCode,
        slotStart: Instant, localDate: LocalDate, slots: SlotMask, reason: CancellationReason, cancelledBy: Role
    ) {
        self.bookingID = bookingID
        self.practitionerID = practitionerID
        self.patientID = patientID
        self.country = country
        self.slotStart = slotStart
        self.localDate = localDate
        self.slots = slots
        self.reason = reason
        self.cancelledBy = cancelledBy
    }
}

/// One side of a move: the slots of a practitioner's day that a booking held or holds.
package struct BookedPlace: Hashable, Sendable {
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// When the visit begins.
    package var slotStart: Instant
    /// The grid day.
    package var localDate: LocalDate
    /// The slots of that day, consecutive.
    package var slots: SlotMask

    /// Takes the fields of CONTRACT section 3.
    package init(practitionerID: PractitionerID, slotStart: Instant, localDate: LocalDate, slots: SlotMask) {
        self.practitionerID = practitionerID
        self.slotStart = slotStart
        self.localDate = localDate
        self.slots = slots
    }
}

/// A booking left its slots for others, maybe another practitioner's.
///
/// Published once for each practitioner that it touches; a consumer applies the side that is the record's key.
package struct BookingRescheduled: Hashable, Sendable {
    /// The booking, under the id that it keeps for life.
    package var bookingID: BookingID
    /// Whose booking it is now: `to.practitionerID`.
    package var practitionerID: PractitionerID { to.practitionerID }
    /// The patient, by id alone.
    package var patientID: PatientID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// The side that is free again.
    package var from: BookedPlace
    /// The side that is taken now.
    package var to: BookedPlace

    /// Takes the fields of CONTRACT section 3.
    package init(
        bookingID: BookingID, patientID: PatientID, country: CountryCode, from: BookedPlace, to: BookedPlace
    ) {
        self.bookingID = bookingID
        self.patientID = patientID
        self.country = country
        self.from = from
        self.to = to
    }
}

/// A slot of a confirmed booking is not open any more; the booking stays confirmed until somebody moves or cancels it.
package struct BookingDisplaced: Hashable, Sendable {
    /// The booking, under the id that it keeps for life.
    package var bookingID: BookingID
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The patient, by id alone.
    package var patientID: PatientID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// When the visit begins.
    package var slotStart: Instant
    /// The grid day.
    package var localDate: LocalDate
    /// The slots of that day, consecutive.
    package var slots: SlotMask
    /// The practitioner's event that closed the slot.
    package var cause: EventID

    /// Takes the fields of CONTRACT section 3.
    package init(
        bookingID: BookingID, practitionerID: PractitionerID, patientID: PatientID, country: CountryCode,
        slotStart: Instant, localDate: LocalDate, slots: SlotMask, cause: EventID
    ) {
        self.bookingID = bookingID
        self.practitionerID = practitionerID
        self.patientID = patientID
        self.country = country
        self.slotStart = slotStart
        self.localDate = localDate
        self.slots = slots
        self.cause = cause
    }
}
