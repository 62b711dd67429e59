import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner
import SearchProjection

/// One model's epochs: the registry, and the model's own store.
struct EpochDesk: Sendable {
    let model: ModelName
    private let connections: Connections

    init(_ model: ModelName, _ connections: Connections) {
        self.model = model
        self.connections = connections
    }

    private var registry: EpochRegistry { EpochRegistry(connections.practitioner.pool) }

    /// Ends the lease of an owner who is gone; that of anybody else stays.
    ///
    /// - Throws: `Unreachable`.
    func release(_ epoch: Int64, of owner: String) async throws {
        try await asked { try await registry.releaseLease(model.rawValue, epoch, by: owner) }
    }

    /// All that the registry knows.
    ///
    /// - Throws: `Unreachable`; `Refusal` where the databases were not prepared for this model.
    func epochs() async throws -> ModelEpochs {
        try await asked { try await registry.epochs(of: model.rawValue) }
    }

    /// The epoch that readers are answered from.
    ///
    /// - Throws: As `epochs`.
    func served() async throws -> Int64 { try await epochs().served }

    /// Where an epoch stands in a partition; nil where it has no checkpoint.
    ///
    /// - Throws: `Unreachable`.
    func checkpoint(of epoch: Int64, _ partition: Shard) async throws -> ProjectionCheckpoint? {
        switch model {
        case .availability:
            try await Unreachable.naming("redis") {
                try await AvailabilityContent(redis: connections.redis, epoch: epoch).standing(of: partition)?.progress
            }
        case .search:
            try await Unreachable.naming(connections.practitioner.dependency) {
                try await SearchContent(pool: connections.practitioner.pool, epoch: epoch).standing(of: partition)?
                    .progress
            }
        }
    }

    /// Answers readers from another epoch, if nobody else has swapped since `fence` was read.
    ///
    /// - Throws: `Unreachable`; `Refusal` with what is missing.
    func swap(
        to epoch: Int64, expecting fence: Int64, _ kind: EpochSwap.Kind, by operator: String
    ) async throws -> (swap: EpochSwap, took: Duration) {
        try await asked {
            try await registry.swap(
                model.rawValue, to: epoch, expecting: fence, kind, by: `operator`
            ) { target, served, partition in
                // The target first: what it has then it has for good, and the served one may only be behind that.
                let first = try await checkpoint(of: target, partition)
                return EpochStanding(target: first, served: try await checkpoint(of: served, partition))
            }
        }
    }

    /// Where a rollback goes.
    ///
    /// - Throws: `Unreachable`; `Refusal` where nothing was ever swapped.
    func rollbackTarget() async throws -> Int64 {
        try await asked { try await registry.rollbackTarget(of: model.rawValue) }
    }

    /// Takes an epoch out of everybody's hands.
    ///
    /// - Throws: `Unreachable`; `Refusal`.
    func beginDrop(_ epoch: Int64) async throws -> EpochRecord {
        try await asked { try await registry.beginDrop(model.rawValue, epoch) }
    }

    /// The partitions whose lane has not let go yet.
    ///
    /// - Throws: `Unreachable`.
    func writers(of epoch: Int64) async throws -> [Shard] {
        try await asked { try await registry.writers(of: epoch, model.rawValue) }
    }

    /// Deletes what the model's store has of an epoch.
    ///
    /// - Returns: How many pages, or documents and names, were deleted.
    /// - Throws: `Unreachable`; `CancellationError`.
    func erase(_ epoch: EpochRecord, report: (Int) -> Void) async throws -> Int {
        switch model {
        case .availability:
            let sibling = try await served()
            return try await Unreachable.naming("redis") {
                let eraser = PageEraser(redis: connections.redis, epoch: epoch.number)
                try await eraser.disown()
                return try await eraser.erase(
                    sibling: sibling, began: epoch.createdAt.day, today: connections.clock.now().day, report: report)
            }
        case .search:
            return try await Unreachable.naming(connections.practitioner.dependency) {
                let eraser = DocumentEraser(pool: connections.practitioner.pool, epoch: epoch.number)
                try await eraser.disown()
                return try await eraser.erase(report: report)
            }
        }
    }

    /// Notes that nothing is left of an epoch.
    ///
    /// - Throws: `Unreachable`; `Refusal`.
    func finishDrop(_ epoch: Int64) async throws {
        try await asked { try await registry.finishDrop(model.rawValue, epoch) }
    }

    /// The registry's "no" is a refusal, its silence an unreachable database.
    private func asked<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await Unreachable.naming(connections.practitioner.dependency, body)
        } catch let error as EpochError {
            throw Refusal(missing: ["\(model.rawValue): \(error)"] + error.hints(model))
        }
    }
}

extension EpochError {
    /// What an operator can do about it.
    fileprivate func hints(_ model: ModelName) -> [String] {
        switch self {
        case .notAdopted, .lanesChanged:
            ["the role 'projection' must run, and adopts what 'replay rebuild' asks it to; see 'replay status'"]
        case .behind: ["live projection brings it on; try again, and look at 'replay status' if that does not help"]
        case .unproved, .scoped: ["'replay rebuild --model \(model.rawValue)' makes an epoch that can be swapped in"]
        case .running: ["wait for it, or stop it there; its lease ends by itself"]
        case .fenceMoved:
            ["'replay status' shows what is served now; if it is still wanted: replay swap --model \(model.rawValue)"]
        case .stillWritten: ["run the same command again: it goes on where it was"]
        default: []
        }
    }
}

extension Instant {
    /// The day in UTC.
    fileprivate var day: LocalDate { LocalDate(days: Int32(clamping: seconds / 86_400)) }
}
