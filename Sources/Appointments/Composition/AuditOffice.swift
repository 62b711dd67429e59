import Audit
import AvailabilityProjection
import Configuration
import Crypto
import Domain
import EventStore
import Gateway
import Postgres
import ProjectionRunner
import Redis

/// What answers auditors: it reads the histories of all three databases and writes nothing but what was asked.
struct AuditOffice: Sendable {
    let service: AuditAdapter
    private let pools: [PGPool]

    /// One for a page's databases beside each other, and those of a verification.
    private static let sessionsMax = HistoryVerifier.sessionCount + 1
    /// No question may hold a session for longer.
    private static let statementTimeout = Duration.seconds(20)

    /// Connects to nothing yet.
    ///
    /// - Throws: `SettingsError` where a key or a folder of heads is set and cannot be used.
    init(_ settings: Settings, _ process: ProcessContext, redis: RedisClient) throws(SettingsError) {
        let pools = [settings.bookingDatabase, settings.practitionerDatabase, settings.patientDatabase].map { url in
            PGPool(url: url, label: "audit", sessionsMax: Self.sessionsMax, statementTimeout: Self.statementTimeout)
        }
        let (booking, practitioner, patient) = (pools[0], pools[1], pools[2])
        let reader = AuditReader(booking: booking, practitioner: practitioner, patient: patient)
        let desk = AuditDesk(
            reader: reader,
            availability: AvailabilityHistory(
                reader: reader, progress: ProjectionProgressLog(practitioner),
                quarantine: QuarantineHistory(practitioner),
                present: PresentPages.reader(redis, EpochRegistry(practitioner)), zones: process.zones,
                countries: process.countries),
            seals: try Self.heads(settings.history, process).map { heads in
                AuditSeals(
                    log: heads.log, publicKey: heads.key, booking: booking, practitioner: practitioner,
                    patient: patient)
            },
            operations: OperationsLog(booking: booking, identifiers: process.identifiers, clock: process.clock),
            identifiers: process.identifiers, zones: process.zones, clock: process.clock)
        service = AuditAdapter(desk: desk, log: process.log)
        self.pools = pools
    }

    func close() async {
        for pool in pools { await pool.close() }
    }

    /// Signed heads and whom to believe; nil where they are not set: then questions about seals are 503.
    private static func heads(
        _ settings: HistorySettings, _ process: ProcessContext
    ) throws(SettingsError) -> (log: FileHeadLog, key: Ed25519PublicKey)? {
        guard let folder = settings.headsFolder, let path = settings.publicKeyFile ?? settings.keyFile else {
            return nil
        }
        let name = settings.publicKeyFile == nil ? "HISTORY_KEY" : "HISTORY_PUBLIC_KEY"
        do {
            let pem = String(decoding: try FileBytes.read(path, bytesMax: 1 << 16), as: UTF8.self)
            let key =
                settings.publicKeyFile == nil
                ? try Ed25519PrivateKey(pem: pem).publicKey : try HistoryKey.publicKey(reading: pem)
            return (FileHeadLog(folder: folder, clock: process.clock), key)
        } catch {
            throw SettingsError(lines: ["\(name): \(path) cannot be read or holds no Ed25519 key"])
        }
    }
}
