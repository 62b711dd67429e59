import AuditReport
import AvailabilityProjection
import Domain
import EventStore
import JSON
import ProjectionRunner

extension AvailabilityAsOf {
    static let columns = [
        "practitionerId", "timeZone", "asOf", "date", "wasTrue", "wasShown", "shownState", "differs", "epoch",
        "bookingPosition", "practitionerPosition", "explainedBy",
    ]

    /// One row a day.
    var records: [AuditRecord] {
        days.map { day in
            var record = AuditRecord()
            record.add("practitionerId", "\(practitionerID)")
            record.add("timeZone", timeZone)
            record.add("asOf", moment.text())
            record.add("date", "\(day.date)")
            record.add("wasTrue", day.wasTrue.bitmap)
            record.add("wasShown", day.wasShown.slots?.bitmap)
            record.add("shownState", day.wasShown.name)
            record.add("differs", day.wasShown.slots.map { .bool($0 != day.wasTrue) } ?? .null)
            record.add("epoch", shown?.epoch)
            record.add("bookingPosition", shown?.bookings)
            record.add("practitionerPosition", shown?.practitioners)
            record.add("explainedBy", .json(day.causes))
            return record
        }
    }
}

extension AvailabilityAsOf.Shown {
    fileprivate var slots: SlotMask? {
        switch self {
        case .page(let slots), .computed(let slots): slots
        case .quarantined, .unknown: nil
        }
    }

    fileprivate var name: String {
        switch self {
        case .page: "page"
        case .computed: "computed"
        case .quarantined: "quarantined"
        case .unknown: "unknown"
        }
    }
}

extension AvailabilityAsOf.Day {
    fileprivate var causes: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for event in explainedBy {
            writer.beginObject()
            writer.key("eventId")
            writer.string(event.event.metadata.eventID.description)
            writer.key("type")
            writer.string(event.event.wireType.name)
            writer.key("recordedAt")
            writer.string(event.event.recordedAt.text())
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }
}
