import Domain
import Glibc

/// Chooses what is measured, in which order, and how the program ends.
struct BenchProgram {
    let arguments: [String]

    static let help = """
        bench: measures the appointment system, each figure beside the limit taken in the same run.

          bench                        all figures, about forty minutes
          bench --only relay,bookings  some of them: \(Figure.allCases.map(\.rawValue).joined(separator: ", "))
          bench --quick                a tenth of the data and one run each: does it work, not how fast it is

        'make bench' starts the servers that it needs and runs it. It reads from the environment:

          BENCH_DATABASE_URL     superuser URI of a private PostgreSQL with fsync on; databases bench_* are made in it
          BENCH_REDIS_URL        a private Redis; it is emptied
          BENCH_KAFKA_BOOTSTRAP  a private Kafka whose topics are deleted; empty: librdkafka's in-process broker
          BENCH_STATE_DIR        a folder for logs, keys and generated load
          APPOINTMENTS_BIN       the program that is measured
          REPLAY_BIN             the replay command, which is measured, too

        docs/bench.md says what each figure means. Exit codes: 0 all measured · 1 a measurement failed · 2 wrong usage

        """

    func run() async -> Int32 {
        do {
            var rest = arguments[...]
            if rest.first == "host" { return try await HostedPart.run(Array(rest.dropFirst())) }
            if rest.contains(where: { ["--help", "-h", "help"].contains($0) }) {
                print(Self.help, terminator: "")
                return 0
            }
            let options = try Options(&rest)
            let settings = try BenchSettings(ProcessEnvironment.values)
            return try await measure(options, settings)
        } catch let error as UsageError {
            Progress.say("bench: \(error.message) (bench --help)")
            return 2
        } catch {
            Progress.say("bench: \(error)")
            return 1
        }
    }

    private func measure(_ options: Options, _ settings: BenchSettings) async throws -> Int32 {
        let tools = try await ToolChain.build(in: settings.stateFolder)
        guard let france = CountryCode("fr") else { throw UsageError("fr is no country") }
        let ground = BenchGround(settings: settings, tools: tools, scale: options.scale, country: france)
        var table = ResultTable()
        var failures = 0
        for group in FigureGroup.allCases where !group.figures.isDisjoint(with: options.figures) {
            let begin = ContinuousClock.now
            Progress.say("== \(group.title)")
            do {
                try await group.measure(ground, options.figures) { table.add($0) }
            } catch {
                failures += 1
                Progress.say("   failed: \(error)")
                table.add(.failed(group.title, "\(error)"))
            }
            Progress.say("   \(group.title) took \((ContinuousClock.now - begin).formatted)")
        }
        print(table.text)
        return failures == 0 ? 0 : 1
    }
}

/// What was asked for on the command line.
struct Options {
    let figures: Set<Figure>
    let scale: Scale

    init(_ arguments: inout ArraySlice<String>) throws(UsageError) {
        var figures = Set(Figure.allCases)
        var scale = Scale.full
        while let argument = arguments.popFirst() {
            switch argument {
            case "--quick": scale = .quick
            case "--only":
                guard let list = arguments.popFirst() else { throw UsageError("--only needs a list of figures") }
                figures = []
                for name in list.split(separator: ",") {
                    guard let figure = Figure(rawValue: String(name)) else {
                        throw UsageError("there is no figure '\(name)'")
                    }
                    figures.insert(figure)
                }
            default: throw UsageError("unexpected argument '\(argument)'")
            }
        }
        self.figures = figures
        self.scale = scale
    }
}

/// What can be measured, as `--only` names it.
enum Figure: String, CaseIterable {
    case bookings, race, relay, sealing, history, projection, reads, mixed, replay, verify, beside
}

/// How much is measured.
struct Scale: Sendable {
    /// Runs of each figure, of which the median counts.
    let runs: Int
    /// Multiplies the sizes of data and the lengths of runs.
    let size: Double

    static let full = Scale(runs: 3, size: 1)
    static let quick = Scale(runs: 1, size: 0.1)

    /// A count at this scale, at least 1.
    func count(_ full: Int) -> Int { max(1, Int(Double(full) * size)) }
}

/// Somebody used the program wrongly.
struct UsageError: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
