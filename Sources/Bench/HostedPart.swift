import Domain
import EventStore
import Glibc
import Kafka
import Observability

/// A part of the system in a process of its own, started by the bench as `bench host …`: what is measured does not share
/// a process with what measures it.
enum HostedPart {
    static func run(_ arguments: [String]) async throws -> Int32 {
        guard arguments.count == 3, arguments[0] == "relayer" else {
            throw UsageError("host takes: relayer DATABASE_URL KAFKA_BOOTSTRAP; only the bench itself calls it")
        }
        var stop = sigset_t()
        sigemptyset(&stop)
        sigaddset(&stop, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &stop, nil)
        let clock = MachineClock()
        let kafka = KafkaSettings(bootstrapServers: arguments[2])
        let settings = RelayerSettings(
            databaseURL: arguments[1], role: "booking", topic: .bookingEvents, owner: "bench-\(getpid())",
            kafka: { kafka })
        let relayer = Relayer(
            settings, metrics: RelayMetrics(Metrics()),
            log: Log.standardError(minimum: .info) { clock.now().microseconds })
        await relayer.start()
        await SignalWait.next(stop)
        await relayer.stop()
        return 0
    }
}
