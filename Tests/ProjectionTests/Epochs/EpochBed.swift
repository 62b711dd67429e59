import Domain
import EventStore
import Observability
import Postgres
import TestSupport
import Testing

@testable import ProjectionRunner

/// A practitioner database with the registry, and lanes that say what the test wants.
struct EpochBed {
    static let model = "availability"
    static let lease = Duration.seconds(30)

    let registry: EpochRegistry
    let pool: PGPool
    let url: String
    /// A database beside it, from which it can be shut.
    let server: PGPool

    static func with(_ body: (EpochBed) async throws -> Void) async throws {
        try await TestDatabase.with("epochs") { database in
            let pool = PGPool(url: database.url, label: "epoch-tests", sessionsMax: 8)
            let server = PGPool(url: try TestServers.databaseURL(), label: "epoch-server", sessionsMax: 1)
            do {
                try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
                try await Migrations.apply(
                    ProjectionSchema.migrations, component: ProjectionSchema.component, in: pool)
                try await body(
                    EpochBed(registry: EpochRegistry(pool), pool: pool, url: database.url, server: server))
                await pool.close()
                await server.close()
            } catch {
                await pool.close()
                await server.close()
                throw error
            }
        }
    }

    func run(_ sql: String) async throws {
        try await pool.withSession { try await $0.execute(SQLStatement(name: "test", text: sql)) }
    }

    /// An epoch that was built, proved and asked for: only the lanes' words are missing.
    func shadow(held: String = "4:2", folded: String = "4:2") async throws -> Int64 {
        let made = try await registry.createShadow(
            Self.model, source: "the stores", by: "anna", lease: Self.lease)
        try await registry.change(Self.model, made.number, to: .tailing, by: "anna")
        try await registry.requestAdoption(Self.model, made.number)
        try await registry.recordDigests(Self.model, made.number, held: held, folded: folded, by: "anna")
        try await registry.change(Self.model, made.number, to: .ready, by: "anna")
        return made.number
    }

    /// New lanes in all partitions.
    func lanes(_ owner: String = "lanes") async throws -> [Shard: Int64] {
        var generations: [Shard: Int64] = [:]
        for shard in Shard.all {
            generations[shard] = try await registry.beginLane(Self.model, shard, owner: owner)
        }
        return generations
    }

    /// Every lane gives its word for these epochs under the present fence.
    func word(_ epochs: [Int64], _ lanes: [Shard: Int64]) async throws {
        let fence = try await registry.epochs(of: Self.model).fence
        for (shard, generation) in lanes {
            #expect(
                try await registry.giveWord(
                    Self.model, epochs, shard, generation: generation, fence: fence))
        }
    }

    /// Swaps, with both epochs where `standing` says; does not wait for anything to pass.
    @discardableResult
    func swap(
        to epoch: Int64, _ kind: EpochSwap.Kind = .swap, fence: Int64? = nil,
        standing: EpochStanding = .equal, patience: Duration = .zero
    ) async throws -> EpochSwap {
        let known = try await registry.epochs(of: Self.model).fence
        return try await registry.swap(
            Self.model, to: epoch, expecting: fence ?? known, kind, by: "anna", patience: patience
        ) { _, _, _ in standing }.swap
    }
}

extension EpochStanding {
    static let equal = EpochStanding(target: .at(4, 2), served: .at(4, 2))
}

extension ProjectionCheckpoint {
    /// So far in both topics of availability.
    static func at(_ bookings: Int64, _ practitioners: Int64) -> ProjectionCheckpoint {
        ProjectionCheckpoint(positions: [
            TopicPosition(topic: .bookingEvents, sequence: bookings),
            TopicPosition(topic: .practitionerEvents, sequence: practitioners),
        ])
    }
}
