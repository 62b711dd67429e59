import Domain
import EventStore
import ProjectionRunner

/// What a batch of events does to free slots.
struct BatchChanges: Sendable {
    /// Slots of a grid day that a booking took or gave back.
    struct Booked: Sendable {
        let practitioner: Int  // index in `practitioners`
        let date: LocalDate
        let slots: SlotMask
        let isBooked: Bool
        let sequence: Int64
    }

    /// One practitioner that the batch is about.
    struct Practitioner: Sendable {
        let id: PractitionerID
        /// Nil where the directory knows it.
        var country: CountryCode?
        /// The days that bookings touched.
        var dates: [LocalDate] = []
        /// The last event of practitioner-events that can change what is open.
        var calendarSequence: Int64?
        /// The version of the stream after the last event of practitioner-events.
        var version: Int64 = 0
        /// Index of the newest event in the batch.
        var newest: Int
    }

    /// An event that cannot be read.
    struct Unreadable: Sendable {
        let index: Int  // in the batch
        let cause: QuarantineCause
    }

    var booked: [Booked] = []
    var practitioners: [Practitioner] = []
    /// Of each practitioner the first such event; nothing that came after it is in here.
    var unreadable: [Unreadable] = []
}

/// Reads batches, with parsers whose buffers are used again.
struct BatchDecoder: ~Copyable {
    private var slots: SlotEffectReader
    private var events: EventDecoder
    private var places: [PractitionerID: Int] = [:]
    private var stopped: Set<PractitionerID> = []

    init(_ upcasters: Upcasters = .standard) throws {
        let slots = try SlotEffectReader(upcasters)
        let events = try EventDecoder(upcasters: upcasters)
        self.slots = slots
        self.events = events
    }

    /// Reads a batch.
    ///
    /// - Parameters:
    ///   - records: In order.
    ///   - isKnown: Whether the directory has a practitioner already, so that the country need not be read.
    /// - Returns: What the batch does, practitioner by practitioner, and whose events cannot be read.
    mutating func read(_ records: [ProjectionRecord], isKnown: (PractitionerID) -> Bool) -> BatchChanges {
        var changes = BatchChanges()
        changes.booked.reserveCapacity(records.count)
        places.removeAll(keepingCapacity: true)
        stopped.removeAll()
        for (index, record) in records.enumerated() {
            if !stopped.isEmpty, stopped.contains(record.key) { continue }
            let place = place(of: record, index, &changes)
            do {
                if record.topic == .bookingEvents {
                    let needsCountry = changes.practitioners[place].country == nil && !isKnown(record.key)
                    try readBooking(record, place, needsCountry ? .slotsAndCountry : .slots, &changes)
                } else {
                    try readPractitioner(record, place, &changes)
                }
            } catch {
                stopped.insert(record.key)
                changes.unreadable.append(
                    BatchChanges.Unreadable(
                        index: index,
                        cause: QuarantineCause(
                            record, fault: QuarantineCause.fault(error))))
            }
        }
        return changes
    }

    private mutating func place(of record: ProjectionRecord, _ index: Int, _ changes: inout BatchChanges) -> Int {
        if let place = places[record.key] {
            changes.practitioners[place].newest = index
            return place
        }
        changes.practitioners.append(BatchChanges.Practitioner(id: record.key, newest: index))
        places[record.key] = changes.practitioners.count - 1
        return changes.practitioners.count - 1
    }

    private mutating func readPractitioner(
        _ record: ProjectionRecord, _ place: Int, _ changes: inout BatchChanges
    ) throws {
        let event = try record.withData { try events.practitionerEvent(record.wireType, $0) }
        changes.practitioners[place].country = event.country
        changes.practitioners[place].version = max(changes.practitioners[place].version, record.streamVersion ?? 0)
        if case .updated = event { return }
        changes.practitioners[place].calendarSequence = record.sequence
    }

    private mutating func readBooking(
        _ record: ProjectionRecord, _ place: Int, _ parts: SlotEffectReader.Parts, _ changes: inout BatchChanges
    ) throws {
        let effects = try record.withData { try slots.read(record.wireType, $0, parts) }
        if let country = effects.country { changes.practitioners[place].country = country }
        for (effect, isBooked) in [(effects.released, false), (effects.taken, true)] {
            // Of a move between two practitioners, only this one's side.
            guard let effect, effect.practitioner == nil || effect.practitioner == record.key else { continue }
            changes.booked.append(
                BatchChanges.Booked(
                    practitioner: place, date: effect.date, slots: effect.slots, isBooked: isBooked,
                    sequence: record.sequence))
            if changes.practitioners[place].dates.last != effect.date {
                changes.practitioners[place].dates.append(effect.date)
            }
        }
    }
}
