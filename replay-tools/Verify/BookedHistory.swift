import AvailabilityProjection
import Domain
import EventStore
import Synchronization

/// What events about bookings did to the slots of one partition's practitioners: booked slots as of any position.
///
/// A snapshot of the store says which events are stamped, not at which position; positions are looked up only where
/// they matter, for the newest ones.
struct BookedHistory {
    /// What one side of an event did to a grid day.
    private struct Effect {
        let record: RecordPlace
        let change: SlotChange
    }

    /// One of the (at most two) records that an event has.
    private struct RecordPlace: Hashable {
        let number: Int64
        let side: Int
    }

    /// The last position that the store had given.
    let head: Int64
    /// All events of the partition up to here are older than those in `positions`.
    private let known: Int64
    private let effects: [PractitionerID: [Effect]]
    private let positions: [RecordPlace: Int64]

    /// Collects what COPY brings, in no order, on the session's queue.
    private final class Collector: Sendable {
        let effects = Mutex<[PractitionerID: [Effect]]>([:])
        let partition: Shard

        init(_ partition: Shard) { self.partition = partition }

        func take(_ event: BaselineEvent) throws {
            let content = try EventCodec.bookingEvent(event.wireType, Array(event.data))
            for (side, key) in content.keys.enumerated() {
                let isStamped = side == 0 ? event.isFirstSideStamped : event.isSecondSideStamped
                let shard = side == 0 ? event.shard : event.secondShard
                guard isStamped, shard == partition else { continue }
                let record = RecordPlace(number: event.number, side: side)
                let new = content.slotChanges(of: key).map { Effect(record: record, change: $0) }
                effects.withLock { $0[key, default: []] += new }
            }
        }
    }

    /// Reads a partition's bookings that say something about `since` or a later day.
    ///
    /// - Parameters:
    ///   - baseline: A snapshot of the booking database.
    ///   - partition: Which.
    ///   - country: Only this one; nil: all.
    ///   - since: The first grid day that matters.
    ///   - position: Effects of later events can be told apart by position; those of earlier ones all count.
    /// - Returns: What happened, up to what is stamped in the snapshot.
    /// - Throws: `EventStoreError`; `EventDecodingError`; `PGError`.
    static func read(
        _ baseline: Baseline, _ partition: Shard, country: CountryCode?, since: LocalDate, telling position: Int64
    ) async throws -> BookedHistory {
        let collector = Collector(partition)
        let filter = BaselineFilter(shards: [partition], country: country, relevantSince: since)
        try await baseline.read(filter) { try collector.take($0) }
        let unknown = BookedHistory(
            head: baseline.heads[partition.number].stamped, known: position,
            effects: collector.effects.withLock { $0 }.mapValues { effects in
                effects.sorted {
                    ($0.record.number, $0.change.isTaken ? 1 : 0) < ($1.record.number, $1.change.isTaken ? 1 : 0)
                }
            }, positions: [:])
        return try await unknown.telling(position, baseline, partition)
    }

    /// The same history, told apart by position from an earlier one on.
    ///
    /// - Throws: As `read`.
    func telling(_ position: Int64, _ baseline: Baseline, _ partition: Shard) async throws -> BookedHistory {
        var positions: [RecordPlace: Int64] = [:]
        var last = position
        while true {
            let events = try await baseline.positions(of: partition, after: last)
            for event in events {
                positions[RecordPlace(number: event.event.number, side: event.side)] = event.position
            }
            guard let newest = events.last, newest.position < head else { break }
            last = newest.position
        }
        return BookedHistory(head: head, known: position, effects: effects, positions: positions)
    }

    /// The slots of a grid day that confirmed bookings held once everything up to a position had happened.
    ///
    /// The position must be at least the one from which on this history tells events apart.
    func booked(_ id: PractitionerID, on date: LocalDate, upTo position: Int64) -> SlotMask {
        assert(position >= known, "older events cannot be told apart")
        var booked = SlotMask.empty
        for effect in effects[id, default: []] where effect.change.date == date {
            if let place = positions[effect.record], place > position { continue }
            booked = booked.after(effect.change, on: date)
        }
        return booked
    }

    /// Everybody who has an effect in here.
    var practitioners: some Collection<PractitionerID> { effects.keys }
}
