import AvailabilityProjection
import Domain
import EventStore
import JSON

/// The event that decided what a thing that differs must be: the last one that said something about it.
struct DifferenceCause: Hashable, Sendable {
    /// Where it was published.
    let topic: Topic
    /// Its position there.
    let position: Int64
    let event: EventID
    let type: WireType
    let occurredAt: Instant

    /// For people.
    var words: String { "\(type.name) \(event) at \(occurredAt), position \(position) of \(topic.name)" }

    /// Finds it; nil where no event says anything about the thing.
    ///
    /// - Throws: `Unreachable`; `EventStoreError`.
    static func find(_ difference: Difference, _ connections: Connections) async throws -> DifferenceCause? {
        guard let id = difference.practitioner, difference.kind != .unreadable else { return nil }
        let shard = Shard(Int(KafkaPartitioner.partition(of: id)))
        if difference.kind == .slots, let date = difference.date, let slots = difference.bookedSlots, !slots.isEmpty {
            let found = try await last(.bookingEvents, connections.booking, id, shard, since: date) { event in
                guard let content = try? EventCodec.bookingEvent(event.event.wireType, event.event.data) else {
                    return true
                }
                return content.touches(id, date, slots)
            }
            if let found { return found }
        }
        return try await last(.practitionerEvents, connections.practitioner, id, shard, since: nil) { _ in true }
    }

    private static func last(
        _ topic: Topic, _ database: Connections.Database, _ id: PractitionerID, _ shard: Shard, since date: LocalDate?,
        where says: (PositionedEvent) -> Bool
    ) async throws -> DifferenceCause? {
        let events = try await Unreachable.naming(database.dependency) {
            try await EventReader(database.pool).events(of: id, shard, through: .max, relevantSince: date)
        }
        return events.last(where: says).map { found in
            DifferenceCause(
                topic: topic, position: found.position, event: found.event.metadata.eventID,
                type: found.event.wireType, occurredAt: found.event.metadata.occurredAt)
        }
    }
}

extension Difference {
    /// The slots whose bookings differ; nil where one of both sides is not known.
    fileprivate var bookedSlots: SlotMask? {
        guard let held = held.flatMap(Self.booked), let expected = expected.flatMap(Self.booked) else { return nil }
        return SlotMask(rawValue: held.rawValue ^ expected.rawValue)
    }

    /// Reads `open … booked …`.
    private static func booked(_ words: String) -> SlotMask? {
        words.split(separator: " ").last.flatMap { SlotMask(bitmap: $0) }
    }
}

extension BookingEvent {
    /// Whether it takes or gives back one of these slots.
    fileprivate func touches(_ id: PractitionerID, _ date: LocalDate, _ slots: SlotMask) -> Bool {
        func hits(_ practitioner: PractitionerID, _ day: LocalDate, _ mask: SlotMask) -> Bool {
            practitioner == id && day == date && !mask.intersection(slots).isEmpty
        }
        switch self {
        case .created(let event): return hits(event.practitionerID, event.localDate, event.slots)
        case .cancelled(let event): return hits(event.practitionerID, event.localDate, event.slots)
        case .displaced: return false
        case .rescheduled(let event):
            return hits(event.from.practitionerID, event.from.localDate, event.from.slots)
                || hits(event.to.practitionerID, event.to.localDate, event.to.slots)
        }
    }
}
