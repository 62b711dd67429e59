import JSON

extension JSONWriter {
    /// Writes a booking; who made it is not shown.
    mutating func booking(_ booking: BookingDocument) {
        beginObject()
        key("bookingId")
        identifier(booking.id)
        key("status")
        string(booking.status.rawValue)
        key("version")
        int(booking.version)
        key("practitionerId")
        identifier(booking.practitionerID)
        key("patientId")
        identifier(booking.patientID)
        key("consultationType")
        string(booking.consultationType)
        slotMembers(booking.slot)
        key("timeZone")
        string(booking.timeZone)
        key("createdAt")
        time(booking.createdAt)
        key("updatedAt")
        time(booking.updatedAt)
        endObject()
    }

    /// Writes `displacedBookings` of the object that is open.
    mutating func displaced(_ bookings: [DisplacedBooking]) {
        key("displacedBookings")
        beginArray()
        for booking in bookings {
            beginObject()
            key("bookingId")
            identifier(booking.bookingID)
            key("patientId")
            identifier(booking.patientID)
            slotMembers(booking.slot)
            endObject()
        }
        endArray()
    }
}
