import Postgres
import ProjectionRunner
import TestSupport

/// Rebuilds that come to a certain step and wait there, by locks of the database: no moment is left to chance.
extension ReplayBed {
    /// Holds a lock of the practitioner database while `body` runs.
    func holding<T: Sendable>(_ lock: String, _ body: () async throws -> T) async throws -> T {
        try await practitioners.transaction { session in
            try await session.execute(SQLStatement(name: "lock", text: lock))
            return try await body()
        }
    }

    /// Waits until a statement that names `word` stands before a lock.
    func untilSomebodyWaits(for word: String) async throws {
        let waiting = SQLStatement(
            name: "waiting",
            text: """
                SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                AND query LIKE '%\(word)%' AND pid <> pg_backend_pid()
                """)
        try await eventually("somebody waits for \(word)", within: .seconds(60)) {
            try await practitioners.query(waiting).int(0, 0) > 0
        }
    }

    /// Runs a rebuild of epoch 2 that comes as far as the end of its fold, and goes on after `meanwhile`.
    ///
    /// - Parameters:
    ///   - start: Starts it.
    ///   - meanwhile: What happens between its snapshot and its tail.
    /// - Returns: What it came to.
    /// - Throws: `NeverHappened`; what `meanwhile` throws.
    func holdingAfterTheFold<T: Sendable>(
        _ start: () -> Task<T, Never>, meanwhile: () async throws -> Void
    ) async throws -> T {
        // The epoch's row is there once it waits here, and must be locked before the fold is over.
        let running = try await practitioners.transaction { first in
            try await first.execute(
                SQLStatement(name: "lock", text: "LOCK TABLE projection_rebuild_ends IN SHARE MODE"))
            let running = start()
            try await untilSomebodyWaits(for: "projection_rebuild_ends")
            try await practitioners.transaction { second in
                try await second.execute(
                    SQLStatement(
                        name: "lock_epoch", text: "SELECT FROM projection_epochs WHERE epoch = 2 FOR NO KEY UPDATE"))
                try await first.execute(.commit)
                try await untilSomebodyWaits(for: "held_digest = ")
                try await meanwhile()
            }
            return running
        }
        return await running.value
    }
}
