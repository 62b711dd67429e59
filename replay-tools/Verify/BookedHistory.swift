import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner
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
    /// An event of somebody that cannot be read, and nothing was decided about.
    let unreadable: [PractitionerID: QuarantineCause]

    /// An event that cannot be read: whose it is, its data would say.
    private struct Unread {
        let event: EventID
        let sides: [Int]
        let error: EventDecodingError
    }

    /// Collects what COPY brings, in no order, on the session's queue.
    private final class Collector: Sendable {
        let effects = Mutex<[PractitionerID: [Effect]]>([:])
        let unread = Mutex<[Unread]>([])
        let partition: Shard
        let kept: KeptOut

        init(_ partition: Shard, _ kept: KeptOut) {
            self.partition = partition
            self.kept = kept
        }

        func take(_ event: BaselineEvent) {
            let sides = [0, 1].filter { side in
                let isStamped = side == 0 ? event.isFirstSideStamped : event.isSecondSideStamped
                return isStamped && (side == 0 ? event.shard : event.secondShard) == partition
            }
            let content: BookingEvent
            do throws(EventDecodingError) {
                content = try EventCodec.bookingEvent(event.wireType, Array(event.data))
            } catch {
                let id = event.eventID
                return unread.withLock { $0.append(Unread(event: id, sides: sides, error: error)) }
            }
            for (side, key) in content.keys.enumerated() where sides.contains(side) {
                if kept.skips(event.eventID, of: key) { continue }
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
    ///   - kept: Whose events are passed over.
    ///   - pool: Says whose an event is that cannot be read.
    ///   - since: The first grid day that matters.
    ///   - position: Effects of later events can be told apart by position; those of earlier ones all count.
    /// - Returns: What happened, up to what is stamped in the snapshot.
    /// - Throws: `EventStoreError`; `PGError`.
    static func read(
        _ baseline: Baseline, _ partition: Shard, country: CountryCode?, without kept: KeptOut, _ pool: PGPool,
        since: LocalDate, telling position: Int64
    ) async throws -> BookedHistory {
        let collector = Collector(partition, kept)
        let filter = BaselineFilter(shards: [partition], country: country, relevantSince: since)
        try await baseline.read(filter) { collector.take($0) }
        let unknown = BookedHistory(
            head: baseline.heads[partition.number].stamped, known: position,
            effects: collector.effects.withLock { $0 }.mapValues { effects in
                effects.sorted {
                    ($0.record.number, $0.change.isTaken ? 1 : 0) < ($1.record.number, $1.change.isTaken ? 1 : 0)
                }
            }, positions: [:], unreadable: try await causes(collector.unread.withLock { $0 }, kept, pool))
        return try await unknown.telling(position, baseline, partition)
    }

    /// Reads what was booked of some practitioners of a partition, by index; every event is told apart.
    ///
    /// - Parameters:
    ///   - ids: Whose.
    ///   - partition: Theirs.
    ///   - head: The last position that counts.
    ///   - kept: Whose events are passed over.
    ///   - since: The first grid day that matters.
    ///   - reader: Of the booking database.
    /// - Returns: What happened, up to `head`.
    /// - Throws: `EventStoreError`; `PGError`.
    static func read(
        of ids: [PractitionerID], _ partition: Shard, upTo head: Int64, without kept: KeptOut, since: LocalDate,
        _ reader: EventReader
    ) async throws -> BookedHistory {
        var effects: [PractitionerID: [Effect]] = [:]
        var positions: [RecordPlace: Int64] = [:]
        var unreadable: [PractitionerID: QuarantineCause] = [:]
        let histories = try await Beside.each(ids) { id in
            try await reader.events(of: id, partition, through: head, relevantSince: since)
        }
        for (id, events) in zip(ids, histories) {
            for event in events where !kept.skips(event.event.metadata.eventID, of: id) {
                let record = RecordPlace(number: event.event.number, side: event.side)
                do throws(EventDecodingError) {
                    let content = try EventCodec.bookingEvent(event.event.wireType, event.event.data)
                    positions[record] = event.position
                    effects[id, default: []] += content.slotChanges(of: id).map { Effect(record: record, change: $0) }
                } catch {
                    unreadable[id] = QuarantineCause(
                        id, country: event.event.country, topic: .bookingEvents,
                        eventID: event.event.metadata.eventID, error.type, fault: error.fault)
                }
            }
        }
        return BookedHistory(head: head, known: 0, effects: effects, positions: positions, unreadable: unreadable)
    }

    /// Whose the events are that cannot be read.
    private static func causes(
        _ unread: [Unread], _ kept: KeptOut, _ pool: PGPool
    ) async throws -> [PractitionerID: QuarantineCause] {
        if unread.isEmpty { return [:] }
        let ids = unread.map { PGUUID(high: $0.event.high, low: $0.event.low) }
        let rows = try await pool.query(SQL.readEventKeys, [.uuidArray(ids)])
        let byEvent = Dictionary(unread.map { ($0.event, $0) }, uniquingKeysWith: { first, _ in first })
        var causes: [PractitionerID: QuarantineCause] = [:]
        for row in 0..<rows.count {
            let id = rows.uuid(row, 0)
            guard let found = byEvent[EventID(high: id.high, low: id.low)] else { continue }
            for side in found.sides {
                guard let key = side == 0 ? rows.uuid(row, 2) : rows.uuidOrNil(row, 3) else { continue }
                let practitioner = PractitionerID(high: key.high, low: key.low)
                if kept.skips(found.event, of: practitioner) { continue }
                causes[practitioner] = QuarantineCause(
                    practitioner, country: CountryCode(rows.text(row, 1)), topic: .bookingEvents,
                    eventID: found.event, found.error.type, fault: found.error.fault)
            }
        }
        return causes
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
        return BookedHistory(
            head: head, known: position, effects: effects, positions: positions, unreadable: unreadable)
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
