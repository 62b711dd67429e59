import Postgres

/// The only door to `Sources/Projections/Search/SQL`: one handle a file, so that a missing file does not compile.
enum SQL {
    static let ensurePartitions = SQLStatement(
        name: "ensure_search_partitions", embedded: PackageResources.ensure_search_partitions_sql)
    static let readCheckpoint = SQLStatement(
        name: "read_search_checkpoint", embedded: PackageResources.read_search_checkpoint_sql)
    static let relaxCommit = SQLStatement(
        name: "relax_search_commit", embedded: PackageResources.relax_search_commit_sql)
    static let lockCheckpoint = SQLStatement(
        name: "lock_search_checkpoint", embedded: PackageResources.lock_search_checkpoint_sql)
    static let writeCheckpoint = SQLStatement(
        name: "write_search_checkpoint", embedded: PackageResources.write_search_checkpoint_sql)
    static let confirmCheckpoint = SQLStatement(
        name: "confirm_search_checkpoint", embedded: PackageResources.confirm_search_checkpoint_sql)
    static let lockDocuments = SQLStatement(
        name: "lock_search_documents", embedded: PackageResources.lock_search_documents_sql)
    static let ensureGrids = SQLStatement(
        name: "ensure_search_grids", embedded: PackageResources.ensure_search_grids_sql)
    static let writeDocuments = SQLStatement(
        name: "write_search_documents", embedded: PackageResources.write_search_documents_sql)
    static let writeNames = SQLStatement(name: "write_search_names", embedded: PackageResources.write_search_names_sql)
    static let removeNames = SQLStatement(
        name: "remove_search_names", embedded: PackageResources.remove_search_names_sql)
    static let clearDocuments = SQLStatement(
        name: "clear_search_documents", embedded: PackageResources.clear_search_documents_sql)
    static let clearNames = SQLStatement(name: "clear_search_names", embedded: PackageResources.clear_search_names_sql)
    static let preferIndexOrder = SQLStatement(
        name: "prefer_index_order", embedded: PackageResources.prefer_index_order_sql)
    static let refreshNextAvailable = SQLStatement(
        name: "refresh_next_available", embedded: PackageResources.refresh_next_available_sql)
    static let readGrids = SQLStatement(name: "read_search_grids", embedded: PackageResources.read_search_grids_sql)
    static let readFreshness = SQLStatement(
        name: "read_search_freshness", embedded: PackageResources.read_search_freshness_sql)
    static let findNames = SQLStatement(name: "find_search_names", embedded: PackageResources.find_search_names_sql)
    static let concealDocuments = SQLStatement(
        name: "conceal_search_documents", embedded: PackageResources.conceal_search_documents_sql)
    static let findReleased = SQLStatement(
        name: "find_search_released", embedded: PackageResources.find_search_released_sql)
    static let searchSoonest = SQLStatement(name: "search_soonest", embedded: PackageResources.search_soonest_sql)
    static let openDocuments = SQLStatement(
        name: "open_search_documents", embedded: PackageResources.open_search_documents_sql)
    static let fetchDocuments = SQLStatement(
        name: "fetch_search_documents", embedded: PackageResources.fetch_search_documents_sql)
    static let closeDocuments = SQLStatement(
        name: "close_search_documents", embedded: PackageResources.close_search_documents_sql)

    static let copyWords = SQLStatement(name: "copy_search_words", embedded: PackageResources.copy_search_words_sql)
    static let listTables = SQLStatement(
        name: "list_search_tables", embedded: PackageResources.list_search_tables_sql)
    static let readGridHashes = hashing("read_search_grid_hashes", PackageResources.read_search_grid_hashes_sql)
    static let readDocumentsOf = hashing("read_search_documents_of", PackageResources.read_search_documents_of_sql)

    static let dropCheckpoints = SQLStatement(
        name: "drop_search_checkpoints", embedded: PackageResources.drop_search_checkpoints_sql)
    static let findDocumentCountry = SQLStatement(
        name: "find_search_document_country", embedded: PackageResources.find_search_document_country_sql)
    static let findNameCountry = SQLStatement(
        name: "find_search_name_country", embedded: PackageResources.find_search_name_country_sql)
    static let dropDocuments = SQLStatement(
        name: "drop_search_documents", embedded: PackageResources.drop_search_documents_sql)
    static let dropNames = SQLStatement(name: "drop_search_names", embedded: PackageResources.drop_search_names_sql)

    /// Where `search_ranked` takes its candidates from: the smallest set that holds every answer.
    static let searchRankedAll = ranked("search_ranked_all", PackageResources.candidates_all_sql)
    static let searchRankedSpecialty = ranked("search_ranked_specialty", PackageResources.candidates_specialty_sql)
    static let searchRankedNear = ranked("search_ranked_near", PackageResources.candidates_near_sql)
    static let searchRankedNearSpecialty = ranked(
        "search_ranked_near_specialty", PackageResources.candidates_near_specialty_sql)
    static let searchRankedNamed = ranked("search_ranked_named", PackageResources.candidates_named_sql)

    private static func ranked(_ name: String, _ candidates: [UInt8]) -> SQLStatement {
        let parts = String(decoding: PackageResources.search_ranked_sql, as: UTF8.self).split(separator: "{candidates}")
        return SQLStatement(name: name, text: parts.joined(separator: String(decoding: candidates, as: UTF8.self)))
    }

    /// A statement that hashes grids: all of them do it in the same way.
    private static func hashing(_ name: String, _ statement: [UInt8]) -> SQLStatement {
        let hash = String(decoding: PackageResources.search_grid_hash_sql, as: UTF8.self)
        return SQLStatement(
            name: name, text: String(decoding: statement, as: UTF8.self).replacing("{grid}", with: hash))
    }
}
