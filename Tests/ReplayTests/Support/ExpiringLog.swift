import Domain
import EventStore
import Kafka
import ProjectionRunner
import TestSupport

/// A real broker whose records expire when a test wants it.
extension OwnKafka {
    /// Settings of a broker that looks for expired records all the time.
    static let expiring = [
        "log.retention.check.interval.ms": "300", "log.initial.task.delay.ms": "300", "log.segment.bytes": "1048576",
    ]
    private static let sequenced: [Topic] = [.bookingEvents, .practitionerEvents]

    /// Everything in topics with sequences is older than it may be; returns when it is gone.
    func expire(_ bed: ReplayBed) async throws {
        for topic in Self.sequenced { try await configure(topic, "--add-config", "retention.ms=1") }
        for topic in Self.sequenced { try await bed.untilLogIsEmpty(topic) }
    }

    /// What comes now stays.
    func keep() async throws {
        for topic in Self.sequenced { try await configure(topic, "--delete-config", "retention.ms") }
    }

    private func configure(_ topic: Topic, _ change: String...) async throws {
        _ = try await tool(
            "configs", "--alter", "--entity-type", "topics", "--entity-name", topic.name, change[0], change[1])
    }
}

extension ReplayBed {
    /// Returns when no partition has a record any more.
    func untilLogIsEmpty(_ topic: Topic) async throws {
        let log = try LogCoverage(broker.settings, sequenced: [.bookingEvents, .practitionerEvents])
        try await eventually("\(topic.name) has lost all of its records", within: .seconds(60)) {
            for shard in Shard.all {
                let marks = try await log.watermarks(of: topic, shard)
                if marks.low < marks.high { return false }
            }
            return true
        }
    }
}
