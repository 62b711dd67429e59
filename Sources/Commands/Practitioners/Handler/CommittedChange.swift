import Domain
import JSON

/// A change that is in the store, on its way to its answer.
struct CommittedChange: Sendable {
    /// What the answer is about.
    var owed: OwedAnswer
    /// The practitioner as the answer shows it; nil: as the history has it at `owed.version`.
    var practitioner: Practitioner?
    /// The change itself; nil where it was made before: the calendar is brought to wherever the stream is now.
    var change: PractitionerChange?
}

/// What must be known to give the answer to a kept change later: stored under the request's key until it is given.
struct OwedAnswer: Hashable, Sendable {
    enum Kind: String, Sendable {
        case registered, updated, switched, scheduled, exceptionAdded, exceptionRemoved
    }

    var kind: Kind
    var practitionerID: PractitionerID
    /// The stream's version that the answer shows.
    var version: Int64
    /// The event whose displaced bookings the answer lists; nil: it lists none.
    var cause: EventID?
    /// The exception that was added.
    var exceptionID: ExceptionID?
}

extension OwedAnswer {
    /// What is to be told of a practitioner that was just brought to `practitioner.streamVersion`, or is there already.
    init(_ command: PractitionerCommand, _ practitioner: Practitioner, exceptionID: ExceptionID?, event: EventID?) {
        practitionerID = practitioner.id
        version = practitioner.streamVersion
        switch command {
        case .register: kind = .registered
        case .update: kind = .updated
        case .setActive(_, let active):
            kind = .switched
            cause = active ? nil : practitioner.activityEvent
        case .setSchedule:
            kind = .scheduled
            cause = practitioner.scheduleEvent
        case .addException:
            kind = .exceptionAdded
            cause = event
            self.exceptionID = exceptionID
        case .removeException: kind = .exceptionRemoved
        }
    }

    /// As it is stored.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("kind")
        writer.string(kind.rawValue)
        writer.key("practitionerId")
        writer.string(practitionerID.description)
        writer.key("version")
        writer.int(version)
        if let cause {
            writer.key("cause")
            writer.string(cause.description)
        }
        if let exceptionID {
            writer.key("exceptionId")
            writer.string(exceptionID.description)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Reads what `bytes` wrote.
    ///
    /// - Throws: `JSONError`, `HandlerFault.foreignOwedAnswer`.
    init(_ bytes: [UInt8]) throws {
        let value = try parseJSON(bytes)
        guard let kind = value["kind"]?.stringValue.flatMap(Kind.init(rawValue:)),
            let practitionerID = value["practitionerId"]?.stringValue.flatMap({ PractitionerID($0) }),
            let version = value["version"]?.intValue
        else { throw HandlerFault.foreignOwedAnswer }
        self.init(
            kind: kind, practitionerID: practitionerID, version: version,
            cause: value["cause"]?.stringValue.flatMap { EventID($0) },
            exceptionID: value["exceptionId"]?.stringValue.flatMap { ExceptionID($0) })
    }
}

/// What stops an answer though its change is kept.
enum HandlerFault: Error, Hashable {
    /// Booking cannot be asked, or cannot apply the change.
    case bookingUnavailable
    /// What is stored under a key was not written by this program.
    case foreignOwedAnswer
    /// A practitioner that has events has no row, or an exception that was added has none.
    case rowMissing
}
