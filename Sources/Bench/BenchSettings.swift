import Glibc

/// The servers and folders that `make bench` prepared.
struct BenchSettings: Sendable {
    let databaseURL: String
    let redisURL: String
    /// Nil: librdkafka's in-process broker.
    let kafkaBootstrap: String?
    let stateFolder: String
    let program: String
    /// The replay command.
    let replay: String

    /// - Throws: `UsageError` that names every missing setting.
    init(_ environment: [String: String]) throws(UsageError) {
        let names = ["BENCH_DATABASE_URL", "BENCH_REDIS_URL", "BENCH_STATE_DIR", "APPOINTMENTS_BIN", "REPLAY_BIN"]
        let missing = names.filter { environment[$0, default: ""].isEmpty }
        guard missing.isEmpty else { throw UsageError("not set: \(missing.joined(separator: ", "))") }
        databaseURL = environment[names[0], default: ""]
        redisURL = environment[names[1], default: ""]
        stateFolder = environment[names[2], default: ""]
        program = environment[names[3], default: ""]
        replay = environment[names[4], default: ""]
        let kafka = environment["BENCH_KAFKA_BOOTSTRAP", default: ""]
        kafkaBootstrap = kafka.isEmpty ? nil : kafka
    }
}

/// The environment as a dictionary.
enum ProcessEnvironment {
    static var values: [String: String] {
        var values: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let line = String(cString: text)
            if let separator = line.firstIndex(of: "=") {
                values[String(line[..<separator])] = String(line[line.index(after: separator)...])
            }
            entry += 1
        }
        return values
    }
}
