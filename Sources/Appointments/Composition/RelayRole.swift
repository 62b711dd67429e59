import Configuration
import Domain
import EventStore

/// The relayers of all three databases; one process of the role drains them, several share the shards.
struct RelayRole: Sendable {
    private let relayers: [Relayer]

    init(_ settings: Settings, _ process: ProcessContext, _ kafka: KafkaConnection) {
        let metrics = RelayMetrics(process.metrics)
        let databases: [(url: String, role: String, topic: Topic?)] = [
            (settings.bookingDatabase, "booking", .bookingEvents),
            (settings.practitionerDatabase, "practitioner", .practitionerEvents),
            (settings.patientDatabase, "patient", nil),
        ]
        relayers = databases.map { database in
            let settings = RelayerSettings(
                databaseURL: database.url, role: database.role, topic: database.topic, owner: process.name,
                kafka: kafka.settings)
            return Relayer(settings, metrics: metrics, log: process.log)
        }
    }

    func start() async {
        for relayer in relayers { await relayer.start() }
    }

    func stop() async {
        for relayer in relayers { await relayer.stop() }
    }
}
