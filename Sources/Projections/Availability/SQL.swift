import Postgres

/// The only door to this folder's SQL: one handle a file, so that a missing file does not compile.
enum SQL {
    static let readCalendarEvents = SQLStatement(
        name: "read_calendar_events", embedded: PackageResources.read_calendar_events_sql)
}
