package import Postgres

/// What all read models share in the practitioner database: which epochs there are, who waits in quarantine, and when
/// which positions went into the pages.
///
/// The booking database has the same tables: its calendars are a runner's model, with a quarantine.
package enum ProjectionSchema {
    /// What `Migrations` calls these files.
    package static let component = "projections"
    /// The migrations, applied in this order after the event store's.
    package static let migrations = [
        SQLStatement(name: "V0001__epochs", embedded: PackageResources.V0001__epochs_sql),
        SQLStatement(name: "V0002__quarantine", embedded: PackageResources.V0002__quarantine_sql),
        SQLStatement(name: "V0003__rebuilds", embedded: PackageResources.V0003__rebuilds_sql),
        SQLStatement(name: "V0004__readers", embedded: PackageResources.V0004__readers_sql),
        SQLStatement(name: "V0005__baseline_rounds", embedded: PackageResources.V0005__baseline_rounds_sql),
        SQLStatement(name: "V0006__parts", embedded: PackageResources.V0006__parts_sql),
        SQLStatement(name: "V0007__last_records", embedded: PackageResources.V0007__last_records_sql),
    ]
}
