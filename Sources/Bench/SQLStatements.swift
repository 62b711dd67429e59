import Postgres

/// The only door to `Sources/Bench/SQL`, apart from pgbench's script.
enum SQL {
    static let readCommitTimes = SQLStatement(
        name: "read_commit_times", embedded: PackageResources.read_commit_times_sql)
    static let readSearchable = SQLStatement(
        name: "read_searchable", embedded: PackageResources.read_searchable_sql)
    static let generateEvents = SQLStatement(name: "generate_events", embedded: PackageResources.generate_events_sql)
    static let generateStamps = SQLStatement(name: "generate_stamps", embedded: PackageResources.generate_stamps_sql)
    static let measureStorage = SQLStatement(name: "measure_storage", embedded: PackageResources.measure_storage_sql)
}
