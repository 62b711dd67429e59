package import Postgres

/// What all read models share in the practitioner database: which epochs there are.
package enum ProjectionSchema {
    /// What `Migrations` calls these files.
    package static let component = "projections"
    /// The migrations, applied in this order after the event store's.
    package static let migrations = [
        SQLStatement(name: "V0001__epochs", embedded: PackageResources.V0001__epochs_sql)
    ]
}
