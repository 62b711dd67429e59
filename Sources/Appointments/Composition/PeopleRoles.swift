import Configuration
import Domain
import EventStore
import PatientCommands
import Postgres
import PractitionerCommands

/// Everything that the practitioner role is made of.
struct PractitionerRole: Sendable {
    let pool: PGPool
    let service: PractitionerAdapter
    private let notifier: CommitNotifier

    private static let sessionsMax = 8

    init(_ settings: Settings, _ process: ProcessContext, calendar: any CalendarPort) {
        let url = settings.practitionerDatabase
        let pool = PGPool(url: url, label: "practitioner", sessionsMax: Self.sessionsMax)
        let notifier = CommitNotifier(url: url, label: "practitioner-notify")
        self.pool = pool
        self.notifier = notifier
        service = PractitionerAdapter(
            handler: PractitionerHandler(
                pool: pool, zones: process.zones, calendar: calendar, clock: process.clock,
                identifiers: process.identifiers, log: process.log, committed: { notifier.committed() }),
            queries: PractitionerQueries(pool: pool), countries: process.countries,
            translation: PractitionerTranslation(zones: process.zones))
    }

    func close() async {
        await notifier.close()
        await pool.close()
    }
}

/// Everything that the patient role is made of.
struct PatientRole: Sendable {
    let pool: PGPool
    let service: PatientAdapter
    let queries: PatientQueries
    private let notifier: CommitNotifier

    private static let sessionsMax = 8

    /// - Throws: `SettingsError` where the master key cannot be used.
    init(_ settings: Settings, _ process: ProcessContext) throws(SettingsError) {
        let url = settings.patientDatabase
        let pool = PGPool(url: url, label: "patient", sessionsMax: Self.sessionsMax)
        let notifier = CommitNotifier(url: url, label: "patient-notify")
        let vault = PatientVault(masterKey: try Self.masterKey(settings.masterKey))
        self.pool = pool
        self.notifier = notifier
        queries = PatientQueries(pool: pool, vault: vault)
        service = PatientAdapter(
            handler: PatientHandler(
                pool: pool, vault: vault, clock: process.clock, identifiers: process.identifiers, log: process.log,
                committed: { notifier.committed() }),
            queries: queries)
    }

    private static func masterKey(_ path: String) throws(SettingsError) -> FileMasterKey {
        do { return try FileMasterKey(contents: FileBytes.read(path, bytesMax: 4_096)) } catch {
            throw SettingsError(lines: ["KMS_KEY: \(path) holds no usable master key (32 bytes): \(error)"])
        }
    }

    func close() async {
        await notifier.close()
        await pool.close()
    }
}
