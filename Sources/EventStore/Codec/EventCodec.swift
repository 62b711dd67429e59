package import Domain

/// Events to JSON bytes and back; names of members are those of CONTRACT section 3.
///
/// Every (type, version) that was ever written has a golden file under `Tests/Fixtures/events` that is never edited.
package enum EventCodec {
    /// Data version of every event today; an event that gets a second one gets a table here.
    static let presentVersion = 1

    /// Reads one event about a booking; loops keep an `EventDecoder`.
    ///
    /// - Throws: `EventDecodingError`.
    package static func bookingEvent(_ type: WireType, _ data: [UInt8]) throws(EventDecodingError) -> BookingEvent {
        var decoder = try EventDecoder()
        return try data.span.withUnsafeBytes { (bytes) throws(EventDecodingError) in
            try decoder.bookingEvent(type, bytes)
        }
    }

    /// Reads one event about a practitioner; loops keep an `EventDecoder`.
    ///
    /// - Throws: `EventDecodingError`.
    package static func practitionerEvent(
        _ type: WireType, _ data: [UInt8]
    ) throws(EventDecodingError) -> PractitionerEvent {
        var decoder = try EventDecoder()
        return try data.span.withUnsafeBytes { (bytes) throws(EventDecodingError) in
            try decoder.practitionerEvent(type, bytes)
        }
    }

    /// Reads one event about a patient; loops keep an `EventDecoder`.
    ///
    /// - Throws: `EventDecodingError`.
    package static func patientEvent(_ type: WireType, _ data: [UInt8]) throws(EventDecodingError) -> PatientEvent {
        var decoder = try EventDecoder()
        return try data.span.withUnsafeBytes { (bytes) throws(EventDecodingError) in
            try decoder.patientEvent(type, bytes)
        }
    }

    /// Reads one fact about what was done to the system.
    ///
    /// - Throws: `EventDecodingError`.
    package static func operation(_ type: WireType, _ data: [UInt8]) throws(EventDecodingError) -> OperationRecorded {
        var decoder = try EventDecoder()
        return try data.span.withUnsafeBytes { (bytes) throws(EventDecodingError) in
            try decoder.operation(type, bytes)
        }
    }
}
