import Configuration
import Domain
import EventStore
import Postgres

/// The databases whose history is verified; nothing else is connected to.
struct HistoryDatabases: Sendable {
    let pools: [(name: String, pool: PGPool)]
    /// Where facts about operations go; nil: its URL is not set.
    let booking: PGPool?

    /// Reads the URLs of these databases.
    ///
    /// - Throws: `SettingsError` that names what is missing.
    init(_ environment: [String: String], _ names: [String]) throws(SettingsError) {
        var values = Environment(environment)
        var pools: [(name: String, pool: PGPool)] = []
        for name in names {
            let url = values.required(
                "\(name.uppercased())_DATABASE_URL", "a libpq URI such as postgresql://user@host/\(name)")
            pools.append((name, Self.pool(url)))
        }
        guard values.faults.isEmpty else { throw SettingsError(lines: values.faults) }
        self.pools = pools
        booking = values.text("BOOKING_DATABASE_URL").map { Self.pool($0) }
    }

    private static func pool(_ url: String) -> PGPool {
        PGPool(
            url: url, label: "replay-history", sessionsMax: HistoryVerifier.sessionCount, applicationName: "replay")
    }

    func close() async {
        for (_, pool) in pools { await pool.close() }
        await booking?.close()
    }
}

/// Tells the sealed history that it was verified, by whom and with what outcome.
struct HistoryRecord: Sendable {
    private let log: OperationsLog?
    private let operation: OperationID
    private let actor: OperationActor

    init(_ databases: HistoryDatabases, _ actor: OperationActor, _ clock: SystemClock) {
        let identifiers = UUIDv7Source(clock: clock)
        log = databases.booking.map { OperationsLog(booking: $0, identifiers: identifiers, clock: clock) }
        operation = OperationID(from: identifiers)
        self.actor = actor
    }

    /// Adds a fact; where that is not possible, a warning says so and the work goes on.
    func add(_ phase: OperationPhase, _ details: [OperationDetail], _ voice: HistoryVoice) async {
        guard let log else {
            if phase == .started {
                voice.warn("this verification is not recorded: BOOKING_DATABASE_URL is not set")
            }
            return
        }
        do {
            try await log.record(
                OperationFact(operation: operation, .verifyHistory, phase, by: actor, details: details))
        } catch {
            if phase == .started { voice.warn("this verification is not recorded: \(error)") }
        }
    }
}
