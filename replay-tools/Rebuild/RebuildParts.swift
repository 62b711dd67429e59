import AvailabilityProjection
import Configuration
import Domain
import EventStore
import Kafka
import Observability
import ProjectionRunner
import SearchProjection

/// Puts together what a rebuild of one model works with.
struct RebuildParts: Sendable {
    let model: ModelName
    let connections: Connections
    /// Names the rebuild in the registry.
    let owner: String

    /// What the engine needs; the model tells nobody of what it writes.
    func engineParts() -> RebuildEngine.Parts {
        let connections = connections
        let model = model
        return RebuildEngine.Parts(
            model: model.rawValue, pool: connections.practitioner.pool, stores: stores,
            kafka: { try connections.kafka.settings() }, owner: owner, log: .silent, clock: connections.clock
        ) { epoch in
            RebuildModels(connections).model(model, epoch: epoch)
        }
    }

    /// The databases behind the model's topics that have sequences.
    private var stores: [Topic: EventReader] {
        var stores: [Topic: EventReader] = [:]
        for topic in model.topics {
            if let store = connections.store(of: topic) { stores[topic] = EventReader(store.pool) }
        }
        return stores
    }

    /// Where to look how far live projection is behind.
    func paceSources(_ served: Int64) -> RebuildPace.Sources {
        let desk = EpochDesk(model, connections)
        let stores = stores
        let databases = model.topics.compactMap { connections.store(of: $0) }
        return RebuildPace.Sources(
            heads: {
                var heads: [Topic: [Int64]] = [:]
                for (topic, reader) in stores { heads[topic] = try await reader.heads().map(\.stamped) }
                return heads
            },
            served: { try await desk.checkpoint(of: served, $0) },
            outboxAge: {
                var age = 0.0
                for database in databases {
                    age = max(age, try await StoreProbe(database: database).status(of: nil).outboxAgeSeconds)
                }
                return .seconds(age)
            })
    }
}

extension Connections {
    /// Where the pages have a practitioner.
    ///
    /// - Throws: `Refusal` where the store has no such practitioner; `Unreachable`.
    func place(of id: PractitionerID, in country: CountryCode?) async throws -> PractitionerPlace {
        let places = PractitionerPlaces(pool: practitioner.pool, zones: zones)
        let wanted = country.map { [$0] } ?? countries.keys.sorted()
        let found = try await Unreachable.naming(practitioner.dependency) {
            try await places.read(wanted.map { (id, $0) })
        }
        guard let place = found.compactMap({ $0 }).first else {
            throw Refusal(missing: ["the store has no practitioner \(id)" + (country.map { " in \($0)" } ?? "")])
        }
        return place
    }
}

/// Makes models over epochs that nobody is told of.
struct RebuildModels: Sendable {
    /// How long pages that are being built are waited for, where nobody else has to wait meanwhile.
    static let pagesPatience = Duration.seconds(60)

    private let connections: Connections

    init(_ connections: Connections) {
        self.connections = connections
    }

    /// The model over one epoch.
    func model(_ name: ModelName, epoch: Int64) -> any RebuildableModel {
        switch name {
        case .availability: availability(epoch: epoch)
        case .search: search(epoch: epoch)
        }
    }

    private var places: PractitionerPlaces {
        PractitionerPlaces(pool: connections.practitioner.pool, zones: connections.zones, trustedFor: .zero)
    }

    /// The pages of an epoch.
    func availability(epoch: Int64) -> AvailabilityModel {
        AvailabilityModel(
            redis: connections.redis, bookings: connections.booking.pool,
            practitioners: connections.practitioner.pool, places: places, publisher: nil, cold: NoColdDays(),
            countries: connections.countries, zones: connections.zones, clock: connections.clock, epoch: epoch)
    }

    /// Where documents get their free slots; pages that are being built are waited for as long as `patience` says.
    func freeSlots(patience: Duration) -> ServedFreeSlots {
        ServedFreeSlots(connections: connections, places: places, patience: patience)
    }

    /// The documents of an epoch, with free slots from the pages that are served; as above, with no patience where
    /// somebody waits for what is being done.
    func search(epoch: Int64, patience: Duration = pagesPatience) -> SearchModel {
        SearchModel(
            engine: PostgresSearchEngine(
                pool: connections.practitioner.pool, zones: connections.zones,
                countries: Array(connections.countries.values), epoch: epoch),
            practitioners: PractitionerHistory(connections.practitioner.pool),
            availability: freeSlots(patience: patience), clock: connections.clock)
    }
}

/// Pages of which nobody is told ask nobody what is free after them.
private struct NoColdDays: ColdDays {
    func free(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> [SlotMask]? { nil }
}
