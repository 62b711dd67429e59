package import Domain
import EventStore
package import Postgres

/// Days without pages as a fold of the event stores says them, for programs that cannot ask booking: one practitioner's
/// calendar and bookings, found by an index.
package struct StoredColdDays: ColdDays {
    private let bookings: PGPool
    private let places: PractitionerPlaces

    /// Reads events of the booking database, and calendars.
    package init(bookings: PGPool, places: PractitionerPlaces) {
        self.bookings = bookings
        self.places = places
    }

    package func free(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> [SlotMask]? {
        guard let place = try await places.read([(practitioner, country)])[0] else { return nil }
        let booked = try BookedDays(of: practitioner)
        let filter = BaselineFilter(country: country, practitioner: practitioner, relevantSince: first)
        _ = try await Baseline.withSnapshot(of: bookings) { baseline in
            try await baseline.read(filter) { try booked.take($0) }
        }
        return (0..<count).map { day in
            let date = first.adding(days: day)
            return place.calendar.open(on: date).subtracting(booked.slots(on: date))
        }
    }
}

/// The booked slots of one practitioner; each event does the opposite of the one before it to the same slots, so that
/// their order does not matter.
///
/// COPY calls back on its session's queue, one row after the other, and has ended when anybody else looks.
private final class BookedDays: @unchecked Sendable {
    private let practitioner: PractitionerID
    private var reader: SlotEffectReader
    private var masks: [LocalDate: UInt32] = [:]

    init(of practitioner: PractitionerID) throws {
        self.practitioner = practitioner
        reader = try SlotEffectReader()
    }

    func slots(on date: LocalDate) -> SlotMask { SlotMask(rawValue: masks[date] ?? 0) }

    func take(_ event: BaselineEvent) throws {
        let effects = try reader.read(event.wireType, event.data, .all)
        for effect in [effects.released, effects.taken] {
            guard let effect, effect.practitioner == practitioner else { continue }
            masks[effect.date, default: 0] ^= effect.slots.rawValue
        }
    }
}
