import Configuration
import Domain
import EventStore

/// The relayers of all three databases, and the sealers beside them; one process of the role drains them, several share
/// the shards.
struct RelayRole: Sendable {
    /// Seals what the relayers have given positions.
    let seals: HistorySeals
    private let relayers: [Relayer]

    /// - Throws: `SettingsError` where the history cannot be sealed with these settings.
    init(_ settings: Settings, _ process: ProcessContext, _ kafka: KafkaConnection) throws(SettingsError) {
        let metrics = RelayMetrics(process.metrics)
        let databases: [(url: String, role: String, topic: Topic?)] = [
            (settings.bookingDatabase, "booking", .bookingEvents),
            (settings.practitionerDatabase, "practitioner", .practitionerEvents),
            (settings.patientDatabase, "patient", nil),
        ]
        let sealed = databases.map { database in
            let settings = RelayerSettings(
                databaseURL: database.url, role: database.role, topic: database.topic, owner: process.name,
                kafka: kafka.settings)
            let relayer = Relayer(settings, metrics: metrics, log: process.log)
            return HistorySeals.SealedDatabase(name: database.role, url: database.url, relayer: relayer)
        }
        relayers = sealed.map(\.relayer)
        seals = try HistorySeals(settings, process, beside: sealed)
    }

    func start() async {
        for relayer in relayers { await relayer.start() }
        await seals.start()
    }

    /// Seals first: the shards are still held then.
    func stop() async {
        await seals.stop()
        for relayer in relayers { await relayer.stop() }
    }
}
