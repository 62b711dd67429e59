import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner

/// What becomes of a comparison with what is remembered that finds more than single differences.
enum Doubt: Sendable {
    /// The fold is an old one, which may be wrong: both stores are folded anew.
    case foldAnew
    /// The fold is new: what differs is a difference.
    case judge

    /// Practitioners of a partition that are judged by index at most.
    static let judgedMax = 3_000

    /// - Throws: `MemoryFile.Unusable` where an old fold may be to blame.
    func raise(_ reason: String) throws(MemoryFile.Unusable) {
        if case .foldAnew = self { throw MemoryFile.Unusable(reason: reason) }
    }
}

/// The last position that each partition of the two stores has given.
struct StoreHeads: Sendable {
    let bookings: [Int64]
    let calendars: [Int64]

    /// - Throws: `Unreachable`.
    static func read(_ connections: Connections) async throws -> StoreHeads {
        async let bookings = read(connections.booking)
        async let calendars = read(connections.practitioner)
        return StoreHeads(bookings: try await bookings, calendars: try await calendars)
    }

    private static func read(_ database: Connections.Database) async throws -> [Int64] {
        try await Unreachable.naming(database.dependency) {
            try await EventReader(database.pool).heads().map(\.stamped)
        }
    }
}

/// Folds single practitioners from the stores, all that ever happened to them: nothing that was remembered counts.
struct StoreJudge: Sendable {
    let connections: Connections
    let heads: StoreHeads
    let kept: KeptOut

    /// - Throws: `Unreachable`; errors of a store that is damaged.
    func calendars(of ids: [PractitionerID], _ partition: Shard) async throws -> CalendarHistory {
        try await Unreachable.naming(connections.practitioner.dependency) {
            try await CalendarHistory.read(
                of: ids, partition, upTo: heads.calendars[partition.number], without: kept, zones: connections.zones,
                EventReader(connections.practitioner.pool))
        }
    }

    /// - Throws: As above.
    func bookings(of ids: [PractitionerID], _ partition: Shard, since: LocalDate) async throws -> BookedHistory {
        try await Unreachable.naming(connections.booking.dependency) {
            try await BookedHistory.read(
                of: ids, partition, upTo: heads.bookings[partition.number], without: kept, since: since,
                EventReader(connections.booking.pool))
        }
    }

    /// Sees to it that those who are remembered are known to the store, and sit where it says.
    ///
    /// - Throws: `MemoryFile.Unusable` where what is remembered is not what the store says.
    func confirm(
        _ ids: [PractitionerID], _ calendars: CalendarHistory, _ partition: RememberedPartition
    ) throws {
        for id in ids {
            guard let (bucket, cell) = partition.seat(of: id) else { continue }
            let folded = try calendars.fold(id, upTo: calendars.head)
            let place = folded.map {
                CellPlace(country: $0.calendar.country, partition: partition.shard.number, number: $0.number)
            }
            if place
                != CellPlace(
                    country: bucket.id.country, partition: partition.shard.number,
                    number: bucket.id.index * PageLayout.cellsPerPage + cell)
            {
                throw MemoryFile.Unusable(reason: "the store says of practitioner \(id) what is not remembered")
            }
        }
    }
}
