import BookingCommands
import Configuration
import Domain
import EventStore
import PatientCommands
import Postgres
import PractitionerCommands
import ProjectionRunner
import SearchProjection

/// `appointments migrate`: prepares the three databases; safe to repeat and to run by two processes at once.
///
/// Run it with URLs of the schema's owner, which is not the role that `serve` connects as.
struct Migrate {
    /// A table that is in use keeps its users waiting for 100 ms an attempt.
    private static let partitionAttempts = 10

    init(_ arguments: inout ArraySlice<String>) throws(UsageError) {
        try arguments.finish()
    }

    func run(_ environment: [String: String]) async throws -> ExitCode {
        let settings = try Settings.read(environment)
        let countries = try Self.countries(settings)
        for plan in DatabasePlan.all(settings) {
            let pool = PGPool(url: plan.url, label: "migrate", sessionsMax: 1)
            do {
                for (component, set) in plan.components {
                    for name in try await Migrations.apply(set, component: component, in: pool) {
                        write("\(plan.name): applied \(component) \(name)\n", to: 1)
                    }
                }
                let partitions = try await Partitions.ensure(
                    countries: countries, attempts: Self.partitionAttempts, in: pool)
                for table in partitions.busy { write("\(plan.name): \(table) is in use and is made later\n", to: 1) }
                try await plan.partition(countries, pool)
            } catch let error as PGError where error.isConnectionLost {
                throw Unreachable(dependency: "\(plan.name)-database", reason: error.debugDescription)
            }
            await pool.close()
            write("\(plan.name): up to date\n", to: 1)
        }
        return .success
    }

    private static func countries(_ settings: Settings) throws -> [CountryCode] {
        try CountriesFile.read(path: settings.countriesFile, zones: SystemZones.database()).keys.sorted()
    }
}

/// What belongs into one database.
private struct DatabasePlan {
    let name: String
    let url: String
    /// Names and files, in the order in which they are applied.
    let components: [(String, [SQLStatement])]
    let partition: ([CountryCode], PGPool) async throws -> Void

    static func all(_ settings: Settings) -> [DatabasePlan] {
        let store = (Migrations.component, Migrations.set)
        let projections = (ProjectionSchema.component, ProjectionSchema.migrations)
        return [
            DatabasePlan(
                name: "booking", url: settings.bookingDatabase,
                components: [store, ("booking", BookingSchema.migrations), projections],
                partition: { try await BookingSchema.ensurePartitions(countries: $0, in: $1) }),
            DatabasePlan(
                name: "practitioner", url: settings.practitionerDatabase,
                components: [
                    store, ("practitioner", PractitionerSchema.migrations), ("search", SearchSchema.migrations),
                    projections,
                ],
                partition: {
                    try await PractitionerSchema.ensurePartitions(countries: $0, in: $1)
                    try await SearchSchema.ensurePartitions(countries: $0, in: $1)
                }),
            DatabasePlan(
                name: "patient", url: settings.patientDatabase,
                components: [store, ("patient", PatientSchema.migrations)],
                partition: { try await PatientSchema.ensurePartitions(countries: $0, in: $1) }),
        ]
    }
}
