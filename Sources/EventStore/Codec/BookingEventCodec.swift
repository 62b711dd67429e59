package import Domain
import JSON

extension EventCodec {
    /// The JSON bytes of an event about a booking.
    package static func encode(_ event: BookingEvent) -> [UInt8] {
        var writer = JSONWriter(capacity: 384)
        writer.beginObject()
        switch event {
        case .created(let event): encode(event, &writer)
        case .cancelled(let event): encode(event, &writer)
        case .rescheduled(let event): encode(event, &writer)
        case .displaced(let event): encode(event, &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    private static func encode(_ event: BookingCreated, _ writer: inout JSONWriter) {
        parties(event.bookingID, event.practitionerID, event.patientID, event.country, &writer)
        writer.instant("slotStart", event.slotStart)
        writer.instant("slotEnd", event.slotEnd)
        writer.date("localDate", event.localDate)
        writer.slots(event.slots)
        writer.text("timeZone", event.timeZone)
        writer.text("consultationType", event.consultationType)
    }

    private static func encode(_ event: BookingCancelled, _ writer: inout JSONWriter) {
        parties(event.bookingID, event.practitionerID, event.patientID, event.country, &writer)
        writer.instant("slotStart", event.slotStart)
        writer.date("localDate", event.localDate)
        writer.slots(event.slots)
        writer.text("reason", event.reason.rawValue)
        writer.text("cancelledBy", event.cancelledBy.rawValue)
    }

    private static func encode(_ event: BookingRescheduled, _ writer: inout JSONWriter) {
        parties(event.bookingID, event.practitionerID, event.patientID, event.country, &writer)
        for (name, place) in [("from", event.from), ("to", event.to)] {
            writer.key(name)
            writer.beginObject()
            writer.id("practitionerId", place.practitionerID)
            writer.instant("slotStart", place.slotStart)
            writer.date("localDate", place.localDate)
            writer.slots(place.slots)
            writer.endObject()
        }
    }

    private static func encode(_ event: BookingDisplaced, _ writer: inout JSONWriter) {
        parties(event.bookingID, event.practitionerID, event.patientID, event.country, &writer)
        writer.instant("slotStart", event.slotStart)
        writer.date("localDate", event.localDate)
        writer.slots(event.slots)
        writer.id("cause", event.cause)
    }

    private static func parties(
        _ booking: BookingID, _ practitioner: PractitionerID, _ patient: PatientID, _ country: CountryCode,
        _ writer: inout JSONWriter
    ) {
        writer.id("bookingId", booking)
        writer.id("practitionerId", practitioner)
        writer.id("patientId", patient)
        writer.text("country", country.text)
    }
}

extension BookingCreated {
    init(_ node: JSONNode) throws(JSONError) {
        self.init(
            bookingID: try node.id("bookingId"), practitionerID: try node.id("practitionerId"),
            patientID: try node.id("patientId"), country: try node.country(), slotStart: try node.instant("slotStart"),
            slotEnd: try node.instant("slotEnd"), localDate: try node.date("localDate"), slots: try node.slots(),
            timeZone: try node.text("timeZone"), consultationType: try node.text("consultationType"))
    }
}

extension BookingCancelled {
    init(_ node: JSONNode) throws(JSONError) {
        self.init(
            bookingID: try node.id("bookingId"), practitionerID: try node.id("practitionerId"),
            patientID: try node.id("patientId"), country: try node.country(), slotStart: try node.instant("slotStart"),
            localDate: try node.date("localDate"), slots: try node.slots(), reason: try node.value("reason"),
            cancelledBy: try node.value("cancelledBy"))
    }
}

extension BookingRescheduled {
    init(_ node: JSONNode) throws(JSONError) {
        self.init(
            bookingID: try node.id("bookingId"), patientID: try node.id("patientId"), country: try node.country(),
            from: try BookedPlace(node.required("from")), to: try BookedPlace(node.required("to")))
    }
}

extension BookedPlace {
    init(_ node: JSONNode) throws(JSONError) {
        self.init(
            practitionerID: try node.id("practitionerId"), slotStart: try node.instant("slotStart"),
            localDate: try node.date("localDate"), slots: try node.slots())
    }
}

extension BookingDisplaced {
    init(_ node: JSONNode) throws(JSONError) {
        self.init(
            bookingID: try node.id("bookingId"), practitionerID: try node.id("practitionerId"),
            patientID: try node.id("patientId"), country: try node.country(), slotStart: try node.instant("slotStart"),
            localDate: try node.date("localDate"), slots: try node.slots(), cause: try node.id("cause"))
    }
}
