package import Domain
package import Postgres

/// Reads patients, and says who is one.
package struct PatientQueries: Sendable {
    private let pool: PGPool
    private let vault: PatientVault

    /// Reads the patient database as the application's role.
    package init(pool: PGPool, vault: PatientVault) {
        self.pool = pool
        self.vault = vault
    }

    /// One patient; nil where there is none in this country, or where its key was destroyed.
    ///
    /// - Throws: `PGError` when the database cannot be asked, `VaultError` when the vault does not open.
    package func patient(_ id: PatientID, in country: CountryCode) async throws -> Patient? {
        let rows = try await pool.query(SQL.readPatient, [.text(country.text), .uuid(id.high, id.low)])
        guard let row = PatientRow(rows), !row.isErased else { return nil }
        let key = try await vault.openKey(row.wrappedKey, masterKeyID: row.masterKeyID, for: id, in: country)
        return try vault.open(row.sealed, with: key, for: id, in: country, version: row.version)
    }

    /// Those of these patients who exist in a country.
    ///
    /// - Throws: `PGError` when the database cannot be asked.
    package func existing(_ ids: [PatientID], in country: CountryCode) async throws -> Set<PatientID> {
        let rows = try await pool.query(
            SQL.readExistingPatients,
            [.text(country.text), .uuidArray(ids.map { PGUUID(high: $0.high, low: $0.low) })])
        return Set(
            (0..<rows.count).map { row in
                let id = rows.uuid(row, 0)
                return PatientID(high: id.high, low: id.low)
            })
    }
}
