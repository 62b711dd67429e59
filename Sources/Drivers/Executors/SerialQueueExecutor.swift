import Dispatch

/// Runs the jobs of one actor on a serial queue of its own, so that the actor may call C code that blocks.
///
/// Linux has no `DispatchSerialQueue` executor, so we carry these lines ourselves. A serial queue gets a thread beside
/// the cooperative pool while it has work and none while it is idle.
package final class SerialQueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// Makes an executor without a thread; the first job gets one.
    ///
    /// - Parameter label: Names the queue in debuggers and crash logs.
    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    /// Called by the runtime for every job of the actor.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Runs plain work after the jobs that are queued already; it may block.
    package func async(_ work: @escaping @Sendable () -> Void) {
        queue.async(execute: work)
    }

    /// Stops the process when the caller is not on this queue: that would be a data race of ours.
    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
