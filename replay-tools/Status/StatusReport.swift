import Domain
import EventStore
import Postgres
import ProjectionRunner

/// Where everything stands at one moment; what could not be asked is nil, never 0.
struct StatusReport: Sendable {
    var takenAt: Instant
    /// One entry a model and partition.
    var partitions: [PartitionStatus] = []
    /// What the registry says of each model that could be asked for.
    var epochs: [ModelEpochs] = []
    /// Who waits in each model that could be asked, the calendars among them.
    var quarantine: [QuarantineCount] = []
    /// The last rounds of baselines in the log, of every partition that is to have one; empty: nobody asked for them.
    var baselines: [BaselineDesk.Standing] = []
    var databases: [DatabaseStatus] = []
    /// Transactions that are open for long, of all databases.
    var transactions: [OpenTransaction] = []
    /// Dependencies that could not be asked, each once.
    var unreachable: [Unreachable] = []

    /// Partitions that are not caught up.
    var behind: [PartitionStatus] { partitions.filter { $0.state != .caughtUp } }

    /// Notes a dependency that could not be asked, once.
    mutating func note(_ missing: Unreachable) {
        if !unreachable.contains(where: { $0.dependency == missing.dependency }) { unreachable.append(missing) }
    }
}

/// One partition of one model.
struct PartitionStatus: Sendable {
    let model: ModelName
    let partition: Int
    let state: PartitionState
    /// When the newest event that is in happened.
    let asOf: Instant?
    /// The last moment at which everything in the log was in the model.
    let caughtUpAt: Instant?
    let topics: [TopicStatus]
    let contents: [ModelContents]

    /// Events that are not in the model yet; nil where they cannot be counted.
    var lagEvents: Int64? {
        let lags = topics.map(\.lagEvents)
        return lags.contains(nil) ? nil : lags.compactMap { $0 }.reduce(0, +)
    }

    /// The age of the oldest event that is missing; nil where it is not known.
    var lagSeconds: Double? {
        let lags = topics.map(\.lagSeconds)
        return lags.contains(nil) ? nil : lags.compactMap { $0 }.max()
    }
}

/// What a model holds of one country in one partition.
struct ModelContents: Hashable, Sendable {
    let country: CountryCode
    /// Documents of search, or buckets of pages of availability.
    let count: Int64
    /// The days that have pages; nil for search.
    let days: ClosedRange<LocalDate>?
    /// Documents that know nothing of free slots yet; 0 for availability.
    let withoutSlots: Int64
}

/// One topic of one partition: what the model, the store and the log have of it.
struct TopicStatus: Sendable {
    let topic: Topic
    /// The last position that is in the model; nil without a checkpoint, and in topics without positions.
    var sequence: Int64?
    /// The offset that the model reads next.
    var nextOffset: Int64?
    /// What the store has; nil where it cannot be asked, or there is none.
    var store: StoreReach?
    /// What the log has; nil where it cannot be asked.
    var log: LogCoverage.Reach?
    /// Events that the model lacks; nil where they cannot be counted.
    var lagEvents: Int64?
    /// The age of the oldest of them; 0 where none is missing, nil where it is not known.
    var lagSeconds: Double?
}

/// The positions of one shard in its store.
struct StoreReach: Hashable, Sendable {
    /// The first position that is there, 0: none.
    let first: Int64
    /// The last position that was given.
    let stamped: Int64
    /// The last position that is known to be in Kafka.
    let acknowledged: Int64
    /// Whether a relayer holds the shard now.
    let isOwned: Bool
}

/// One database: its outbox and its positions.
struct DatabaseStatus: Sendable {
    let name: String
    /// Whether its positions go to Kafka; those of patients do not.
    let isPublished: Bool
    /// Rows that wait for a position, of the country asked for.
    let outboxDepth: Int64
    /// The age of the oldest of them, 0 where none waits.
    let outboxAgeSeconds: Double
    /// One entry a shard.
    let shards: [StoreReach]

    /// Positions given, in all shards.
    var stamped: Int64 { shards.reduce(0) { $0 + $1.stamped } }
    /// Positions known to be in Kafka, in all shards.
    var acknowledged: Int64 { shards.reduce(0) { $0 + $1.acknowledged } }
    /// Shards that no relayer holds.
    var ownerless: Int { shards.filter { !$0.isOwned }.count }
}

/// A transaction that has been open for long, and where.
struct OpenTransaction: Hashable, Sendable {
    let database: String
    let transaction: LongTransaction
}

/// Who waits in a model, and what belongs to nobody.
struct QuarantineCount: Sendable {
    let model: QuarantineModel
    /// Those who wait.
    let entries: [QuarantineEntry]
    /// The latest records of the log that belong to nobody.
    let foreign: [ForeignRecord]
}
