package import Domain
package import Postgres

/// The only door to this folder's SQL: one handle a file, so that a missing file does not compile.
enum SQL {
    static let preferIndexes = SQLStatement(name: "prefer_indexes", embedded: PackageResources.prefer_indexes_sql)
    static let lockCalendars = SQLStatement(name: "lock_calendars", embedded: PackageResources.lock_calendars_sql)
    static let readCalendars = SQLStatement(name: "read_calendars", embedded: PackageResources.read_calendars_sql)
    static let setCalendarWaits = SQLStatement(
        name: "set_calendar_waits", embedded: PackageResources.set_calendar_waits_sql)
    static let writeCalendar = SQLStatement(name: "write_calendar", embedded: PackageResources.write_calendar_sql)
    static let readBookedSlots = SQLStatement(
        name: "read_booked_slots", embedded: PackageResources.read_booked_slots_sql)
    static let occupySlots = SQLStatement(name: "occupy_slots", embedded: PackageResources.occupy_slots_sql)
    static let releaseSlots = SQLStatement(name: "release_slots", embedded: PackageResources.release_slots_sql)
    static let readBookings = SQLStatement(name: "read_bookings", embedded: PackageResources.read_bookings_sql)
    static let insertBookings = SQLStatement(name: "insert_bookings", embedded: PackageResources.insert_bookings_sql)
    static let updateBookings = SQLStatement(name: "update_bookings", embedded: PackageResources.update_bookings_sql)
    static let readDisplacedBookings = SQLStatement(
        name: "read_displaced_bookings", embedded: PackageResources.read_displaced_bookings_sql)
    static let insertDisplacements = SQLStatement(
        name: "insert_displacements", embedded: PackageResources.insert_displacements_sql)
    static let pagePatientBookings = SQLStatement(
        name: "page_patient_bookings", embedded: PackageResources.page_patient_bookings_sql)
    static let pagePractitionerBookings = SQLStatement(
        name: "page_practitioner_bookings", embedded: PackageResources.page_practitioner_bookings_sql)
    static let writeCalendarCheckpoint = SQLStatement(
        name: "write_calendar_checkpoint", embedded: PackageResources.write_calendar_checkpoint_sql)
    static let readCalendarVersions = SQLStatement(
        name: "read_calendar_versions", embedded: PackageResources.read_calendar_versions_sql)
    static let readCalendarCheckpoint = SQLStatement(
        name: "read_calendar_checkpoint", embedded: PackageResources.read_calendar_checkpoint_sql)
}

/// The migrations of the booking database, applied in this order after the event store's.
package enum BookingSchema {
    /// In order; files are only ever added.
    package static let migrations = [
        SQLStatement(name: "V0001__booking", embedded: PackageResources.V0001__booking_sql),
        SQLStatement(name: "V0002__waiting_calendars", embedded: PackageResources.V0002__waiting_calendars_sql),
    ]
}

extension BookingSchema {
    /// Creates the partitions of countries where they are missing; for `migrate`, as the owner of the schema.
    ///
    /// - Throws: `PGError`.
    package static func ensurePartitions(countries: [CountryCode], in pool: PGPool) async throws {
        let statement = SQLStatement(
            name: "ensure_booking_partitions", embedded: PackageResources.ensure_booking_partitions_sql)
        _ = try await pool.query(statement, [.textArray(countries.map(\.text))])
    }
}

extension PGPool {
    /// Runs one statement with the settings of `prefer_indexes`, in the same round trip.
    ///
    /// - Throws: As `query`.
    func queryByIndex(_ statement: SQLStatement, _ parameters: [PGValue]) async throws -> PGRows {
        try await pipeline([PGStep(SQL.preferIndexes), PGStep(statement, parameters)])[1]
    }
}
