import Crypto
package import Postgres

/// Brings a database's schema up to date, one component at a time, each with files of its own that are only ever added
/// to.
///
/// A file is named `V0001__what_it_does` and is applied once, in the order of numbers, all in one transaction under one
/// lock: two processes that start together take turns, and a process that dies leaves nothing half done.
package enum Migrations {
    /// The component of this module: events, outbox, idempotency.
    package static let component = "event_store"
    /// The files of this module, in order; a test compares the list with the folder.
    package static let set = [
        SQLStatement(name: "V0001__event_store", embedded: PackageResources.V0001__event_store_sql),
        SQLStatement(name: "V0002__sealed_history", embedded: PackageResources.V0002__sealed_history_sql),
        SQLStatement(name: "V0003__audit_paths", embedded: PackageResources.V0003__audit_paths_sql),
        SQLStatement(name: "V0004__verified_versions", embedded: PackageResources.V0004__verified_versions_sql),
        SQLStatement(name: "V0005__seal_edges", embedded: PackageResources.V0005__seal_edges_sql),
        SQLStatement(name: "V0006__summarised_times", embedded: PackageResources.V0006__summarised_times_sql),
        SQLStatement(name: "V0007__watched_transactions", embedded: PackageResources.V0007__watched_transactions_sql),
        SQLStatement(name: "V0008__quiet_partitions", embedded: PackageResources.V0008__quiet_partitions_sql),
    ]

    /// Applies what a database lacks; running it again changes nothing.
    ///
    /// - Parameters:
    ///   - set: All files of the component, the applied ones too; names `V<number>__<name>`, numbers from 1 without
    ///     gaps.
    ///   - component: Who owns the files: `event_store`, `booking`, `practitioner`, `patient` …
    ///   - pool: Connects as the owner of the schema, who is not the role that serves.
    /// - Returns: The names of what was applied now.
    /// - Throws: `MigrationError` when files and database tell different stories; `PGError`.
    @discardableResult
    package static func apply(_ set: [SQLStatement], component: String, in pool: PGPool) async throws -> [String] {
        let files = try numbered(set)
        return try await pool.transaction { session in
            _ = try await session.query(SQL.lockMigrations)
            try await session.execute(SQL.createMigrationTable)
            let applied = try await session.query(SQL.readMigrations, [.text(component)])
            for row in 0..<applied.count {
                let version = Int(applied.int(row, 0))
                guard version == row + 1, row < files.count else {
                    throw MigrationError.databaseIsNewer(component: component, version: version)
                }
                guard files[row].checksum == applied.bytes(row, 2) else {
                    throw MigrationError.fileChanged(component: component, name: files[row].statement.name)
                }
            }
            let missing = files.dropFirst(applied.count)
            for file in missing {
                try await session.execute(file.statement)
                _ = try await session.query(
                    SQL.insertMigration,
                    [
                        .text(component), .int4(Int32(file.version)), .text(file.statement.name),
                        .bytes(file.checksum),
                    ])
            }
            return missing.map(\.statement.name)
        }
    }

    private struct File: Sendable {
        let version: Int
        let statement: SQLStatement
        let checksum: [UInt8]
    }

    private static func numbered(_ set: [SQLStatement]) throws(MigrationError) -> [File] {
        var files: [File] = []
        for statement in set {
            let number = statement.name.dropFirst().prefix { $0.isNumber }
            guard statement.name.hasPrefix("V"), statement.name.dropFirst(1 + number.count).hasPrefix("__"),
                let version = Int(number), version == files.count + 1
            else { throw .badName(statement.name) }
            files.append(
                File(version: version, statement: statement, checksum: SHA256.hash(Array(statement.text.utf8))))
        }
        return files
    }
}

/// Why the schema was left as it is.
package enum MigrationError: Error, Hashable, Sendable {
    /// A file was edited after it had been applied here; add a new one instead.
    case fileChanged(component: String, name: String)
    /// The database was prepared by a newer program.
    case databaseIsNewer(component: String, version: Int)
    /// A name is not `V<number>__<name>`, or a number is missing.
    case badName(String)
}

extension MigrationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fileChanged(let component, let name):
            "migration \(name) of \(component) was changed after it had been applied: add a new one instead"
        case .databaseIsNewer(let component, let version):
            "the database has migration \(version) of \(component), which this program does not know"
        case .badName(let name): "migration \(name) is not named V<number>__<name>, or its number does not follow"
        }
    }
}
