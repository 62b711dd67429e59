import AvailabilityProjection
import Domain
import EventStore
import JSON

/// The event that decided what a thing that differs must be: the last one that changed it.
///
/// The last event of a practitioner need not be it: whoever renames a practice decides nothing about its hours.
struct DifferenceCause: Hashable, Sendable {
    /// Where it was published.
    let topic: Topic
    /// Its position there.
    let position: Int64
    let event: EventID
    let type: WireType
    let occurredAt: Instant
    private let recordedAt: Instant

    fileprivate init(_ topic: Topic, _ found: PositionedEvent) {
        self.topic = topic
        position = found.position
        event = found.event.metadata.eventID
        type = found.event.wireType
        occurredAt = found.event.metadata.occurredAt
        recordedAt = found.event.recordedAt
    }

    /// For people.
    var words: String { "\(type.name) \(event) at \(occurredAt), position \(position) of \(topic.name)" }

    /// Finds it; nil where no event says anything about the thing.
    ///
    /// - Throws: `Unreachable`; `EventStoreError`.
    static func find(_ difference: Difference, _ connections: Connections) async throws -> DifferenceCause? {
        guard let id = difference.practitioner, difference.kind != .unreadable else { return nil }
        let history = PractitionerStory(connections: connections, id: id)
        if difference.kind == .slots, let date = difference.date {
            let planes = difference.differingSlots
            // What is free follows from both.
            let booked = (planes["booked"] ?? .empty).union(planes["free"] ?? .empty)
            let open = (planes["open"] ?? .empty).union(planes["free"] ?? .empty)
            let causes = [
                try await history.booking(of: booked, on: date), try await history.opening(of: open, on: date),
            ].compactMap { $0 }
            if let newest = causes.max(by: { $0.recordedAt < $1.recordedAt }) { return newest }
            if let opened = try await history.opening(of: .all, on: date) { return opened }
        }
        if difference.kind == .profile { return try await history.naming(difference.differingFields) }
        return try await history.last()
    }
}

/// What the stores say of one practitioner.
private struct PractitionerStory {
    let connections: Connections
    let id: PractitionerID

    private func events(_ database: Connections.Database, since date: LocalDate?) async throws -> [PositionedEvent] {
        let shard = Shard(Int(KafkaPartitioner.partition(of: id)))
        return try await Unreachable.naming(database.dependency) {
            try await EventReader(database.pool).events(of: id, shard, through: .max, relevantSince: date)
        }
    }

    private func stream() async throws -> [PositionedEvent] { try await events(connections.practitioner, since: nil) }

    /// The last event about the practitioner.
    func last() async throws -> DifferenceCause? {
        try await stream().last.map { DifferenceCause(.practitionerEvents, $0) }
    }

    /// The last one that took or gave back one of these slots; one that cannot be read may have.
    func booking(of slots: SlotMask, on date: LocalDate) async throws -> DifferenceCause? {
        if slots.isEmpty { return nil }
        return try await events(connections.booking, since: date).last { event in
            guard let content = try? EventCodec.bookingEvent(event.event.wireType, event.event.data) else {
                return true
            }
            return content.touches(id, date, slots)
        }.map { DifferenceCause(.bookingEvents, $0) }
    }

    /// The last one after which another set of these slots was open on a day; one that cannot be read may be it.
    func opening(of slots: SlotMask, on date: LocalDate) async throws -> DifferenceCause? {
        if slots.isEmpty { return nil }
        var calendar: PractitionerCalendar?
        var (open, found): (SlotMask?, PositionedEvent?) = (nil, nil)
        for event in try await stream() {
            let version = event.event.version
            guard let content = try? EventCodec.practitionerEvent(event.event.wireType, event.event.data) else {
                found = event
                continue
            }
            if case .registered(let registered) = content, calendar == nil {
                calendar = try? PractitionerCalendar(registered, version: version, zones: connections.zones)
            } else {
                calendar?.evolve(content, version: version)
            }
            let now = calendar?.open(on: date).intersection(slots)
            if now != open { (open, found) = (now, event) }
        }
        return found.map { DifferenceCause(.practitionerEvents, $0) }
    }

    /// The last one that said something about one of these fields of the profile; one that cannot be read may have.
    func naming(_ fields: Set<ProfileField>) async throws -> DifferenceCause? {
        try await stream().last { event in
            guard let content = try? EventCodec.practitionerEvent(event.event.wireType, event.event.data) else {
                return true
            }
            return fields.isEmpty || !content.fields.isDisjoint(with: fields)
        }.map { DifferenceCause(.practitionerEvents, $0) }
    }
}

/// A field of a public profile, as differences name it.
enum ProfileField: String, CaseIterable, Sendable {
    case active, name, specialty, languages, city, zone
    /// Any other.
    case profile
}

extension PractitionerEvent {
    /// What it says something about.
    fileprivate var fields: Set<ProfileField> {
        switch self {
        case .registered: return Set(ProfileField.allCases)
        case .deactivated, .activated: return [.active]
        case .updated(let update):
            var fields: Set<ProfileField> = []
            if update.displayName != nil { fields.insert(.name) }
            if update.specialty != nil { fields.insert(.specialty) }
            if update.languages != nil { fields.insert(.languages) }
            if update.location != nil { fields.formUnion([.city, .profile]) }
            if update.consultationTypes != nil || update.acceptsNewPatients != nil { fields.insert(.profile) }
            return fields
        default: return []
        }
    }
}

extension Difference {
    /// The slots of each plane (`open`, `booked`, `free`) that differ; a side that holds nothing has none.
    fileprivate var differingSlots: [String: SlotMask] {
        let (left, right) = (Self.planes(held), Self.planes(expected))
        var differing: [String: SlotMask] = [:]
        for name in Set(left.keys).union(right.keys) {
            let bits = (left[name] ?? .empty).rawValue ^ (right[name] ?? .empty).rawValue
            differing[name] = SlotMask(rawValue: bits)
        }
        return differing
    }

    /// Reads `open … booked …` and `free …`.
    private static func planes(_ words: String?) -> [String: SlotMask] {
        let parts = (words ?? "").split(separator: " ")
        var planes: [String: SlotMask] = [:]
        for (name, bits) in zip(parts, parts.dropFirst()) {
            if let mask = SlotMask(bitmap: bits) { planes[String(name)] = mask }
        }
        return planes
    }

    /// The fields of a profile that differ.
    fileprivate var differingFields: Set<ProfileField> {
        let parts = [held, expected].compactMap { $0 }.joined(separator: ", ").split(separator: ", ")
        return Set(parts.compactMap { $0.split(separator: " ").first.flatMap { ProfileField(rawValue: String($0)) } })
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
