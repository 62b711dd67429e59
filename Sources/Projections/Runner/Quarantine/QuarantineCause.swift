package import Domain
package import EventStore

/// An event that a model cannot take in, and whose it is; says nothing of its data.
package struct QuarantineCause: Error, Hashable, Sendable {
    /// Whose sequence waits: of a move between two practitioners, the side that is judged.
    package let practitioner: PractitionerID
    /// Nil where neither the record nor anybody else says it.
    package var country: CountryCode?
    /// Where the event was published.
    package let topic: Topic
    /// `ce_sequence`; nil in topics without, and while it is not known.
    package var position: Int64?
    /// Where the record stood in the log; nil for an event that was met in the store.
    package var offset: Int64?
    /// Nil where the record does not say.
    package var eventID: EventID?
    /// Its name and the version of its data.
    package let type: WireType
    /// Why not, in one line.
    package let fault: String

    /// Names an event of the store.
    package init(
        _ practitioner: PractitionerID, country: CountryCode?, topic: Topic, position: Int64? = nil,
        eventID: EventID?, _ type: WireType, fault: String
    ) {
        self.practitioner = practitioner
        self.country = country
        self.topic = topic
        self.position = position
        self.eventID = eventID
        self.type = type
        self.fault = fault
    }

    /// Names an event as a model got it.
    package init(_ record: ProjectionRecord, fault: String) {
        self.init(
            record.key, country: record.country, topic: record.topic,
            position: record.sequence > 0 ? record.sequence : nil, eventID: record.eventID, record.wireType,
            fault: fault)
        offset = record.offset >= 0 ? record.offset : nil
    }
}

extension QuarantineCause {
    /// Why an event cannot be read, in one line, without the data.
    package static func fault(_ error: any Error) -> String {
        (error as? EventDecodingError)?.fault ?? "it cannot be taken in"
    }
}

extension QuarantineCause: CustomStringConvertible {
    /// For operators: `position 7 of booking-events (BookingCreated version 2): written by a newer program`.
    package var description: String {
        let place = position.map { "position \($0) of " } ?? offset.map { "offset \($0) of " } ?? "an event of "
        return "\(place)\(topic.name) (\(type.name) version \(type.dataVersion)): \(fault)"
    }
}

extension EventDecodingError {
    /// What could not be read.
    package var type: WireType {
        switch self {
        case .unknownType(let type), .unknownVersion(let type), .malformed(let type, _): type
        }
    }

    /// Why not, in one line, without the data.
    package var fault: String {
        switch self {
        case .unknownType: "no event of this name is known"
        case .unknownVersion: "this version is not known: written by a newer program"
        case .malformed(_, let fault): "the data is not what its version says: \(fault)"
        }
    }
}

extension ProjectionRecord {
    /// Where it happened, as `ce_source` says it; nil where the header is damaged, or it came from the store.
    package var country: CountryCode? {
        header("ce_source").flatMap { source in
            source.split(separator: "/").first.flatMap { CountryCode($0) }
        }
    }
}
