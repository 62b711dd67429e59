import ProjectionRunner
import Synchronization

/// The work of a process that no request brings about, in tasks of its own until it is told to stop.
final class BackgroundWork: Sendable {
    private let runners: [ProjectionRunner]
    private let chores: [@Sendable () async -> Void]
    private let tasks = Mutex<[Task<Void, Never>]>([])

    /// Runs projections and chores, each until its task is cancelled.
    init(_ runners: [ProjectionRunner], _ chores: [@Sendable () async -> Void]) {
        self.runners = runners
        self.chores = chores
    }

    func start() {
        let projections = runners.map { runner in Task { await runner.run() } }
        let others = chores.map { chore in Task { await chore() } }
        tasks.withLock { $0 = projections + others }
    }

    func stop() async {
        let running = tasks.withLock { $0 }
        for task in running { task.cancel() }
        for task in running { await task.value }
    }

    /// What keeps a partition of a read model, or somebody's part of it, from flowing, for operators; nil while all
    /// flow.
    var fault: String? {
        let health = runners.map(\.health)
        let faults = health.flatMap(\.stops) + health.compactMap(\.quarantine)
        return faults.isEmpty ? nil : faults.joined(separator: "; ")
    }
}
