package import Domain
package import Postgres

/// Reads bookings for those who may see them.
package struct BookingQueries: Sendable {
    private let pool: PGPool

    /// Reads through booking's own pool.
    package init(pool: PGPool) { self.pool = pool }

    /// The booking, or nil where there is none in this country or the caller may not see it.
    ///
    /// - Throws: `PGError` when the database cannot be asked.
    package func booking(
        _ id: BookingID, in country: CountryCode, for access: BookingAccess
    ) async throws -> Booking? {
        let rows = try await pool.queryByIndex(
            SQL.readBookings, [.textArray([country.description]), .uuidArray([id.pgUUID])])
        return BookingRow.bookings(rows).first(where: access.permits)
    }

    /// Whether booking knows this practitioner.
    ///
    /// - Throws: `PGError` when the database cannot be asked.
    package func knows(_ practitioner: PractitionerID, in country: CountryCode) async throws -> Bool {
        let rows = try await pool.queryByIndex(
            SQL.readCalendars,
            [.textArray([country.text]), .uuidArray([practitioner.pgUUID]), .intArray([Int64.max])])
        return rows.count == 1
    }

    /// The bookings that one change of a practitioner displaced, as they are now, in time order.
    ///
    /// - Throws: `PGError` when the database cannot be asked.
    package func displaced(by cause: EventID, in country: CountryCode) async throws -> [Booking] {
        let rows = try await pool.queryByIndex(
            SQL.readDisplacedBookings, [.text(country.description), .uuid(cause.high, cause.low)])
        return BookingRow.bookings(rows)
    }

    /// One page of a patient's bookings, latest `slotStart` first.
    ///
    /// - Throws: `PGError` when the database cannot be asked.
    package func page(of patient: PatientID, in country: CountryCode, _ page: BookingPage) async throws -> [Booking] {
        let rows = try await pool.queryByIndex(
            SQL.pagePatientBookings,
            [.text(country.description), .uuid(patient.high, patient.low)] + page.parameters)
        return BookingRow.bookings(rows)
    }

    /// One page of a practitioner's bookings in time order.
    ///
    /// - Throws: `PGError` when the database cannot be asked.
    package func page(
        of practitioner: PractitionerID, in country: CountryCode, _ page: BookingPage
    ) async throws -> [Booking] {
        let rows = try await pool.queryByIndex(
            SQL.pagePractitionerBookings,
            [.text(country.description), .uuid(practitioner.high, practitioner.low)] + page.parameters)
        return BookingRow.bookings(rows)
    }
}

/// Which bookings of somebody a page shows.
package struct BookingPage: Sendable {
    /// An end of a range: a moment, or a date in the practice's zone.
    package enum Bound: Sendable {
        /// A moment.
        case instant(Instant)
        /// A date on the practice's wall, from midnight on.
        case date(LocalDate)
    }

    /// The last row of the page before.
    package struct Position: Sendable {
        /// When its visit begins.
        package var slotStart: Instant
        /// Its booking: the order among visits that begin together.
        package var bookingID: BookingID

        /// Joins both.
        package init(slotStart: Instant, bookingID: BookingID) {
            self.slotStart = slotStart
            self.bookingID = bookingID
        }
    }

    /// Nil: confirmed and cancelled ones.
    package var status: Booking.Status?
    /// Inclusive; nil: from the first one.
    package var from: Bound?
    /// Exclusive; nil: to the last one.
    package var to: Bound?
    /// Nil: the first page.
    package var after: Position?
    /// How many bookings the page holds at most, at least 1.
    package var limit: Int

    /// Takes what a caller asked for, checked.
    package init(status: Booking.Status?, from: Bound?, to: Bound?, after: Position?, limit: Int) {
        self.status = status
        self.from = from
        self.to = to
        self.after = after
        self.limit = limit
    }

    /// $3 to $10 of the page statements.
    var parameters: [PGValue] {
        [
            status.map { .text($0.rawValue) } ?? .null,
            from.timestamp, to.timestamp,
            after.map { .timestamp($0.slotStart.microseconds) } ?? .null,
            after.map { .uuid($0.bookingID.high, $0.bookingID.low) } ?? .null,
            .int(Int64(limit)),
            from.date, to.date,
        ]
    }
}

extension BookingPage.Bound? {
    fileprivate var timestamp: PGValue {
        if case .instant(let instant) = self { .timestamp(instant.microseconds) } else { .null }
    }

    fileprivate var date: PGValue {
        if case .date(let date) = self { .date(date.days) } else { .null }
    }
}
