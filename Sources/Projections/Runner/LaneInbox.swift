import Domain
import Kafka
import Synchronization

/// What waits for one partition's lane; the poll loop puts in, the lane takes out.
final class LaneInbox: Sendable {
    /// A record with the topic that it was read from.
    struct Arrival: Sendable {
        let topic: Topic
        let record: KafkaReceivedRecord
    }

    /// The ends of the log as they were at a moment.
    struct Marks: Sendable {
        let takenAt: Instant
        /// Nil while the log cannot be asked.
        let highs: [Topic: Int64]?
    }

    /// What a lane takes at once.
    struct Delivery: Sendable {
        var arrivals: [Arrival] = []
        var marks: Marks?
        /// The log does not have the offset at which reading should go on.
        var isOutOfRange = false
    }

    private struct State {
        var arrivals: [Arrival] = []
        var marks: Marks?
        var isOutOfRange = false
        var isOpen = false
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
        var hasNews: Bool { !arrivals.isEmpty || marks != nil || isOutOfRange || isClosed }
    }

    private let state = Mutex(State())

    /// Records that wait.
    var count: Int { state.withLock { $0.arrivals.count } }

    /// True while records are taken.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// True once the partition is ours no longer.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Puts records in; false if the lane wants none now, as it will seek first.
    func offer(_ arrivals: [Arrival]) -> Bool {
        change { state in
            guard state.isOpen, !state.isClosed else { return false }
            state.arrivals += arrivals
            return true
        }
    }

    /// Puts the ends of the log in, in the place of earlier ones.
    func offer(_ marks: Marks) {
        change { state in if state.isOpen { state.marks = marks } }
    }

    /// Says that reading cannot go on where it is.
    func reportOutOfRange() {
        change { state in if state.isOpen { state.isOutOfRange = true } }
    }

    /// Forgets what waits and takes nothing more until `open`.
    func shut() {
        change { state in
            state.isOpen = false
            state.arrivals = []
            state.marks = nil
            state.isOutOfRange = false
        }
    }

    /// Takes records again: the consumer stands where the lane wants it.
    func open() {
        change { $0.isOpen = true }
    }

    /// The partition is ours no longer; nothing is taken any more.
    func close() {
        change { state in
            state.isClosed = true
            state.arrivals = []
        }
    }

    /// Waits for something to do and takes at most `max` records; nil once closed.
    func take(max: Int) async -> Delivery? {
        while true {
            let delivery: Delivery?? = state.withLock { state in
                if state.isClosed { return .some(nil) }
                guard state.hasNews else { return nil }
                var delivery = Delivery(marks: state.marks, isOutOfRange: state.isOutOfRange)
                if state.arrivals.count <= max {
                    swap(&delivery.arrivals, &state.arrivals)
                } else {
                    delivery.arrivals = Array(state.arrivals.prefix(max))
                    state.arrivals.removeFirst(max)
                }
                state.marks = nil
                state.isOutOfRange = false
                return .some(delivery)
            }
            if let delivery { return delivery }
            await news()
        }
    }

    /// Waits until the partition is ours no longer.
    func untilClosed() async {
        while !isClosed { await news() }
    }

    private func news() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.hasNews { return true }
                state.waiter = continuation
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func change<T>(_ body: (inout sending State) -> T) -> T {
        let (result, waiter) = state.withLock { state in
            let result = body(&state)
            guard state.hasNews else { return (result, nil as CheckedContinuation<Void, Never>?) }
            defer { state.waiter = nil }
            return (result, state.waiter)
        }
        waiter?.resume()
        return result
    }
}
