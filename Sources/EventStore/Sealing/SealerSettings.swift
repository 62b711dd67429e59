/// How one database's history is sealed.
package struct SealerSettings: Sendable {
    /// The database's libpq URI.
    package var databaseURL: String
    /// What the database is called in origins and sealed rows: `booking`, `practitioner`, `patient`.
    package var database: String
    /// How often heads are signed while the history grows.
    package var interval: Duration = .seconds(5)
    /// Positions of one statement.
    package var batchSize = 2_000
    /// Positions of one shard between two heads; a longer backlog is signed in several steps, without a pause.
    package var roundSize = 200_000

    /// Takes what has no sensible default.
    package init(databaseURL: String, database: String) {
        self.databaseURL = databaseURL
        self.database = database
    }
}
