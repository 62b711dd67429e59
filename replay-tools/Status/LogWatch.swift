import Configuration
import Domain
import EventStore
import Kafka
import ProjectionRunner

/// Asks the brokers what they have; what cannot have changed since it was read is not read again.
actor LogWatch {
    private struct Place: Hashable {
        let topic: Topic
        let partition: Shard
    }

    private let kafka: KafkaConnection
    private var coverage: (servers: String, log: LogCoverage)?
    private var known: [Place: LogCoverage.Reach] = [:]

    init(_ kafka: KafkaConnection) {
        self.kafka = kafka
    }

    /// What the log has of these topics, a partition at a time.
    ///
    /// - Throws: `Unreachable`.
    func reaches(of topics: [Topic]) async throws -> [Topic: [LogCoverage.Reach]] {
        try await Unreachable.naming("kafka") {
            let log = try connection()
            guard await log.isReachable() else {
                let address = coverage?.servers ?? "its address"
                throw Unreachable(dependency: "kafka", reason: "no broker answers at \(address)")
            }
            var reaches: [Topic: [LogCoverage.Reach]] = [:]
            for topic in topics {
                for partition in Shard.all {
                    reaches[topic, default: []].append(try await reach(log, Place(topic: topic, partition: partition)))
                }
            }
            return reaches
        }
    }

    /// The in-process broker moves when it starts again.
    private func connection() throws -> LogCoverage {
        let settings = try kafka.settings()
        if let coverage, coverage.servers == settings.bootstrapServers { return coverage.log }
        let log = try LogCoverage(settings, sequenced: [.bookingEvents, .practitionerEvents])
        coverage = (settings.bootstrapServers, log)
        known = [:]
        return log
    }

    private func reach(_ log: LogCoverage, _ place: Place) async throws -> LogCoverage.Reach {
        let marks = try await log.watermarks(of: place.topic, place.partition)
        if let known = known[place], known.low == marks.low, known.high == marks.high { return known }
        let reach = try await log.reach(of: place.topic, place.partition)
        known[place] = reach
        return reach
    }
}
