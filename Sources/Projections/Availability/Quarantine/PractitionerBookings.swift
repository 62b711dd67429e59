import Domain
import EventStore
import ProjectionRunner

/// Folds the bookings of one practitioner, in their order, up to where a partition stands.
///
/// Unlike the fold of a whole partition it must know the order: where an operator decided to do without an event, what
/// comes after it does not do the opposite of what came before.
struct PractitionerBookings: Sendable {
    let store: EventReader
    var upcasters = Upcasters.standard

    /// What is booked on some days.
    ///
    /// - Parameters:
    ///   - place: Whose.
    ///   - position: Of booking-events: up to there.
    ///   - days: Which days.
    ///   - skips: Events to do without.
    /// - Returns: Days with bookings, and more.
    /// - Throws: `QuarantineCause` for the first event that cannot be taken in; `PGError`; `EventStoreError`.
    func fold(
        _ place: PractitionerPlace, through position: Int64, _ days: ClosedRange<LocalDate>, skips: Set<EventID>
    ) async throws -> [LocalDate: SlotMask] {
        let id = place.calendar.practitionerID
        let events = try await store.events(
            of: id, Shard(place.partition), through: position, relevantSince: days.lowerBound)
        var reader = try SlotEffectReader(upcasters)
        var booked: [LocalDate: SlotMask] = [:]
        for event in events where !skips.contains(event.event.metadata.eventID) {
            let effects = try Self.effects(of: event, id, &reader)
            // Of a move between two practitioners, only this one's side.
            if let effect = effects.released, effect.practitioner == id {
                booked[effect.date] = (booked[effect.date] ?? .empty).subtracting(effect.slots)
            }
            if let effect = effects.taken, effect.practitioner == id {
                booked[effect.date] = (booked[effect.date] ?? .empty).union(effect.slots)
            }
        }
        return booked
    }

    private static func effects(
        of event: PositionedEvent, _ id: PractitionerID, _ reader: inout SlotEffectReader
    ) throws(QuarantineCause) -> SlotEffects {
        let stored = event.event
        do {
            return try stored.data.withUnsafeBytes { try reader.read(stored.wireType, $0, .all) }
        } catch {
            throw QuarantineCause(
                id, country: stored.country, topic: .bookingEvents, position: event.position,
                eventID: stored.metadata.eventID, stored.wireType, fault: QuarantineCause.fault(error))
        }
    }
}
