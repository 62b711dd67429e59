import Configuration
import Dispatch
import Domain
import Kafka
import Observability

/// `appointments broker --address-file FILE`: hosts the in-process broker until it is told to stop.
struct HostBroker {
    private let addressFile: String

    init(_ arguments: inout ArraySlice<String>) throws(UsageError) {
        guard let file = try arguments.option("--address-file") else {
            throw UsageError("broker needs --address-file FILE: where its address is to be written")
        }
        addressFile = file
        try arguments.finish()
    }

    func run(_ environment: [String: String]) async throws -> ExitCode {
        let log = Log.standardError { SystemClock().now().microseconds }
        let stop = StopSignals()
        var settings = Environment(environment)
        let hasBaselines = LogBaselines.hours(&settings) != nil
        guard settings.faults.isEmpty else { throw SettingsError(lines: settings.faults) }
        let topics = KafkaConnection.topics(hasBaselines: hasBaselines)
            .map { (name: $0, partitions: Topic.partitionsPerTopic) }
        let broker = try EmbeddedBroker(topics: topics)
        try FileBytes.write(Array("\(broker.bootstrapServers)\n".utf8), to: addressFile)
        log.info("broker is ready", [.address: .setting(broker.bootstrapServers), .path: .setting(addressFile)])
        let signal = await stop.first()
        log.info("broker stops; its records go with it", [.signal: .int(Int64(signal))])
        await broker.close()
        return .success
    }
}
