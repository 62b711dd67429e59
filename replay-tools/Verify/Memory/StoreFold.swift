import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner
import SearchProjection
import Synchronization

/// Folds both event stores anew, each event read once: calendars a partition after the other, bookings of all
/// partitions in one pass.
///
/// It is written apart from the projectors, so that it does not repeat their mistakes; it shares with them what an
/// event does to a calendar and to slots.
struct StoreFold: Sendable {
    let connections: Connections
    /// By partition: whose events are passed over by a model, and who waits in one.
    let kept: [KeptOut]
    /// The documents that are compared as a whole while the practitioners' events are at hand.
    let searchEpoch: Int64
    /// Days that pages have.
    let pages: [ClosedRange<LocalDate>]
    /// Is told what is being done, and how many of `stepsTotal` steps are behind it.
    let tell: @Sendable (String, Int) -> Void

    static let stepsTotal = Shard.count + 1
    private static let documentsAtOnce = 2_000

    /// Reads everything.
    ///
    /// - Returns: What is to be remembered, and how many events were read.
    /// - Throws: `Unreachable`; errors of a store that is damaged.
    func run() async throws -> (models: RememberedModels, events: Int) {
        let now = connections.clock.now()
        let days = RememberedModels.days(at: now, pages: pages)
        let models = RememberedModels(
            foldedAt: now, days: days, zones: [], partitions: Shard.all.map { RememberedPartition($0, days: days) })
        var events = 0
        for partition in models.partitions {
            tell("calendars and documents, partition \(partition.shard.number)", partition.shard.number)
            events += try await foldCalendars(partition, models)
        }
        tell("bookings", Shard.count)
        events += try await foldBookings(models)
        for partition in models.partitions {
            partition.bookings = try await position(connections.booking, partition.shard, partition.bookings.sequence)
            partition.calendars = try await position(
                connections.practitioner, partition.shard, partition.calendars.sequence)
        }
        return (models, events)
    }

    /// A position with the event that is there.
    private func position(
        _ database: Connections.Database, _ shard: Shard, _ sequence: Int64
    ) async throws -> RememberedPartition.Position {
        if sequence == 0 { return RememberedPartition.Position() }
        return try await Unreachable.naming(database.dependency) {
            let events = try await EventReader(database.pool).positions(of: shard, after: sequence - 1, limit: 1)
            guard let event = events.first else {
                throw EventStoreError.hole(shard: shard.number, expectedPosition: sequence)
            }
            return RememberedPartition.Position(event)
        }
    }

    // MARK: calendars and documents

    private func foldCalendars(_ partition: RememberedPartition, _ models: RememberedModels) async throws -> Int {
        let shard = partition.shard
        let kept = kept[shard.number]
        let content = SearchContent(pool: connections.practitioner.pool, epoch: searchEpoch)
        return try await Unreachable.naming(connections.practitioner.dependency) {
            try await connections.practitioner.pool.transaction(.repeatableRead, readOnly: true) { session in
                let checkpoint = try await content.checkpoint(of: shard, on: session)
                let calendars = try await CalendarHistory.read(
                    shard, country: nil, without: kept, zones: connections.zones, on: session)
                partition.calendars.sequence = calendars.head
                partition.profiles = min(checkpoint?[.practitionerEvents].sequence ?? 0, calendars.head)
                let seat = CalendarSeat(models, partition)
                for id in calendars.entries.keys.sorted() { try seat.fold(id, calendars) }
                try await prove(content, session, calendars, partition)
                for id in Set(calendars.unreadable.keys).union(kept.skips.keys).union(kept.waiting.keys)
                where Int(KafkaPartitioner.partition(of: id)) == shard.number {
                    partition.distrust(id)
                }
                return calendars.entries.values.reduce(0) { $0 + $1.count }
            }
        }
    }

    /// Compares documents with what the events say that they must be; those that do not agree are judged later.
    private func prove(
        _ content: SearchContent, _ session: PGSession, _ calendars: CalendarHistory, _ partition: RememberedPartition
    ) async throws {
        let keys = calendars.entries.compactMap { id, entries in entries.first.map { SearchKey($0.country, id) } }
        for start in stride(from: 0, to: keys.count, by: Self.documentsAtOnce) {
            let some = Array(keys[start..<min(start + Self.documentsAtOnce, keys.count)])
            for (document, hash) in try await content.documents(of: some, in: partition.shard, on: session) {
                let id = document.key.practitioner
                guard let entries = calendars.entries[id], let seat = partition.seat(of: id),
                    seat.bucket.id.country == document.key.country
                else { continue }
                let expected = try SearchComparison.profile(
                    document.key, partition.shard, entries, upTo: partition.profiles)
                if document.profile == expected.profile, document.isActive == expected.isActive {
                    let profile = RememberedBucket.Profile(hash: hash, word: document.profileWord)
                    seat.bucket.prove(seat.cell, profile)
                }
            }
        }
    }

    // MARK: bookings

    /// What one side of an event did to a cell.
    private struct Effect {
        /// Ascends as things happened to a practitioner; twice the event's number, and one more for what is taken.
        let order: Int64
        let place: UInt32
        let day: UInt16
        let isTaken: Bool
        let slots: SlotMask
    }

    /// What one session brings, in no order.
    private final class Reader: @unchecked Sendable {
        private(set) var effects = [[Effect]](repeating: [], count: Shard.count)
        private(set) var unreadable: [(shard: Int, id: PractitionerID)] = []
        private var decoder: EventDecoder
        private let models: RememberedModels

        init(_ models: RememberedModels) throws {
            let decoder = try EventDecoder()
            self.decoder = decoder
            self.models = models
        }

        func take(_ event: ScannedEvent) {
            let content = try? decoder.bookingEvent(event.wireType, event.data)
            if event.isFirstSideStamped { take(event.number, event.shard, event.practitioner, content) }
            if event.isSecondSideStamped, let shard = event.secondShard, let id = event.secondPractitioner {
                take(event.number, shard, id, content)
            }
        }

        private func take(_ number: Int64, _ shard: Shard, _ id: PractitionerID, _ content: BookingEvent?) {
            let partition = models.partitions[shard.number]
            guard let content else { return unreadable.append((shard.number, id)) }
            guard let place = partition.place(id.high, id.low) else { return }
            for change in content.slotChanges(of: id) {
                guard let day = partition.day(change.date) else { continue }
                effects[shard.number].append(
                    Effect(
                        order: number * 2 + (change.isTaken ? 1 : 0), place: UInt32(place), day: UInt16(day),
                        isTaken: change.isTaken, slots: change.slots))
            }
        }
    }

    private func foldBookings(_ models: RememberedModels) async throws -> Int {
        let readers = Mutex<[Reader]>([])
        let scan = BaselineScan(
            connections.booking.pool, BaselineFilter(relevantSince: models.days.lowerBound))
        let (heads, progress) = try await Unreachable.naming(connections.booking.dependency) {
            try await scan.run {
                let reader = try Reader(models)
                readers.withLock { $0.append(reader) }
                return { reader.take($0) }
            }
        }
        let all = readers.withLock { $0 }
        for partition in models.partitions {
            let number = partition.shard.number
            var effects = all.flatMap { $0.effects[number] }
            effects.sort { $0.order < $1.order }
            for effect in effects {
                let bucket = partition.buckets[Int(effect.place) / RememberedBucket.cells]
                bucket.book(
                    effect.slots, isTaken: effect.isTaken, Int(effect.place) % RememberedBucket.cells,
                    day: Int(effect.day))
            }
            for (shard, id) in all.flatMap(\.unreadable) where shard == number { partition.distrust(id) }
            partition.bookings.sequence = heads[number].stamped
        }
        return progress.events
    }
}
