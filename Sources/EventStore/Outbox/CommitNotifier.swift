import Postgres
import Synchronization

/// Wakes the relayers of a database after commits, on a connection of its own, with at most one NOTIFY in flight.
///
/// A NOTIFY inside the writing transaction would take a lock of the whole cluster at commit (measured: 3,000 instead of
/// 9,800-13,700 transactions/s). Losing one costs a poll interval, never an event.
package final class CommitNotifier: Sendable {
    private struct State {
        var isWanted = false
        var isRunning = false
    }

    private let pool: PGPool
    private let state = Mutex(State())

    /// Connects on the first commit.
    ///
    /// - Parameters:
    ///   - url: A libpq URI of the database.
    ///   - label: Names the connection.
    package init(url: String, label: String) {
        pool = PGPool(url: url, label: label, sessionsMax: 1)
    }

    /// Says that something was committed; returns at once, and many calls share one notification.
    package func committed() {
        let starts = state.withLock { state in
            state.isWanted = true
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if starts { Task { await self.run() } }
    }

    /// Closes the connection; later calls notify nobody.
    package func close() async {
        await pool.close()
    }

    private func run() async {
        while takeWish() {
            do {
                // Nothing is lost if the server crashes after it, so it need not wait for the disk.
                try await pool.withSession { session in
                    _ = try await session.pipeline([
                        PGStep(.begin), PGStep(SQL.notifyWithoutWaiting), PGStep(SQL.notifyOutbox), PGStep(.commit),
                    ])
                }
            } catch {
                continue  // relayers look by themselves soon; the next commit tries again
            }
        }
    }

    private func takeWish() -> Bool {
        state.withLock { state in
            defer { state.isWanted = false }
            state.isRunning = state.isWanted
            return state.isWanted
        }
    }
}
