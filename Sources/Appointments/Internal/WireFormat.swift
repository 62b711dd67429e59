import BookingCommands
import Domain
import EventStore
import JSON
import PractitionerCommands

/// How roles write to each other what they would hand over in one process.
enum WireFormat {
    /// What came over the wire is not what this program writes.
    struct Unreadable: Error {}

    static func encode(_ changes: [PractitionerChange]) -> [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        for change in changes {
            json.beginObject()
            json.key("version")
            json.int(change.version)
            json.key("id")
            json.string(change.id.description)
            json.key("type")
            json.string(change.event.wireType.name)
            json.key("dataVersion")
            json.int(change.event.wireType.dataVersion)
            json.key("data")
            json.raw(EventCodec.encode(change.event))
            json.endObject()
        }
        json.endArray()
        return json.bytes
    }

    static func changes(_ bytes: [UInt8]) throws -> [PractitionerChange] {
        guard let entries = try parseJSON(bytes).arrayValue else { throw Unreadable() }
        return try entries.map { entry in
            guard let version = entry["version"]?.intValue, let id = entry["id"]?.stringValue.flatMap({ EventID($0) }),
                let type = entry["type"]?.stringValue, let dataVersion = entry["dataVersion"]?.intValue,
                let data = entry["data"]
            else { throw Unreadable() }
            let wireType = WireType(type, dataVersion: Int(dataVersion))
            let event = try EventCodec.practitionerEvent(wireType, data.serialized())
            return PractitionerChange(version: version, id: id, event: event)
        }
    }

    static func encode(_ bookings: [DisplacedBooking]) -> [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        for booking in bookings {
            json.beginArray()
            json.string(booking.bookingID.description)
            json.string(booking.patientID.description)
            json.int(booking.slotStart.microseconds)
            json.int(booking.slotEnd.microseconds)
            json.endArray()
        }
        json.endArray()
        return json.bytes
    }

    static func displaced(_ bytes: [UInt8]) throws -> [DisplacedBooking] {
        guard let entries = try parseJSON(bytes).arrayValue else { throw Unreadable() }
        return try entries.map { entry in
            guard let parts = entry.arrayValue, parts.count == 4,
                let booking = parts[0].stringValue.flatMap({ BookingID($0) }),
                let patient = parts[1].stringValue.flatMap({ PatientID($0) }), let start = parts[2].intValue,
                let end = parts[3].intValue
            else { throw Unreadable() }
            return DisplacedBooking(
                bookingID: booking, patientID: patient, slotStart: Instant(microseconds: start),
                slotEnd: Instant(microseconds: end))
        }
    }

    static func encode(_ patients: [PatientID]) -> [UInt8] {
        var json = JSONWriter(capacity: 40 * patients.count + 2)
        json.beginArray()
        for patient in patients { json.string(patient.description) }
        json.endArray()
        return json.bytes
    }

    static func patients(_ bytes: [UInt8]) throws -> [PatientID] {
        guard let entries = try parseJSON(bytes).arrayValue else { throw Unreadable() }
        return try entries.map { entry in
            guard let id = entry.stringValue.flatMap({ PatientID($0) }) else { throw Unreadable() }
            return id
        }
    }

    static func encode(_ days: ColdAvailability.Days) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("version")
        json.int(days.calendarVersion)
        json.key("free")
        json.beginArray()
        for mask in days.free { json.int(mask.rawValue) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    static func days(_ bytes: [UInt8]) throws -> ColdAvailability.Days {
        let json = try parseJSON(bytes)
        guard let version = json["version"]?.intValue, let free = json["free"]?.arrayValue else { throw Unreadable() }
        return ColdAvailability.Days(
            calendarVersion: version,
            free: try free.map { mask in
                guard let bits = mask.intValue.flatMap({ UInt32(exactly: $0) }) else { throw Unreadable() }
                return SlotMask(rawValue: bits)
            })
    }
}
