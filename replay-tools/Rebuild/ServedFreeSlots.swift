import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner
import SearchProjection

/// Where a rebuild of search finds free slots: in the availability pages that are served; of colder days in the stores.
///
/// Pages that are not there, as after Redis was emptied, are waited for while live projection is building them.
struct ServedFreeSlots: BaselineAvailability {
    /// A lane that was not heard of for so many microseconds is gone.
    private static let laneSilence: Int64 = 15_000_000
    private static let interval = Duration.milliseconds(100)

    private let connections: Connections
    private let pages: FreeSlotsNow
    private let patience: Duration

    /// - Parameters:
    ///   - connections: To Redis, the stores and the registry.
    ///   - places: Where the pages have somebody.
    ///   - patience: How long pages that are being built are waited for.
    init(connections: Connections, places: PractitionerPlaces, patience: Duration) {
        let desk = EpochDesk(.availability, connections)
        pages = FreeSlotsNow(
            content: { AvailabilityContent(redis: connections.redis, epoch: try await desk.served()) },
            places: places, cold: StoredColdDays(bookings: connections.booking.pool, places: places),
            clock: connections.clock, countries: connections.countries)
        self.connections = connections
        self.patience = patience
    }

    /// - Throws: `Refusal` where the pages are not there, and nobody builds them or not in time.
    func free(of keys: [SearchKey]) async throws -> [BaselineFree] {
        let now = connections.clock.now()
        return try await waiting {
            try await pages.changes(of: keys.map { ($0.practitioner, $0.country) }).map { BaselineFree($0, asOf: now) }
        }
    }

    /// Waits until the pages of every partition with practitioners are there.
    ///
    /// - Throws: As `free`; `Unreachable`.
    func check() async throws {
        let heads = try await Unreachable.naming(connections.practitioner.dependency) {
            try await EventReader(connections.practitioner.pool).heads()
        }
        let desk = EpochDesk(.availability, connections)
        for shard in Shard.all where heads[shard.number].stamped > 0 {
            try await waiting {
                let served = try await desk.served()
                if try await desk.checkpoint(of: served, shard) == nil { throw FreeSlotsNow.NotBuiltYet() }
            }
        }
    }

    private func waiting<T>(_ body: () async throws -> T) async throws -> T {
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                return try await body()
            } catch is FreeSlotsNow.NotBuiltYet {
                guard ContinuousClock.now < deadline, try await isBeingBuilt() else {
                    throw Refusal(missing: [
                        "search takes free slots from the pages of availability, and pages are not there",
                        "first: replay rebuild --model availability --swap",
                    ])
                }
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Whether every partition has a lane of live projection, which builds pages that are gone by itself.
    private func isBeingBuilt() async throws -> Bool {
        let epochs = try await EpochDesk(.availability, connections).epochs()
        let alive = epochs.lanes.filter { lane in
            epochs.readAt.microseconds - lane.seenAt.microseconds < Self.laneSilence
        }
        return Set(alive.map(\.partition)).count == Shard.count
    }
}
