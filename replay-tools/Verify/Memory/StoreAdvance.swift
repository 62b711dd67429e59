import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner

/// Brings what is remembered to newer positions: bookings change cells, calendars are folded anew of whoever has an
/// event in theirs.
struct StoreAdvance: Sendable {
    /// Positions of one partition.
    struct Target: Sendable {
        var bookings: Int64
        var calendars: Int64
    }

    /// More events than this are slower to read by position than everything is to fold.
    static let eventsMax: Int64 = 400_000
    /// Calendars are read by index, one after the other.
    static let calendarsMax = 5_000

    let connections: Connections
    let models: RememberedModels
    /// By partition: whose events are passed over by a model, and who waits in one.
    let kept: [KeptOut]

    /// Reads what happened up to the targets, one a partition.
    ///
    /// - Returns: How many events were read.
    /// - Throws: `MemoryFile.Unusable`; `Unreachable`; errors of a store that is damaged.
    func run(to targets: [Target]) async throws -> Int {
        let lacking = zip(models.partitions, targets).reduce(Int64(0)) { sum, pair in
            sum + max(0, pair.1.bookings - pair.0.bookings.sequence)
                + max(0, pair.1.calendars - pair.0.calendars.sequence)
        }
        if lacking > Self.eventsMax {
            throw MemoryFile.Unusable(reason: "\(lacking) events have happened since what is remembered")
        }
        let partitions = Array(zip(models.partitions, targets))
        return try await Beside.each(partitions) { partition, target in
            try await bring(partition, to: target)
        }.reduce(0, +)
    }

    private func bring(_ partition: RememberedPartition, to target: Target) async throws -> Int {
        for id in kept[partition.shard.number].skips.keys
        where Int(KafkaPartitioner.partition(of: id)) == partition.shard.number {
            partition.distrust(id)
        }
        var booked: [PositionedEvent] = []
        partition.bookings = try await read(connections.booking, partition.shard, partition.bookings, target.bookings) {
            booked.append($0)
        }
        for event in booked { apply(event, to: partition) }
        var changed: Set<PractitionerID> = []
        var count = booked.count
        partition.calendars = try await read(
            connections.practitioner, partition.shard, partition.calendars, target.calendars
        ) { event in
            changed.insert(PractitionerID(high: event.key.high, low: event.key.low))
            count += 1
        }
        if changed.count > Self.calendarsMax {
            throw MemoryFile.Unusable(reason: "\(changed.count) calendars of a partition have changed")
        }
        if !changed.isEmpty { try await foldAnew(changed.sorted(), partition) }
        return count
    }

    /// Reads the positions after one, and the event at it, which must be the one that is remembered.
    ///
    /// - Returns: The new position.
    private func read(
        _ database: Connections.Database, _ shard: Shard, _ known: RememberedPartition.Position, _ target: Int64,
        _ take: (PositionedEvent) -> Void
    ) async throws -> RememberedPartition.Position {
        func fetch(after position: Int64, through end: Int64) async throws -> [PositionedEvent] {
            let limit = Int(min(end - position, Int64(EventReader.limitMax)))
            if limit <= 0 { return [] }
            return try await Unreachable.naming(database.dependency) {
                try await EventReader(database.pool).positions(of: shard, after: position, limit: limit)
            }
        }
        var position = known
        var events = try await fetch(after: max(known.sequence - 1, 0), through: max(target, known.sequence))
        if known.sequence > 0 {
            guard events.first?.event.metadata.eventID == known.event else {
                throw MemoryFile.Unusable(
                    reason:
                        "the \(database.name) database has another event, or none, at position \(known.sequence) of "
                        + "shard \(shard.number)")
            }
            events.removeFirst()
        }
        while let newest = events.last {
            for event in events { take(event) }
            position = RememberedPartition.Position(newest)
            events = try await fetch(after: position.sequence, through: target)
        }
        return position
    }

    private func apply(_ event: PositionedEvent, to partition: RememberedPartition) {
        let id = PractitionerID(high: event.key.high, low: event.key.low)
        guard let content = try? EventCodec.bookingEvent(event.event.wireType, event.event.data) else {
            return partition.distrust(id)
        }
        // Whoever has no cell yet gets all bookings with it.
        guard let (bucket, cell) = partition.seat(of: id) else { return }
        for change in content.slotChanges(of: id) {
            guard let day = partition.day(change.date) else { continue }
            bucket.book(change.slots, isTaken: change.isTaken, cell, day: day)
        }
    }

    private func foldAnew(_ ids: [PractitionerID], _ partition: RememberedPartition) async throws {
        let kept = kept[partition.shard.number]
        let calendars = try await Unreachable.naming(connections.practitioner.dependency) {
            try await CalendarHistory.read(
                of: ids, partition.shard, upTo: partition.calendars.sequence, without: kept, zones: connections.zones,
                EventReader(connections.practitioner.pool))
        }
        let new = ids.filter { partition.seat(of: $0) == nil && calendars.entries[$0] != nil }
        let bookings = try await Unreachable.naming(connections.booking.dependency) {
            try await BookedHistory.read(
                of: new, partition.shard, upTo: partition.bookings.sequence, without: kept,
                since: models.days.lowerBound, EventReader(connections.booking.pool))
        }
        for id in ids {
            let isNew = partition.seat(of: id) == nil
            try CalendarSeat(models, partition).fold(id, calendars)
            if isNew, let (bucket, cell) = partition.seat(of: id) {
                for day in 0..<partition.dayCount {
                    let date = models.days.lowerBound.adding(days: day)
                    bucket.setBooked(bookings.booked(id, on: date, upTo: bookings.head), cell, day: day)
                }
            }
            if calendars.unreadable[id] != nil || bookings.unreadable[id] != nil { partition.distrust(id) }
        }
    }
}

/// Gives practitioners their cells and writes what is open into them.
struct CalendarSeat {
    private let models: RememberedModels
    private let partition: RememberedPartition

    init(_ models: RememberedModels, _ partition: RememberedPartition) {
        self.models = models
        self.partition = partition
    }

    /// Folds somebody's calendar as far as it goes; whoever is not registered has no cell.
    ///
    /// - Throws: `EventStoreError.streamHole`; `ZoneError`.
    func fold(_ id: PractitionerID, _ calendars: CalendarHistory) throws {
        guard let folded = try calendars.fold(id, upTo: calendars.head) else { return }
        let zone = models.place(ofZone: folded.calendar.grid.zone)
        let place =
            partition.place(id.high, id.low)
            ?? partition.seat(id, folded.calendar.country, number: folded.number, zone: zone)
        let bucket = partition.buckets[place / RememberedBucket.cells]
        for day in 0..<partition.dayCount {
            let open = folded.calendar.open(on: models.days.lowerBound.adding(days: day))
            bucket.setOpen(open, place % RememberedBucket.cells, day: day)
        }
    }
}

extension RememberedPartition.Position {
    /// The position of an event.
    init(_ event: PositionedEvent) {
        self.init(sequence: event.position, event: event.event.metadata.eventID)
    }
}
