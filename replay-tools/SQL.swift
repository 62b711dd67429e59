import Postgres

/// The only door to `replay-tools/SQL`: one handle a file, so that a missing file does not compile.
enum SQL {
    static let countRelevantEvents = SQLStatement(
        name: "count_relevant_events", embedded: PackageResources.count_relevant_events_sql)
    static let readEventKeys = SQLStatement(name: "read_event_keys", embedded: PackageResources.read_event_keys_sql)
    static let readStoreReach = SQLStatement(name: "read_store_reach", embedded: PackageResources.read_store_reach_sql)
    static let readOutboxDepth = SQLStatement(
        name: "read_outbox_depth", embedded: PackageResources.read_outbox_depth_sql)
}
