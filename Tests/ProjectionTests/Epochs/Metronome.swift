import Synchronization

/// Beats every millisecond and remembers by how much it was late: what a machine that is busy with something else adds
/// to every figure that is taken meanwhile.
final class Metronome: Sendable {
    private let worst = Mutex(Duration.zero)

    /// The latest beat so far.
    var latest: Duration { worst.withLock { $0 } }

    /// Beats until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let due = ContinuousClock.now + .milliseconds(1)
            try? await Task.sleep(for: .milliseconds(1))
            let late = due.duration(to: .now)
            worst.withLock { $0 = max($0, late) }
        }
    }
}
