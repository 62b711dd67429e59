package import Domain
import JSON

/// Reads events from their JSON bytes, one after the other, with one parser whose buffers are used again.
///
/// Members that it does not know are passed over, so that a field can be added without a new version.
package struct EventDecoder: ~Copyable {
    private var scanner: JSONScanner
    private let upcasters: Upcasters

    /// A decoder with a parser of its own; keep it for as long as there is something to read.
    ///
    /// - Parameter upcasters: Steps from old versions; tests bring their own.
    /// - Throws: `EventDecodingError.malformed` when there is no memory for the parser.
    package init(upcasters: Upcasters = .standard) throws(EventDecodingError) {
        do { scanner = try JSONScanner() } catch { throw .malformed(WireType(""), error.fault) }
        self.upcasters = upcasters
    }

    /// Reads what happened to a booking.
    ///
    /// - Throws: `EventDecodingError`.
    package mutating func bookingEvent(
        _ type: WireType, _ data: UnsafeRawBufferPointer
    ) throws(EventDecodingError) -> BookingEvent {
        switch type.name {
        case "BookingCreated": .created(try read(type, data) { n throws(JSONError) in try BookingCreated(n) })
        case "BookingCancelled": .cancelled(try read(type, data) { n throws(JSONError) in try BookingCancelled(n) })
        case "BookingRescheduled":
            .rescheduled(try read(type, data) { n throws(JSONError) in try BookingRescheduled(n) })
        case "BookingDisplaced": .displaced(try read(type, data) { n throws(JSONError) in try BookingDisplaced(n) })
        default: throw .unknownType(type)
        }
    }

    /// Reads what happened to a practitioner.
    ///
    /// - Throws: `EventDecodingError`.
    package mutating func practitionerEvent(
        _ type: WireType, _ data: UnsafeRawBufferPointer
    ) throws(EventDecodingError) -> PractitionerEvent {
        switch type.name {
        case "PractitionerRegistered":
            .registered(try read(type, data) { n throws(JSONError) in try PractitionerRegistered(n) })
        case "PractitionerUpdated":
            .updated(try read(type, data) { n throws(JSONError) in try PractitionerUpdated(n) })
        case "PractitionerDeactivated":
            .deactivated(
                try read(type, data) { n throws(JSONError) in
                    PractitionerDeactivated(practitionerID: try n.id("practitionerId"), country: try n.country())
                })
        case "PractitionerActivated":
            .activated(
                try read(type, data) { n throws(JSONError) in
                    PractitionerActivated(practitionerID: try n.id("practitionerId"), country: try n.country())
                })
        case "ScheduleSet": .scheduleSet(try read(type, data) { n throws(JSONError) in try ScheduleSet(n) })
        case "ExceptionAdded":
            .exceptionAdded(
                try read(type, data) { n throws(JSONError) in
                    ExceptionAdded(
                        practitionerID: try n.id("practitionerId"), country: try n.country(),
                        exception: try ScheduleException(n.required("exception")))
                })
        case "ExceptionRemoved":
            .exceptionRemoved(
                try read(type, data) { n throws(JSONError) in
                    ExceptionRemoved(
                        practitionerID: try n.id("practitionerId"), country: try n.country(),
                        exception: try ScheduleException(n.required("exception")))
                })
        default: throw .unknownType(type)
        }
    }

    /// Reads which fields of a patient changed.
    ///
    /// - Throws: `EventDecodingError`.
    package mutating func patientEvent(
        _ type: WireType, _ data: UnsafeRawBufferPointer
    ) throws(EventDecodingError) -> PatientEvent {
        switch type.name {
        case "PatientRegistered": .registered(try read(type, data) { n throws(JSONError) in try PatientChange(n) })
        case "PatientUpdated": .updated(try read(type, data) { n throws(JSONError) in try PatientChange(n) })
        default: throw .unknownType(type)
        }
    }

    /// Reads a change of free slots.
    ///
    /// - Throws: `EventDecodingError`.
    package mutating func availabilityChanged(
        _ type: WireType, _ data: UnsafeRawBufferPointer
    ) throws(EventDecodingError) -> AvailabilityChanged {
        guard type.name == AvailabilityChanged.wireType.name else { throw .unknownType(type) }
        return try read(type, data) { n throws(JSONError) in try AvailabilityChanged(n) }
    }

    /// Reads what was done to the system.
    ///
    /// - Throws: `EventDecodingError`.
    package mutating func operation(
        _ type: WireType, _ data: UnsafeRawBufferPointer
    ) throws(EventDecodingError) -> OperationRecorded {
        guard type.name == OperationRecorded.wireType.name else { throw .unknownType(type) }
        return try read(type, data) { n throws(JSONError) in try OperationRecorded(n) }
    }

    private mutating func read<T>(
        _ type: WireType, _ data: UnsafeRawBufferPointer, _ body: (JSONNode) throws(JSONError) -> T
    ) throws(EventDecodingError) -> T {
        if type.dataVersion == EventCodec.presentVersion {
            do { return try scanner.scan(data, body) } catch { throw .malformed(type, error.fault) }
        }
        let present = try upcasters.upcast(data, of: type, to: EventCodec.presentVersion)
        do { return try scanner.scan(present, body) } catch { throw .malformed(type, error.fault) }
    }
}
