import Synchronization

/// Wakes one waiter; a signal that comes while nobody waits is kept, many count as one.
final class WakeSignal: Sendable {
    private struct State {
        var isFired = false
        var waits = 0
        var expiredWait = 0
        var waiter: (wait: Int, continuation: CheckedContinuation<Void, Never>)?

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter?.continuation
        }
    }

    private let state = Mutex(State())

    /// Wakes the waiter, or lets the next wait return at once.
    func fire() {
        let waiter = state.withLock { state in
            state.isFired = true
            return state.takeWaiter()
        }
        waiter?.resume()
    }

    /// Waits for a signal, but not longer than this.
    ///
    /// - Returns: True if there was a signal, false if time was up.
    @discardableResult
    func wait(upTo limit: Duration) async -> Bool {
        let wait = state.withLock { state in
            state.waits += 1
            return state.waits
        }
        let timer = Task {
            try? await Task.sleep(for: limit)
            if !Task.isCancelled { self.expire(wait) }
        }
        defer { timer.cancel() }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.isFired || state.expiredWait == wait { return true }
                state.waiter = (wait, continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
        return state.withLock { state in
            defer { state.isFired = false }
            return state.isFired
        }
    }

    private func expire(_ wait: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.expiredWait = wait
            return state.waiter?.wait == wait ? state.takeWaiter() : nil
        }
        waiter?.resume()
    }
}
