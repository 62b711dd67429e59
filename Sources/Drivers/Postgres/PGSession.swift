import Executors
import Synchronization

/// One connection on its own serial queue, the only thread that is allowed to block.
///
/// It connects on first use. Cancelling the task that waits for it interrupts the running statement with `PQcancel` and
/// retires the session, because a late cancel could hit the next statement. A session that lost its connection stays
/// lost.
package actor PGSession {
    /// Names the session in `pg_stat_activity` and in debuggers.
    package nonisolated let label: String
    private let url: String
    private let options: PGSessionOptions
    private nonisolated let executor: SerialQueueExecutor
    private nonisolated let canceller: PGCanceller
    private nonisolated let flags = Flags()
    private var connection: PGConnection?

    /// What others may ask without waiting for the queue.
    private struct Flags: ~Copyable, Sendable {
        let isRetired = Atomic(false)
        let isInTransaction = Atomic(false)
        let isFreshlyLeased = Atomic(false)
    }

    /// Does not connect yet.
    ///
    /// - Parameters:
    ///   - url: A libpq URI or keyword string; TLS is chosen there (`sslmode`, `sslrootcert`).
    ///   - label: Also the application name, unless the URI or the options say another.
    ///   - options: Time-outs and the like.
    package init(url: String, label: String, options: PGSessionOptions = PGSessionOptions()) {
        self.url = url
        self.label = label
        self.options = options
        executor = SerialQueueExecutor(label: label)
        canceller = PGCanceller(label: "\(label).cancel")
    }

    /// The queue of this session.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// True once the connection was lost, closed, or a cancel was sent; such a session must not be used again.
    package nonisolated var isRetired: Bool { flags.isRetired.load(ordering: .acquiring) }

    /// A transaction is open, or has failed and waits for its ROLLBACK.
    package nonisolated var isInTransaction: Bool { flags.isInTransaction.load(ordering: .acquiring) }

    /// Runs one prepared statement; its own transaction, unless one is open.
    ///
    /// - Throws: `PGError`, or `CancellationError` when the task was cancelled.
    package func query(_ s: SQLStatement, _ p: [PGValue] = []) async throws -> PGRows {
        try await run { connection in try connection.run([PGStep(s, p)])[0] }
    }

    /// Runs the steps in one round trip, in order; outside an open transaction they are one transaction.
    ///
    /// The first error makes the server skip the rest. What the steps began is rolled back then, and the session is
    /// usable again; a transaction that was open before waits for its `rollback`.
    ///
    /// - Returns: One result a step.
    /// - Throws: `PGError` of the first step that failed, or `CancellationError`.
    package func pipeline(_ steps: [PGStep]) async throws -> [PGRows] {
        try await run { connection in try connection.run(steps) }
    }

    /// Runs a text of one or many statements without parameters and drops its rows: migrations, SET, LISTEN.
    ///
    /// - Throws: `PGError`, or `CancellationError`.
    package func execute(_ script: SQLStatement) async throws {
        try await run { connection in try connection.execute(script.text, during: script.name) }
    }

    /// Connects now, where the first statement would have done it.
    ///
    /// - Throws: `PGError` with operation `connect`.
    package func open() async throws {
        try await run { _ in }
    }

    /// Undoes the open transaction, also in a task that was cancelled; on a session without one nothing happens.
    ///
    /// - Throws: `PGError`; the session is retired then.
    package func rollback() throws {
        guard let connection, !connection.isIdle, !isRetired else { return }
        defer { noteState() }
        do {
            try connection.execute(SQLStatement.rollback.text, during: SQLStatement.rollback.name)
        } catch {
            flags.isRetired.store(true, ordering: .releasing)
            throw error
        }
    }

    /// Closes the connection; the server undoes what was open.
    package func close() {
        flags.isRetired.store(true, ordering: .releasing)
        canceller.forget()
        connection = nil
    }

    /// Closes the connection some time soon, without waiting for it.
    package nonisolated func discard() {
        flags.isRetired.store(true, ordering: .releasing)
        executor.async { self.assumeIsolated { $0.close() } }
    }

    /// Says that a new user comes: if the server closed the idle connection meanwhile, the next call connects anew.
    nonisolated func beginLease() {
        flags.isFreshlyLeased.store(true, ordering: .releasing)
    }

    /// Lends the connection to `body` for one turn; cancelling the task interrupts the running statement.
    func run<T: Sendable>(_ body: (PGConnection) throws -> T) async throws -> T {
        // Out here no cancel can start any more.
        defer { if Task.isCancelled { flags.isRetired.store(true, ordering: .releasing) } }
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            let connection = try connected()
            defer { noteState() }
            do {
                return try body(connection)
            } catch let error as PGError {
                if error.isConnectionLost { flags.isRetired.store(true, ordering: .releasing) }
                if error.sqlState == .queryCanceled && Task.isCancelled { throw CancellationError() }
                throw error
            }
        } onCancel: { [canceller] in
            canceller.cancel()
        }
    }

    /// The work of a lease must not go on over a second connection: locks, snapshots and transactions are gone.
    private func connected() throws -> PGConnection {
        if isRetired { throw PGError("the session is retired", during: "use_session", isConnectionLost: true) }
        let isFresh = flags.isFreshlyLeased.exchange(false, ordering: .acquiringAndReleasing)
        if let connection {
            guard isFresh && connection.isDead() else { return connection }
            self.connection = nil
        }
        do {
            let opened = try PGConnection(url: url, label: label, options: options)
            canceller.watch(opened)
            connection = opened
            return opened
        } catch {
            flags.isRetired.store(true, ordering: .releasing)
            throw error
        }
    }

    private func noteState() {
        flags.isInTransaction.store(connection.map { !$0.isIdle } ?? false, ordering: .releasing)
    }
}
