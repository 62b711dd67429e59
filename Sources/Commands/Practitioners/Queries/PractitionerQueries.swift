package import Domain
package import Postgres

/// Reads practitioners, with their schedules, and their exceptions.
package struct PractitionerQueries: Sendable {
    private let pool: PGPool

    /// Reads the practitioner database.
    package init(pool: PGPool) { self.pool = pool }

    /// One practitioner, also a deactivated one, with its schedule; nil where there is none in this country.
    ///
    /// - Throws: `PGError` when the database cannot be asked.
    package func practitioner(_ id: PractitionerID, in country: CountryCode) async throws -> Practitioner? {
        let rows = try await pool.query(SQL.readPractitioner, [.text(country.text), .uuid(id.high, id.low)])
        return rows.count == 1 ? PractitionerRow.practitioner(rows, 0) : nil
    }

    /// One page of the active practitioners of a country, in the order of their ids.
    ///
    /// - Throws: `PGError` when the database cannot be asked.
    package func page(in country: CountryCode, _ page: PractitionerPage) async throws -> PractitionerPage.Answer {
        let rows = try await pool.query(
            SQL.pagePractitioners,
            [
                .text(country.text), page.specialty.map { .text($0) } ?? .null,
                page.city.map { .text($0) } ?? .null, page.after.map { .uuid($0.high, $0.low) } ?? .null,
                .int(Int64(page.limit + 1)),
            ])
        let items = (0..<min(rows.count, page.limit)).compactMap { PractitionerRow.practitioner(rows, $0) }
        return PractitionerPage.Answer(items: items, next: rows.count > page.limit ? items.last?.id : nil)
    }

    /// One page of a practitioner's exceptions in force, by start date; nil where there is no such practitioner.
    ///
    /// - Throws: `PGError` when the database cannot be asked.
    package func exceptions(
        of id: PractitionerID, in country: CountryCode, _ page: ExceptionPage
    ) async throws -> ExceptionPage.Answer? {
        let key: [PGValue] = [.text(country.text), .uuid(id.high, id.low)]
        let position: [PGValue] = [
            page.after.map { .date($0.from.days) } ?? .null,
            page.after.map { .uuid($0.id.high, $0.id.low) } ?? .null, .int(Int64(page.limit + 1)),
        ]
        let results = try await pool.pipeline([
            PGStep(SQL.readPractitioner, key), PGStep(SQL.pageExceptions, key + position),
        ])
        guard results[0].count == 1, let practitioner = PractitionerRow.practitioner(results[0], 0) else { return nil }
        let items = (0..<min(results[1].count, page.limit)).compactMap { ExceptionRow.exception(results[1], $0) }
        let next = results[1].count > page.limit ? items.last?.exception : nil
        return ExceptionPage.Answer(
            practitioner: practitioner, items: items,
            next: next.map { ExceptionPage.Position(from: $0.from, id: $0.id) })
    }

    /// One exception, also a removed one; nil where there never was one.
    ///
    /// - Throws: `PGError` when the database cannot be asked.
    func exception(
        _ exception: ExceptionID, of id: PractitionerID, in country: CountryCode
    ) async throws -> PractitionerException? {
        let rows = try await pool.query(
            SQL.readException,
            [.text(country.text), .uuid(id.high, id.low), .uuid(exception.high, exception.low)])
        return rows.count == 1 ? ExceptionRow.exception(rows, 0) : nil
    }
}

/// Which practitioners a page shows.
package struct PractitionerPage: Sendable {
    /// In any case; nil: all.
    package var specialty: String?
    /// In any case; nil: all.
    package var city: String?
    /// The last one of the page before.
    package var after: PractitionerID?
    /// At least 1.
    package var limit: Int

    /// Takes a filter and a place.
    package init(specialty: String?, city: String?, after: PractitionerID?, limit: Int) {
        self.specialty = specialty
        self.city = city
        self.after = after
        self.limit = limit
    }

    /// The practitioners of a page.
    package struct Answer: Sendable {
        /// At most as many as the limit, by id.
        package var items: [Practitioner]
        /// What the next page takes as `after`; nil on the last page.
        package var next: PractitionerID?
    }
}

/// Which exceptions of a practitioner a page shows.
package struct ExceptionPage: Sendable {
    /// The last row of the page before.
    package struct Position: Hashable, Sendable {
        /// Its first day.
        package var from: LocalDate
        /// Its id.
        package var id: ExceptionID

        /// Takes the place of a row.
        package init(from: LocalDate, id: ExceptionID) {
            self.from = from
            self.id = id
        }
    }

    /// The last one of the page before.
    package var after: Position?
    /// At least 1.
    package var limit: Int

    /// Takes a place.
    package init(after: Position?, limit: Int) {
        self.after = after
        self.limit = limit
    }

    /// The exceptions of a page, with the practitioner that they are of.
    package struct Answer: Sendable {
        /// Whose they are.
        package var practitioner: Practitioner
        /// At most as many as the limit, by start date.
        package var items: [PractitionerException]
        /// What the next page takes as `after`; nil on the last page.
        package var next: Position?
    }
}
