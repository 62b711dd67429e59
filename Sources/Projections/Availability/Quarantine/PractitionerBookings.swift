import Domain
import EventStore
import Postgres
import ProjectionRunner

/// Folds the bookings of one practitioner, in their order, up to where a partition stands.
///
/// Unlike the fold of a whole partition it must know the order: where an operator decided to do without an event, what
/// comes after it does not do the opposite of what came before.
struct PractitionerBookings: Sendable {
    /// Slots that one event gives back and takes.
    private struct Step: Sendable {
        let number: Int64
        let effects: SlotEffects
        let appliesReleased: Bool
        let appliesTaken: Bool
    }

    /// Events as COPY brings them; it calls back on its session's queue and has ended when anybody else looks.
    private final class Collector: @unchecked Sendable {
        private var reader: SlotEffectReader
        private let wanted: Wanted
        private(set) var steps: [Step] = []
        private(set) var unreadable: (number: Int64, cause: QuarantineCause)?

        init(_ wanted: Wanted) throws {
            reader = try SlotEffectReader()
            self.wanted = wanted
        }

        func take(_ event: BaselineEvent) {
            let (number, id) = (event.number, event.eventID)
            if wanted.skips.contains(id) { return }
            let isMove = event.secondShard != nil
            let hasFirst = event.isFirstSideStamped && !wanted.later.contains(Side(number: number, side: 0))
            let hasSecond = event.isSecondSideStamped && !wanted.later.contains(Side(number: number, side: 1))
            do {
                let effects = try reader.read(event.wireType, event.data, .all)
                steps.append(
                    Step(
                        number: number, effects: effects,
                        appliesReleased: hasFirst && effects.released?.practitioner == wanted.practitioner,
                        appliesTaken: (isMove ? hasSecond : hasFirst)
                            && effects.taken?.practitioner == wanted.practitioner))
            } catch {
                // Which side is this one's cannot be read either; one that is later comes again.
                if !hasFirst, !hasSecond { return }
                if let unreadable, unreadable.number < number { return }
                unreadable = (
                    number,
                    QuarantineCause(
                        wanted.practitioner, country: wanted.country, topic: .bookingEvents, eventID: id,
                        event.wireType, fault: error.fault)
                )
            }
        }
    }

    private struct Side: Hashable, Sendable {
        let number: Int64
        let side: Int
    }

    private struct Wanted: Sendable {
        let practitioner: PractitionerID
        let country: CountryCode
        let skips: Set<EventID>
        /// What comes after the position.
        let later: Set<Side>
    }

    let pool: PGPool

    /// What is booked on some days.
    ///
    /// - Parameters:
    ///   - place: Whose.
    ///   - position: Of booking-events: up to there.
    ///   - days: Which days.
    ///   - skips: Events to do without.
    /// - Returns: Days with bookings.
    /// - Throws: `QuarantineCause` for an event that cannot be taken in; `PGError`; `EventStoreError`.
    func fold(
        _ place: PractitionerPlace, through position: Int64, _ days: ClosedRange<LocalDate>, skips: Set<EventID>
    ) async throws -> [LocalDate: SlotMask] {
        let (id, shard) = (place.calendar.practitionerID, Shard(place.partition))
        let country = place.calendar.country
        let filter = BaselineFilter(
            shards: [shard], country: country, practitioner: id, relevantSince: days.lowerBound)
        let collected = try await Baseline.withSnapshot(of: pool) { baseline in
            let later = try await Self.later(than: position, of: id, shard, baseline)
            let collector = try Collector(
                Wanted(practitioner: id, country: country, skips: skips, later: later))
            try await baseline.read(filter) { collector.take($0) }
            return collector
        }
        if let unreadable = collected.unreadable { throw unreadable.cause }
        var booked: [LocalDate: SlotMask] = [:]
        for step in collected.steps.sorted(by: { $0.number < $1.number }) {
            if step.appliesReleased, let effect = step.effects.released {
                booked[effect.date] = (booked[effect.date] ?? .empty).subtracting(effect.slots)
            }
            if step.appliesTaken, let effect = step.effects.taken {
                booked[effect.date] = (booked[effect.date] ?? .empty).union(effect.slots)
            }
        }
        return booked
    }

    /// What the partition has not come to yet.
    private static func later(
        than position: Int64, of id: PractitionerID, _ shard: Shard, _ baseline: Baseline
    ) async throws -> Set<Side> {
        var later: Set<Side> = []
        var last = position
        while true {
            let events = try await baseline.positions(of: shard, after: last)
            for event in events where event.key.high == id.high && event.key.low == id.low {
                later.insert(Side(number: event.event.number, side: event.side))
            }
            guard let end = events.last else { return later }
            last = end.position
        }
    }
}
