import Audit
import AvailabilityProjection
import Configuration
import Domain
import EventStore
import ProjectionRunner

/// Joins what answers auditors, out of the settings of this program.
enum AuditOffice {
    /// - Throws: `SettingsError` where seals are needed and key or heads are not set.
    static func desk(
        _ connections: Connections, _ environment: [String: String], needsSeals: Bool
    ) throws -> AuditDesk {
        let (booking, practitioner, patient) = (
            connections.booking.pool, connections.practitioner.pool, connections.patient.pool
        )
        let identifiers = UUIDv7Source(clock: connections.clock)
        let reader = AuditReader(booking: booking, practitioner: practitioner, patient: patient)
        return AuditDesk(
            reader: reader,
            availability: AvailabilityHistory(
                reader: reader, progress: ProjectionProgressLog(practitioner),
                quarantine: QuarantineHistory(practitioner),
                present: PresentPages.reader(connections.redis, EpochRegistry(practitioner)), zones: connections.zones,
                countries: connections.countries),
            seals: needsSeals ? try seals(connections, environment) : nil,
            operations: OperationsLog(booking: booking, identifiers: identifiers, clock: connections.clock),
            identifiers: identifiers, zones: connections.zones, clock: connections.clock)
    }

    private static func seals(_ connections: Connections, _ environment: [String: String]) throws -> AuditSeals {
        var values = Environment(environment)
        let settings = HistorySettings(&values)
        guard values.faults.isEmpty else { throw SettingsError(lines: values.faults) }
        let folder = try HistorySettings.needed(
            settings.headsFolder, "HISTORY_HEADS", "file:FOLDER in which signed heads of the history are kept")
        return AuditSeals(
            log: FileHeadLog(folder: folder, clock: connections.clock),
            publicKey: try HistoryKeys.publicKey(nil, settings), booking: connections.booking.pool,
            practitioner: connections.practitioner.pool, patient: connections.patient.pool)
    }
}
