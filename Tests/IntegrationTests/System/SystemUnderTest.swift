import Foundation
import HTTPClient
import JOSE
import Synchronization
import TestSupport

/// The real system: processes of `appointments` on real servers, seen from outside only.
final class SystemUnderTest: Sendable {
    /// One process of the system.
    struct Member: Sendable {
        let name: String
        let roles: [ServedRole]
        /// The public port, and the operations port.
        let port: Int
        let operationsPort: Int
    }

    let shape: SystemShape
    let folder: StateFolder
    let servers: SystemServers
    let members: [Member]
    let http: HTTPClient
    let issuer: LocalIssuer
    /// Bootstrap list of a real Kafka; nil: the broker is a process of this system.
    let kafka: String?
    /// Settings besides those that every system has.
    private let extra: [String: String]
    private let program: String
    private let running = Mutex<[String: RunningProgram]>([:])
    private let turn = Atomic<Int>(0)

    private static let brokerName = "broker"
    private static let started = Atomic<Int>(0)

    /// Starts a system, lends it and stops it again, whatever happens in between.
    ///
    /// - Parameters:
    ///   - shape: How its roles are spread over processes.
    ///   - own: PostgreSQL and Redis of the test; nil: databases on the shared ones.
    ///   - kafka: Bootstrap list of a real Kafka; nil: the embedded broker.
    ///   - extra: Settings besides those that every system has.
    ///   - body: Gets the system, ready to be called.
    /// - Returns: What `body` returned.
    /// - Throws: `SystemFailed` with the ends of all logs.
    static func with<T>(
        _ shape: SystemShape, own: OwnServers? = nil, kafka: String? = nil, extra: [String: String] = [:],
        _ body: (SystemUnderTest) async throws -> sending T
    ) async throws -> sending T {
        let system = try await start(shape, own: own, kafka: kafka, extra: extra)
        do {
            let result = try await body(system)
            await system.stop(keepingLogs: false)
            return result
        } catch {
            let failure = await system.failed(error)
            await system.stop(keepingLogs: true)
            throw failure
        }
    }

    /// Starts a system and waits until every process is ready; the caller stops it.
    ///
    /// - Throws: `SystemFailed`; `MissingServer`.
    static func start(
        _ shape: SystemShape, own: OwnServers? = nil, kafka: String? = nil, extra: [String: String] = [:]
    ) async throws -> SystemUnderTest {
        let program = try TestServers.appointmentsProgram()
        guard CrashCleaner.isArmed else { throw CannotCleanUp() }
        let number = started.add(1, ordering: .relaxed).newValue
        let folder = try StateFolder(named: "\(number)-\(shape.rawValue)")
        let servers = try await SystemServers.take(own: own)
        let system = try SystemUnderTest(
            shape, program: program, folder: folder, servers: servers, kafka: kafka, extra: extra)
        do {
            try await system.migrate()
            if kafka == nil { try await system.startBroker() }
            try await system.startAll()
            return system
        } catch {
            let failure = await system.failed(error)
            await system.stop(keepingLogs: true)
            throw failure
        }
    }

    private init(
        _ shape: SystemShape, program: String, folder: StateFolder, servers: SystemServers, kafka: String?,
        extra: [String: String]
    ) throws {
        self.shape = shape
        self.program = program
        self.folder = folder
        self.servers = servers
        self.kafka = kafka
        self.extra = extra
        members = try shape.members.map { member in
            Member(
                name: member.name, roles: member.roles, port: try FreePorts.next(), operationsPort: try FreePorts.next()
            )
        }
        http = try HTTPClient(label: "test-caller", connectionsPerHostMax: 128)
        issuer = try LocalIssuer(keyPath: folder.issuerKey, issuer: "urn:appointments:local")
    }

    /// Stops everything and gives everything back.
    func stop(keepingLogs: Bool) async {
        await http.close()
        let programs = running.withLock { running in
            defer { running = [:] }
            return Array(running.values)
        }
        for program in programs {
            program.thaw()
            try? await program.crash()
        }
        await servers.giveBack()
        folder.delete(keepingLogs: keepingLogs)
    }

    /// An error together with the ends of all logs, and with what every process says of itself at that moment.
    func failed(_ error: any Error) async -> SystemFailed {
        if let known = error as? SystemFailed { return known }
        for member in members {
            for path in ["/metrics", "/readyz"] {
                let answer = try? await operations(member, path, timeout: .seconds(2))
                folder.keep(answer?.text ?? "no answer", as: "\(member.name)-\(path.dropFirst())")
            }
        }
        return SystemFailed(shape: shape, reason: "\(error)", folder: folder.path, logs: folder.logTails())
    }
}

/// A test failed while a system ran, or the system did not start.
struct SystemFailed: Error, CustomStringConvertible {
    let shape: SystemShape
    let reason: String
    let folder: String
    let logs: String

    var description: String { "\(reason)\n  (\(shape.testDescription); logs in \(folder))\n\(logs)" }
}

// MARK: - Processes

extension SystemUnderTest {
    /// The processes that have a role.
    func members(with role: ServedRole) -> [Member] { members.filter { $0.roles.contains(role) } }

    /// The process that answers a public path; those that could are asked in turn.
    func member(answering path: String) throws -> Member {
        let able = members(with: .serving(path))
        guard let first = able.first else { throw NoMember(path: path) }
        if able.count == 1 { return first }
        return able[turn.add(1, ordering: .relaxed).newValue % able.count]
    }

    /// `kill -9`.
    func crash(_ members: [Member]) async throws {
        for member in members { try await process(member.name)?.crash() }
    }

    /// Freezes a process (SIGSTOP): it keeps what it holds and does nothing, until `thaw`.
    func freeze(_ member: Member) { process(member.name)?.freeze() }

    /// Lets a frozen process go on (SIGCONT), unaware of the time that has passed.
    func thaw(_ member: Member) { process(member.name)?.thaw() }

    /// What the operating system knows a process by; nil where it was never started.
    func pid(of member: Member) -> Int32? { process(member.name)?.pid }

    /// Starts processes again on their ports and waits until they are ready.
    func restart(_ members: [Member]) async throws {
        for member in members { try launch(member) }
        for member in members { try await waitUntilReady(member) }
    }

    /// Starts a process again and does not wait.
    func launch(_ member: Member) throws {
        let roles =
            member.roles.count == ServedRole.allCases.count
            ? "all" : member.roles.map(\.rawValue).joined(separator: ",")
        try launch(member.name, ["serve", "--roles", roles], environment(of: member))
    }

    /// Asks every process to stop (SIGTERM), expects that each ends with 0, and starts all again.
    func restartCleanly() async throws {
        for member in members {
            guard let process = process(member.name) else { continue }
            let exit = try await process.stop()
            guard exit == .code(0) else { throw UncleanStop(name: member.name, exit: exit) }
        }
        try await startAll()
    }

    /// `kill -9` of the embedded broker and a new one, which knows nothing.
    func restartBroker() async throws {
        try await crashBroker()
        try await startBroker()
    }

    func crashBroker() async throws { try await process(Self.brokerName)?.crash() }
    func freezeBroker() { process(Self.brokerName)?.freeze() }
    func thawBroker() { process(Self.brokerName)?.thaw() }

    func startBroker() async throws {
        folder.forgetBrokerAddress()
        // By the folder `CrashCleaner` knows whose it is.
        let settings = extra.merging(["STATE_DIR": folder.path]) { $1 }
        try launch(Self.brokerName, ["broker", "--address-file", folder.brokerAddress], settings)
        try await eventually("the broker wrote its address", within: .seconds(20)) {
            try checkRunning(Self.brokerName)
            return folder.readBrokerAddress() != nil
        }
    }

    /// Waits until `/readyz` of the process says 200.
    func waitUntilReady(_ member: Member) async throws {
        try await eventually("\(member.name) is ready", within: .seconds(60), every: .milliseconds(50)) {
            try checkRunning(member.name)
            let answer = try await operations(member, "/readyz", timeout: .seconds(3))
            guard answer.status == 200 else { throw NotReady(body: answer.text) }
            return true
        }
    }

    /// Asks the operations port of a process.
    func operations(_ member: Member, _ path: String, timeout: Duration = .seconds(5)) async throws -> Answer {
        let url = "http://127.0.0.1:\(member.operationsPort)\(path)"
        return Answer(try await http.send(HTTPClientRequest(url: url, timeout: timeout)))
    }

    /// Runs the operators' command beside the system, as the application's database role.
    ///
    /// - Returns: How it ended, and all that it said.
    func replay(_ arguments: String..., within deadline: Duration = .seconds(60)) async throws -> (
        exit: RunningProgram.Exit, output: String
    ) {
        let running = try startReplay(arguments)
        return (try await running.waitForExit(within: deadline), running.output())
    }

    /// Starts the operators' command and does not wait.
    func startReplay(_ arguments: [String]) throws -> RunningProgram {
        try RunningProgram(
            try TestServers.replayProgram(), arguments,
            environment: settingsOfPrograms,
            logPath: folder.log(of: "replay-\(turn.add(1, ordering: .relaxed).newValue)"))
    }

    private func startAll() async throws {
        for member in members { try launch(member) }
        for member in members { try await waitUntilReady(member) }
    }

    private func process(_ name: String) -> RunningProgram? { running.withLock { $0[name] } }

    private func launch(_ name: String, _ arguments: [String], _ environment: [String: String]) throws {
        let started = try RunningProgram(
            program, arguments, environment: environment, logPath: folder.log(of: name))
        running.withLock { $0[name] = started }
    }

    private func checkRunning(_ name: String) throws {
        guard let process = process(name), process.exit == nil else { throw EndedWhileNeeded(name: name) }
    }

    /// Migrates as the owner of the schema, twice at once: that must be safe.
    private func migrate() async throws {
        let settings = settings { $0.url }
        let first = try RunningProgram(
            program, ["migrate"], environment: settings, logPath: folder.log(of: "migrate-1"))
        let second = try RunningProgram(
            program, ["migrate"], environment: settings, logPath: folder.log(of: "migrate-2"))
        for migration in [first, second] {
            let exit = try await migration.waitForExit(within: .seconds(60))
            guard exit == .code(0) else { throw UncleanStop(name: "migrate", exit: exit) }
        }
        let key = try RunningProgram(
            program, ["history-key"], environment: settings, logPath: folder.log(of: "history-key"))
        let exit = try await key.waitForExit(within: .seconds(20))
        guard exit == .code(0) else { throw UncleanStop(name: "history-key", exit: exit) }
    }

    private func environment(of member: Member) -> [String: String] {
        var settings = settingsOfPrograms
        settings["PORT"] = "\(member.port)"
        settings["OPS_PORT"] = "\(member.operationsPort)"
        if shape == .apart {
            let others: [(String, ServedRole)] = [
                ("BOOKING_URL", .booking), ("PRACTITIONER_URL", .practitioner), ("PATIENT_URL", .patient),
            ]
            for (name, role) in others where !member.roles.contains(role) {
                settings[name] = members(with: role).first.map { "http://127.0.0.1:\($0.operationsPort)" }
            }
        }
        return settings
    }

    /// What a program beside the system is told, as the application's database role.
    var settingsOfPrograms: [String: String] { settings { $0.url(as: SystemServers.applicationRole) } }

    private func settings(database: (TestDatabase) -> String) -> [String: String] {
        [
            "BOOKING_DATABASE_URL": database(servers.booking),
            "PRACTITIONER_DATABASE_URL": database(servers.practitioner),
            "PATIENT_DATABASE_URL": database(servers.patient), "REDIS_URL": servers.redisURL,
            "KAFKA_BOOTSTRAP_SERVERS": kafka ?? "", "KAFKA_ADDRESS_FILE": folder.brokerAddress,
            "COUNTRIES": folder.countriesFile, "KMS_KEY": "file:\(folder.vaultKey)", "STATE_DIR": folder.path,
            "HISTORY_KEY": "file:\(folder.historyKey)", "HISTORY_HEADS": "file:\(folder.heads)",
        ].merging(extra) { $1 }
    }
}

/// No process of the shape serves a path.
struct NoMember: Error { let path: String }
/// `/readyz` says that something is missing.
struct NotReady: Error { let body: String }
/// A process ended by itself.
struct EndedWhileNeeded: Error { let name: String }
/// A process did not end with 0 when it was asked to stop.
struct UncleanStop: Error {
    let name: String
    let exit: RunningProgram.Exit
}
