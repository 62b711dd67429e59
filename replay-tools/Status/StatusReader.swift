import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner
import SearchProjection

/// Puts a report together; what cannot be asked is told, and the rest is shown all the same.
struct StatusReader: Sendable {
    private let connections: Connections
    private let selection: Selection
    private let logs: LogWatch

    init(_ connections: Connections, _ selection: Selection) {
        self.connections = connections
        self.selection = selection
        logs = LogWatch(connections.kafka)
    }

    /// Where a model stands in one partition.
    private struct Standing {
        let progress: ProjectionCheckpoint?
        let caughtUpAt: Instant?
        let contents: [ModelContents]
    }

    /// Asks everybody: models first, then stores, then the log.
    ///
    /// In this order nothing that is stamped, published and taken in meanwhile looks like a model that is ahead of its
    /// store, or like a log that has lost something: each is asked after whoever got it from there.
    ///
    /// - Throws: Errors that no server being away explains; `CancellationError`.
    func report() async throws -> StatusReport {
        var report = StatusReport(takenAt: connections.clock.now())
        var standings: [ModelName: [Standing]] = [:]
        for model in selection.models {
            do {
                let epochs = try await EpochDesk(model, connections).epochs()
                report.epochs.append(epochs)
                standings[model] = try await self.standings(of: model, epochs.served)
            } catch let error as Unreachable {
                report.note(error)
            }
        }
        for database in connections.databases {
            let probe = StoreProbe(database: database)
            do {
                report.databases.append(try await probe.status(of: selection.country))
                report.transactions += try await probe.longTransactions()
            } catch let error as Unreachable {
                report.note(error)
            }
        }
        let wanted = Topic.allCases.filter { topic in selection.models.contains { $0.topics.contains(topic) } }
        var log: [Topic: [LogCoverage.Reach]]?
        do { log = try await logs.reaches(of: wanted) } catch let error as Unreachable { report.note(error) }
        for model in selection.models {
            for partition in Shard.all {
                report.partitions.append(
                    try await status(of: model, partition, standings[model]?[partition.number], log, report.databases))
            }
        }
        try await addQuarantine(to: &report)
        do {
            report.baselines = try await Unreachable.naming(connections.practitioner.dependency) {
                try await BaselineDesk(connections.practitioner.pool).standings()
            }
        } catch let error as Unreachable {
            report.note(error)
        }
        return report
    }

    /// The calendars are shown with every selection: nobody else in this program speaks of them.
    private func addQuarantine(to report: inout StatusReport) async throws {
        let desk = QuarantineDesk(connections: connections)
        let wanted = selection.models.compactMap { QuarantineModel(rawValue: $0.rawValue) } + [.calendars]
        for model in wanted {
            do {
                let entries = try await desk.entries(of: [model])
                let foreign = try await desk.with(model) { try await $0.foreign(model: model.rawValue, limit: 20) }
                report.quarantine.append(QuarantineCount(model: model, entries: entries, foreign: foreign))
            } catch let error as Unreachable {
                report.note(error)
            }
        }
    }

    private func standings(of model: ModelName, _ epoch: Int64) async throws -> [Standing] {
        var standings: [Standing] = []
        for partition in Shard.all {
            switch model {
            case .availability:
                let found = try await Unreachable.naming("redis") {
                    try await AvailabilityContent(redis: connections.redis, epoch: epoch).standing(of: partition)
                }
                standings.append(
                    Standing(
                        progress: found?.progress, caughtUpAt: found?.caughtUpAt,
                        contents: (found?.extents ?? []).map {
                            ModelContents(country: $0.country, count: Int64($0.buckets), days: $0.days, withoutSlots: 0)
                        }))
            case .search:
                let found = try await Unreachable.naming(connections.practitioner.dependency) {
                    try await SearchContent(pool: connections.practitioner.pool, epoch: epoch).standing(of: partition)
                }
                standings.append(
                    Standing(
                        progress: found?.progress, caughtUpAt: found?.caughtUpAt,
                        contents: (found?.extents ?? []).map {
                            ModelContents(
                                country: $0.country, count: $0.documents, days: nil, withoutSlots: $0.withoutSlots)
                        }))
            }
        }
        return standings
    }

    private func status(
        of model: ModelName, _ partition: Shard, _ standing: Standing?, _ log: [Topic: [LogCoverage.Reach]]?,
        _ databases: [DatabaseStatus]
    ) async throws -> PartitionStatus {
        var topics: [TopicStatus] = []
        for topic in model.topics {
            var status = TopicStatus(topic: topic, log: log?[topic]?[partition.number])
            let database = connections.store(of: topic)
            let shards = databases.first { $0.name == database?.name }?.shards
            status.store = shards?[partition.number]
            if let progress = standing?.progress {
                if database != nil { status.sequence = progress[topic].sequence }
                status.nextOffset = progress[topic].nextOffset
            }
            status.lagEvents = lag(status, isSequenced: database != nil)
            status.lagSeconds = try await age(status, partition, database, standing?.caughtUpAt)
            topics.append(status)
        }
        let contents = standing?.contents ?? []
        return PartitionStatus(
            model: model, partition: partition.number,
            state: standing.map { PartitionState.judge($0.progress, topics) } ?? .unknown,
            asOf: standing?.progress?.asOf, caughtUpAt: standing?.caughtUpAt, topics: topics,
            contents: contents.filter { selection.country == nil || $0.country == selection.country })
    }

    /// By positions where there are any, else by offsets.
    private func lag(_ status: TopicStatus, isSequenced: Bool) -> Int64? {
        if isSequenced {
            guard let sequence = status.sequence, let store = status.store else { return nil }
            return max(0, store.stamped - sequence)
        }
        guard let next = status.nextOffset, let log = status.log else { return nil }
        return max(0, log.high - next)
    }

    private func age(
        _ status: TopicStatus, _ partition: Shard, _ database: Connections.Database?, _ caughtUpAt: Instant?
    ) async throws -> Double? {
        guard let lag = status.lagEvents else { return nil }
        if lag == 0 { return 0 }
        var since = caughtUpAt
        if let database, let sequence = status.sequence {
            since = try await StoreProbe(database: database).recordedAt(after: sequence, in: partition)
        }
        return since.map { max(0, Double(connections.clock.now().microseconds - $0.microseconds) / 1_000_000) }
    }
}
