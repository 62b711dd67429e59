import Domain
import Foundation
import Glibc
import HTTPClient

/// The system with databases of its own, prepared as `make up` prepares it; its roles can be started in any
/// combination.
struct InstalledSystem: Sendable {
    static let booking = "bench_booking"
    static let practitioner = "bench_practitioner"
    /// A copy of the empty booking database, for pgbench.
    static let limit = "bench_limit"

    let ground: BenchGround
    let kafka: KafkaCluster
    let port: Int
    private let operationsPort: Int
    private let folder: String

    /// Makes databases, keys, the file of countries and empty topics, and runs `appointments migrate`.
    static func install(_ ground: BenchGround) async throws -> InstalledSystem {
        let ports = try FreePort.two()
        let system = InstalledSystem(
            ground: ground, kafka: try await KafkaCluster.fresh(ground.settings), port: ports.0,
            operationsPort: ports.1, folder: ground.path("system"))
        try system.writeFiles()
        let redis = try PageInspector(url: ground.settings.redisURL)
        try await redis.clear()
        await redis.close()
        try await ground.databases.createApplicationRole()
        for database in [booking, practitioner, "bench_patient"] { try await ground.databases.create(database) }
        _ = try await ChildProgram.run(
            ground.settings.program, ["migrate"], environment: system.environment(as: nil),
            output: ground.path("logs/migrate.log"))
        _ = try await ChildProgram.run(
            ground.settings.program, ["history-key"], environment: system.environment(as: nil),
            output: ground.path("logs/history-key.log"))
        try await ground.databases.create(limit, template: booking)
        return system
    }

    /// Starts a process with these roles and waits until it is ready.
    func start(roles: String, within patience: Duration = .seconds(60)) async throws -> ChildProgram {
        let program = try ChildProgram(
            ground.settings.program, ["serve", "--roles", roles], environment: environment(as: "appointments_app"),
            output: ground.path("logs/serve-\(roles).log"))
        let client = try HTTPClient(label: "bench-ready")
        let ready = HTTPClientRequest(url: "http://127.0.0.1:\(operationsPort)/readyz", timeout: .seconds(2))
        _ = try await eventually("the roles \(roles) are ready", within: patience, every: .milliseconds(100)) {
            guard program.isRunning else { throw WrongAnswer("serve ended: \(program.output.suffix(800))") }
            return (try? await client.send(ready))?.status == 200 ? true : nil
        }
        await client.close()
        return program
    }

    /// Runs the replay command.
    ///
    /// - Returns: What it said.
    /// - Throws: `ChildProgram.Failed`.
    func replay(_ arguments: String...) async throws -> String {
        try await ChildProgram.run(
            ground.settings.replay, arguments, environment: environment(as: nil), output: ground.path("logs/replay.log")
        )
    }

    /// Where the local issuer of the system keeps its key.
    var issuerKey: String { "\(folder)/keys/issuer.json" }

    private func writeFiles() throws {
        try? FileManager.default.removeItem(atPath: folder)
        let mode: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        try FileManager.default.createDirectory(
            atPath: "\(folder)/keys", withIntermediateDirectories: true, attributes: mode)
        var generator = SeededGenerator(seed: 1)
        let key = Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        let isWritten = FileManager.default.createFile(
            atPath: "\(folder)/keys/vault.key", contents: key, attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw WrongAnswer("cannot write below \(folder)") }
        try Data("\(kafka.bootstrap)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/broker.address"))
        try Data(Self.countries.utf8).write(to: URL(fileURLWithPath: "\(folder)/countries.json"))
    }

    /// The settings of CONTRACT section 1; `role` nil: as the owner of the schema.
    private func environment(as role: String?) -> [String: String] {
        let databases = ground.databases
        return [
            "BOOKING_DATABASE_URL": databases.url(Self.booking, as: role),
            "PRACTITIONER_DATABASE_URL": databases.url(Self.practitioner, as: role),
            "PATIENT_DATABASE_URL": databases.url("bench_patient", as: role),
            "REDIS_URL": ground.settings.redisURL,
            "KAFKA_BOOTSTRAP_SERVERS": kafka.isReal ? kafka.bootstrap : "",
            "KAFKA_ADDRESS_FILE": "\(folder)/broker.address",
            "COUNTRIES": "\(folder)/countries.json",
            "KMS_KEY": "file:\(folder)/keys/vault.key",
            "HISTORY_KEY": "file:\(folder)/keys/history.pem",
            "HISTORY_HEADS": "file:\(folder)/history/heads",
            "STATE_DIR": folder,
            "PORT": "\(port)",
            "OPS_PORT": "\(operationsPort)",
        ]
    }

    private static let countries = """
        [{"code": "fr", "languages": ["fr", "en"], "timeZone": "Europe/Paris", "weekStart": "monday", "slotMinutes": 30,
          "dayStart": "08:00", "bookingHorizonDays": 90, "minimumNoticeMinutes": 0}]
        """
}

/// Ports that nobody listens on at this moment.
enum FreePort {
    static func two() throws -> (Int, Int) {
        let first = try bound()
        let second = try bound()
        close(first.socket)
        close(second.socket)
        return (first.port, second.port)
    }

    static func one() throws -> Int {
        let found = try bound()
        close(found.socket)
        return found.port
    }

    /// A socket that the system gave a port.
    private static func bound() throws -> (socket: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else { throw WrongAnswer("no free port: \(String(cString: strerror(errno)))") }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}
