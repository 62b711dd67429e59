package import Observability
import Postgres
import Synchronization

/// Says which epoch of each model readers are answered from, without asking the database on the way of a request.
///
/// It listens for swaps and looks by itself as well, so that it follows within 50 ms. What could not be confirmed for
/// `trustedFor` is not said any more: an epoch that nobody confirms may be deleted.
package final class ServedEpochs: Sendable {
    /// How long an answer of the database holds, counted from when it was asked for.
    package static let trustedFor: Duration = .seconds(5)

    /// A model's epoch could not be confirmed in time; its readers must refuse.
    package struct Unconfirmed: Error, Hashable {
        /// The model's name.
        package let model: String
    }

    private struct State {
        var epochs: [String: (number: Int64, fence: Int64)] = [:]
        var confirmedAt: ContinuousClock.Instant?
        var isListening = false
    }

    /// Between two looks while notifications come.
    private static let interval: Duration = .milliseconds(250)
    /// Between two looks while they do not.
    private static let deafInterval: Duration = .milliseconds(20)
    /// How long the first request of a process waits for the first look.
    private static let firstLook: Duration = .seconds(1)

    private let url: String
    private let label: String
    private let pool: PGPool
    private let log: Log
    private let state = Mutex(State())

    /// Asks nothing yet.
    ///
    /// - Parameters:
    ///   - url: The practitioner database.
    ///   - label: Names the connections.
    ///   - log: Is told when the database cannot be asked.
    package init(url: String, label: String, log: Log) {
        self.url = url
        self.label = label
        self.log = log
        pool = PGPool(
            url: url, label: label, sessionsMax: 2, acquireTimeout: .seconds(1), connectTimeout: .seconds(2),
            statementTimeout: .seconds(1))
    }

    /// Follows swaps until the task is cancelled, then lets go of the database.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen() }
            group.addTask { await self.look() }
        }
        await pool.close()
    }

    /// The epoch that readers of a model are answered from; resolve it once a request and use it for all of it.
    ///
    /// - Throws: `Unconfirmed`; `CancellationError`.
    package func epoch(of model: String) async throws -> Int64 {
        let deadline = ContinuousClock.now + Self.firstLook
        while true {
            let (known, confirmedAt) = state.withLock { ($0.epochs[model]?.number, $0.confirmedAt) }
            if let known, let confirmedAt, confirmedAt.duration(to: .now) < Self.trustedFor { return known }
            // Only before the first look is it worth waiting: later on, nothing says how long the database is away.
            guard confirmedAt == nil, ContinuousClock.now < deadline else { throw Unconfirmed(model: model) }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    // MARK: following

    private func look() async {
        var isAway = false
        while !Task.isCancelled {
            do {
                try await refresh()
                isAway = false
            } catch {
                if !isAway, !Task.isCancelled {
                    log.warning("the served epochs cannot be confirmed", [.error: .error(error)])
                }
                isAway = true
            }
            let isListening = state.withLock { $0.isListening }
            try? await Task.sleep(for: isListening ? Self.interval : Self.deafInterval)
        }
    }

    private func listen() async {
        await EpochSignal(url: url, label: "\(label)-signal").follow { hears in
            state.withLock { $0.isListening = hears }
        } changed: {
            try await refresh()
        }
    }

    private func refresh() async throws {
        let askedAt = ContinuousClock.now
        let rows = try await pool.query(SQL.readServedEpochs)
        state.withLock { state in
            for row in 0..<rows.count {
                let (model, fence) = (rows.text(row, 0), rows.int(row, 2))
                // Two looks may overtake each other.
                if let known = state.epochs[model], known.fence > fence { continue }
                state.epochs[model] = (rows.int(row, 1), fence)
            }
            state.confirmedAt = max(state.confirmedAt ?? askedAt, askedAt)
        }
    }
}
