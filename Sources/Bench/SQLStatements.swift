import Postgres

/// The only door to `Sources/Bench/SQL`, apart from pgbench's script.
enum SQL {
    static let readCommitTimes = SQLStatement(
        name: "read_commit_times", embedded: PackageResources.read_commit_times_sql)
    static let readSearchable = SQLStatement(
        name: "read_searchable", embedded: PackageResources.read_searchable_sql)
}
