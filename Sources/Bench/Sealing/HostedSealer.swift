import Crypto
import EventStore
import Glibc
import Kafka
import Observability

/// A relayer without a topic in a process of its own, with the sealer beside it or without.
struct HostedSealer: Sendable {
    private let program: ChildProgram

    /// Starts it; `heads` is the folder of signed heads, nil: nothing is sealed.
    init(store: RelayedStore, heads: String?, ground: BenchGround) throws {
        program = try ChildProgram(
            CommandLine.arguments[0], ["host", "sealer", store.url, heads ?? "-"],
            output: ground.path("logs/sealer.log"))
    }

    func stop() async { await program.stop() }

    /// What `bench host sealer` does.
    static func run(database: String, heads: String, _ log: Log, until stop: SignalWait) async throws {
        let relayer = Relayer(
            RelayerSettings(
                databaseURL: database, role: "booking", topic: nil, owner: "bench-\(getpid())",
                kafka: { KafkaSettings(bootstrapServers: "") }),
            metrics: RelayMetrics(Metrics()), log: log)
        await relayer.start()
        var sealer: Sealer?
        if heads != "-" {
            sealer = try Sealer(
                SealerSettings(databaseURL: database, database: "booking"), key: Ed25519PrivateKey(),
                heads: FileHeadLog(folder: heads, clock: MachineClock()), shards: { relayer.shards },
                clock: MachineClock(), metrics: SealMetrics(Metrics()), log: log)
            await sealer?.start()
        }
        await stop.next()
        await sealer?.stop()
        await relayer.stop()
    }
}
