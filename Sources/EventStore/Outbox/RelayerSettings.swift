package import Domain
package import Kafka

/// How one database's outbox is relayed.
package struct RelayerSettings: Sendable {
    /// The database's libpq URI.
    package var databaseURL: String
    /// The role whose events these are, as in `ce_source`: `booking`, `practitioner`, `patient`.
    package var role: String
    /// The topic that its events are published in; nil: they get positions and stay where they are.
    package var topicName: String?
    /// Unique among all relayers of the database, 1-40 characters; a process that starts again takes a new one.
    package var owner: String
    /// How to reach Kafka; asked before every new producer, because an embedded broker moves.
    package var kafka: @Sendable () throws -> KafkaSettings
    /// How long shards stay with an owner that does not renew.
    package var leaseDuration: Duration = .seconds(10)
    /// Outbox rows of one statement.
    package var batchSize = 5_000
    /// Batches of one connection that may wait for Kafka's acknowledgement.
    package var unacknowledgedMax = 4
    /// Connections that drain side by side, each its part of the shards.
    package var laneCount = 2
    /// How long an idle connection waits for a notification before it looks by itself.
    package var pollInterval: Duration = .milliseconds(250)
    /// How long an acknowledgement waits to be noted beside the next batch before it gets a statement of its own.
    package var markDelay: Duration = .milliseconds(25)
    /// How long Kafka may be away before the relayer asks whether it has moved.
    package var brokerPatience: Duration = .seconds(2)
    /// How long a graceful stop waits for what Kafka has not acknowledged.
    package var stopPatience: Duration = .seconds(3)

    /// Takes what has no sensible default.
    package init(
        databaseURL: String, role: String, topic: Topic?, owner: String,
        kafka: @escaping @Sendable () throws -> KafkaSettings
    ) {
        precondition((1...40).contains(owner.utf8.count), "PostgreSQL cuts longer application names")
        self.databaseURL = databaseURL
        self.role = role
        topicName = topic?.name
        self.owner = owner
        self.kafka = kafka
    }

    /// What the sessions of an owner are called in `pg_stat_activity`; its successor ends those that block it.
    static let applicationNamePrefix = "relayer "
    var applicationName: String { Self.applicationNamePrefix + owner }
}
