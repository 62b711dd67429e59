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
    /// Events a second from which on appends have the right of way.
    package var busyRate = 1_000.0
    /// The part of its time that the sealer works while they have, 0...1; what waits is hashed afterwards.
    package var busyShare = 0.03

    /// Takes what has no sensible default.
    package init(databaseURL: String, database: String) {
        self.databaseURL = databaseURL
        self.database = database
    }
}
