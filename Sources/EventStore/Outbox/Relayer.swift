import Domain
package import Observability
import Postgres

/// Publishes one database's events: gives them positions, dense in each shard, and brings them to Kafka in that order.
///
/// Several relayers compete for a database; each holds some shards by lease and drains them over a few lanes. What it
/// promises (G4): every committed event is published at least once, in commit order of its practitioner, with a dense
/// sequence in its partition. What may happen twice is publishing; consumers drop sequences that they have applied.
///
/// ```swift
/// let relayer = Relayer(settings, metrics: metrics, log: log)
/// await relayer.start()
/// …
/// await relayer.stop()      // waits for acknowledgements, gives the shards back
/// ```
package actor Relayer {
    private let settings: RelayerSettings
    private let metrics: RelayMetrics
    private let log: Log
    private let pool: PGPool
    private let leases: ShardLeases
    private let table: ShardTable
    private let lanes: [RelayLane]
    private var tasks: [Task<Void, Never>] = []
    private var laneTasks: [Task<Void, Never>] = []
    private var lastPrune = ContinuousClock.now
    /// Whom the metrics name as holding calendars for long.
    private var holders: Set<LongTransaction.Holder> = []

    /// Connects to nothing yet.
    ///
    /// - Parameters:
    ///   - settings: Which database, which topic, and how fast.
    ///   - metrics: The process's figures of relaying.
    ///   - log: Gets `database`, the settings' role, with every line.
    package init(_ settings: RelayerSettings, metrics: RelayMetrics, log: Log) {
        self.settings = settings
        self.metrics = metrics
        let log = log.with([.database: .setting(settings.role)])
        self.log = log
        let pool = PGPool(
            url: settings.databaseURL, label: "relay-\(settings.role)", sessionsMax: settings.laneCount + 2,
            applicationName: settings.applicationName)
        let leases = ShardLeases(pool: pool, owner: settings.owner, duration: settings.leaseDuration)
        let table = ShardTable(laneCount: settings.laneCount)
        let laneMetrics = LaneMetrics(metrics, database: settings.role)
        self.pool = pool
        self.leases = leases
        self.table = table
        lanes = (0..<settings.laneCount).map { number in
            RelayLane(
                number: number, settings: settings, table: table, leases: leases, metrics: laneMetrics, log: log)
        }
    }

    /// The shards that this relayer holds and means to keep.
    package nonisolated var shards: [Shard] { table.staying }

    /// Looks at the outbox now; for writers in the same process, who need no notification.
    package nonisolated func wake() {
        for lane in lanes { lane.wake() }
    }

    /// Begins to take shards and to drain them; returns at once and copes with servers that are away.
    package func start() {
        guard tasks.isEmpty else { return }
        laneTasks = lanes.map { lane in Task { await lane.run() } }
        tasks = [
            Task { await self.keepLeases() },
            Task { await self.listen() },
            Task { await self.measure() },
        ]
    }

    /// Finishes what is under way, gives the shards back so that others need not wait, and closes all connections.
    package func stop() async {
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        for lane in lanes { await lane.stop() }
        for task in laneTasks { await task.value }
        (tasks, laneTasks) = ([], [])
        do {
            let unfinished = table.held.map { (held: $0, acknowledged: Int64?.none) }
            let released = table.takeReleased() + unfinished
            if !released.isEmpty { try await leases.release(released) }
            try await leases.leave()
        } catch {
            log.warning("shards were not given back and will expire", [.error: .error(error)])
        }
        metrics.shards.with(settings.role).set(0)
        await pool.close()
    }

    // MARK: Leases

    /// Ten times a lease, so that a few failures in a row cost nothing.
    private func keepLeases() async {
        while !Task.isCancelled {
            do {
                try await keepLeasesOnce()
            } catch {
                if Task.isCancelled { return }
                log.warning("leases could not be renewed", [.error: .error(error)])
            }
            metrics.shards.with(settings.role).set(table.staying.count)
            try? await Task.sleep(for: settings.leaseDuration / 10)
        }
    }

    private func keepLeasesOnce() async throws {
        let living = try await leases.announce()
        let held = table.held
        if !held.isEmpty {
            let kept = try await leases.renew(held)
            let lost = held.filter { !kept.contains($0.shard) }
            if !lost.isEmpty {
                log.warning("leases were lost", [.count: .int(Int64(lost.count))])
                table.lose(lost)
                wake()
            }
        }
        let released = table.takeReleased()
        if !released.isEmpty { try await leases.release(released) }
        try await takeFairShare(living)
    }

    /// Everybody may have as many shards as there are for each that lives, rounded up; what is more is handed over.
    private func takeFairShare(_ living: Int) async throws {
        let share = (Shard.sealed.count + living - 1) / max(1, living)
        let staying = table.staying.count
        if staying > share {
            table.askToLeave(staying - share)
            wake()
        } else if staying < share {
            let acquired = try await leases.acquire(share - staying)
            table.add(acquired)
            if !acquired.isEmpty { wake() }
            if acquired.count < share - staying, try await leases.endExpiredSessions() > 0 {
                log.warning("sessions of an owner that does not answer were ended")
            }
        }
    }

    // MARK: Notifications and figures

    /// Hears of commits; while it cannot, lanes look by themselves.
    private func listen() async {
        while !Task.isCancelled {
            do {
                let listener = try await PGListener.open(
                    url: settings.databaseURL, channels: ["outbox"], label: "\(settings.applicationName) listener")
                defer { listener.close() }
                wake()
                for try await _ in listener.notifications { wake() }
            } catch {
                log.warning("notifications are not heard", [.error: .error(error)])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func measure() async {
        let depth = metrics.depth.with(settings.role)
        let age = metrics.age.with(settings.role)
        var named: Set<LongTransaction.Name> = []
        defer { show(holding: []) }
        while !Task.isCancelled {
            var floor = Int64.max
            for lane in lanes { floor = min(floor, await lane.floorID) }
            let shards = table.staying.map { Int64($0.number) }
            do {
                let waiting = try await pool.query(
                    SQL.measureOutbox, [.intArray(shards), .int(floor), .int(100_000)])
                depth.set(waiting.int(0, 0))
                age.set(Double(waiting.int(0, 1)) / 1_000_000)
                if .now - lastPrune > .seconds(10) {
                    lastPrune = .now
                    _ = try await pool.query(SQL.pruneAcknowledged)
                }
                named = try await watchTransactions(named)
            } catch {
                log.debug("the outbox could not be measured", [.error: .error(error)])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Counts transactions that are open for long and says once of each who and since when: one of them that holds
    /// calendars keeps bookings waiting without any other sign.
    private func watchTransactions(_ named: Set<LongTransaction.Name>) async throws -> Set<LongTransaction.Name> {
        let open = try await LongTransaction.open(in: pool)
        let holding = open.filter(\.holdsCalendars)
        metrics.longTransactions.with(settings.role, "true").set(holding.count)
        metrics.longTransactions.with(settings.role, "false").set(open.count - holding.count)
        metrics.oldestTransaction.with(settings.role).set(holding.map(\.seconds).max() ?? 0)
        show(holding: holding)
        for transaction in open where !named.contains(transaction.name) {
            log.warning(
                "a transaction is open for long",
                [
                    .owner: .setting("\(transaction.user) (\(transaction.application))"), .pid: .int(transaction.pid),
                    .since: .setting("\(transaction.since)"),
                    .state: .setting(transaction.holdsCalendars ? "holds calendars" : transaction.state),
                ])
        }
        return Set(open.map(\.name))
    }

    /// Shows who holds calendars since when, of each the oldest transaction, and no longer those who do not.
    private func show(holding: [LongTransaction]) {
        let since = Dictionary(holding.map { ($0.holder, $0.since) }, uniquingKeysWith: min)
        for (holder, moment) in since {
            metrics.transactionSince.with(settings.role, holder.user, holder.application)
                .set(Double(moment.microseconds) / 1_000_000)
        }
        for holder in holders.subtracting(since.keys) {
            metrics.transactionSince.remove(settings.role, holder.user, holder.application)
        }
        holders = Set(since.keys)
    }
}
