import Dispatch
import Synchronization

/// At most `sessionsMax` sessions, lent to one task each; the last one returned is lent first, so few stay warm.
///
/// Sessions connect on first use, on their own queues. A session that lost its connection, was cancelled or comes back
/// inside a transaction is closed, never lent again; one whose server restarted while it was idle connects anew.
package final class PGPool: Sendable {
    private let url: String
    private let label: String
    private let options: PGSessionOptions
    private let acquireTimeout: Duration
    private let state: Mutex<PoolState>
    private let timer: DispatchQueue

    /// Opens nothing yet.
    ///
    /// - Parameters:
    ///   - url: A libpq URI; TLS is chosen there.
    ///   - label: Names queues and, unless `applicationName` is given, sessions in `pg_stat_activity`.
    ///   - sessionsMax: At least 1.
    ///   - acquireTimeout: How long a task waits for a session before `PGError` with operation `acquire_session`.
    ///   - connectTimeout: Bound of one connection attempt, whole seconds, at least 2.
    ///   - statementTimeout: The server cancels what runs longer; nil: never.
    ///   - applicationName: Shown in `pg_stat_activity`; nil: the label.
    package init(
        url: String, label: String, sessionsMax: Int, acquireTimeout: Duration = .seconds(5),
        connectTimeout: Duration = .seconds(5), statementTimeout: Duration? = nil, applicationName: String? = nil
    ) {
        precondition(sessionsMax >= 1, "a pool needs at least one session")
        self.url = url
        self.label = label
        self.acquireTimeout = acquireTimeout
        options = PGSessionOptions(
            applicationName: applicationName ?? label, connectTimeout: connectTimeout,
            statementTimeout: statementTimeout)
        state = Mutex(PoolState(sessionsMax: sessionsMax))
        timer = DispatchQueue(label: "\(label).pool")
    }

    /// Lends a session to `body`; it must not be used after `body` returned.
    ///
    /// - Throws: What `body` throws; `PGError` when no session came free in time or the pool is closed;
    ///   `CancellationError`.
    package func withSession<T: Sendable>(_ body: (PGSession) async throws -> T) async throws -> T {
        let session = try await acquire()
        defer { release(session) }
        return try await body(session)
    }

    /// Runs one prepared statement on any session.
    ///
    /// - Throws: As `withSession`.
    package func query(_ s: SQLStatement, _ p: [PGValue] = []) async throws -> PGRows {
        try await withSession { try await $0.query(s, p) }
    }

    /// Runs the steps in one round trip on any session; see `PGSession.pipeline`.
    ///
    /// - Throws: As `withSession`.
    package func pipeline(_ steps: [PGStep]) async throws -> [PGRows] {
        try await withSession { try await $0.pipeline(steps) }
    }

    /// Runs `body` between BEGIN and COMMIT; any error rolls back.
    ///
    /// - Throws: What `body` throws, or the `PGError` of the COMMIT: with `isOutcomeUnknown` it may have happened.
    package func transaction<T: Sendable>(
        _ isolation: PGIsolation = .readCommitted, readOnly: Bool = false,
        _ body: (PGSession) async throws -> T
    ) async throws -> T {
        try await withSession { session in
            _ = try await session.query(isolation.begin(readOnly: readOnly))
            do {
                let result = try await body(session)
                _ = try await session.query(.commit)
                return result
            } catch {
                try? await session.rollback()  // where it fails, the session is retired and the server rolls back
                throw error
            }
        }
    }

    /// Refuses new tasks, fails waiting ones, waits for lent sessions to come back, and closes all.
    package func close() async {
        let (idle, waiting) = state.withLock { $0.close() }
        for waiter in waiting { waiter.resume(throwing: closedError) }
        for session in idle {
            await session.close()
            finish(state.withLock { $0.sessionEnded() })
        }
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { $0.waitUntilEmpty(continuation) }
            if isEmpty { continuation.resume() }
        }
    }

    private func acquire() async throws -> PGSession {
        let ticket = state.withLock { $0.takeTicket() }
        let session: PGSession = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let deadline = DispatchTime.now() + acquireTimeout.dispatchInterval
                act(on: state.withLock { $0.acquire(ticket, continuation, deadline: deadline) }, continuation)
            }
        } onCancel: {
            state.withLock { $0.cancel(ticket) }?.resume(throwing: CancellationError())
        }
        session.beginLease()
        return session
    }

    private func act(on action: PoolState.AcquireAction, _ continuation: CheckedContinuation<PGSession, any Error>) {
        switch action {
        case .lend(let session): continuation.resume(returning: session)
        case .open(let number):
            continuation.resume(returning: PGSession(url: url, label: "\(label)-\(number)", options: options))
        case .wait(let alarm): if let alarm { arm(alarm) }
        case .refuse: continuation.resume(throwing: closedError)
        case .cancelled: continuation.resume(throwing: CancellationError())
        }
    }

    private func release(_ session: PGSession) {
        let isUsable = !session.isRetired && !session.isInTransaction
        if !isUsable { session.discard() }
        switch state.withLock({ $0.release(session, isUsable: isUsable) }) {
        case .keep: break
        case .hand(let waiter): waiter.resume(returning: session)
        case .replace(let waiter, let number):
            waiter.resume(returning: PGSession(url: url, label: "\(label)-\(number)", options: options))
        case .end(let closers):
            session.discard()
            finish(closers)
        }
    }

    private func finish(_ closers: [CheckedContinuation<Void, Never>]) {
        for closer in closers { closer.resume() }
    }

    /// One timer serves all waiters: they wait equally long, so the oldest is always the next to give up.
    private func arm(_ deadline: DispatchTime) {
        timer.asyncAfter(deadline: deadline) { [weak self] in
            guard let self else { return }
            let (expired, next) = state.withLock { $0.expire(now: DispatchTime.now()) }
            for waiter in expired {
                waiter.resume(throwing: PGError("no session came free in time", during: "acquire_session"))
            }
            if let next { arm(next) }
        }
    }

    private var closedError: PGError { PGError("the pool is closed", during: "acquire_session") }
}

/// What a transaction sees of the others.
package enum PGIsolation: Sendable {
    /// Each statement sees what was committed before it.
    case readCommitted
    /// All statements see one snapshot.
    case repeatableRead
    /// As if transactions ran one after the other; retry on `isRetryable`.
    case serializable

    func begin(readOnly: Bool) -> SQLStatement {
        let level =
            switch self {
            case .readCommitted: "READ COMMITTED"
            case .repeatableRead: "REPEATABLE READ"
            case .serializable: "SERIALIZABLE"
            }
        let text = "BEGIN ISOLATION LEVEL \(level) \(readOnly ? "READ ONLY" : "READ WRITE")"
        return SQLStatement(name: text, text: text)
    }
}

extension Duration {
    var dispatchInterval: DispatchTimeInterval {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .never : .nanoseconds(Int(clamping: scaled + attoseconds / 1_000_000_000))
    }
}
