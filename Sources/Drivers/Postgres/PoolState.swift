import Dispatch

/// The book of a pool: which sessions are idle, who waits; it says what to do, and the pool does it outside the lock.
///
/// - Invariant: somebody waits only while no session is idle and all `sessionsMax` are lent.
struct PoolState: Sendable {
    typealias Waiter = CheckedContinuation<PGSession, any Error>

    enum AcquireAction {
        case lend(PGSession)
        case open(number: Int)
        /// Wait; with an alarm to set, when no other is set.
        case wait(alarm: DispatchTime?)
        case refuse
        case cancelled
    }

    enum ReleaseAction {
        case keep
        case hand(Waiter)
        /// The session was broken: the waiter gets a new one.
        case replace(Waiter, number: Int)
        /// The session is gone; those who wait for an empty pool go on.
        case end([CheckedContinuation<Void, Never>])
    }

    private struct Waiting {
        let continuation: Waiter
        let deadline: DispatchTime
    }

    private let sessionsMax: Int
    private var idle: [PGSession] = []
    private var count = 0
    private var opened = 0
    private var lastTicket: UInt64 = 0
    private var waiting: [UInt64: Waiting] = [:]
    private var queue: [UInt64] = []  // tickets in order; those that gave up are skipped
    private var queueHead = 0
    private var cancelledEarly: Set<UInt64> = []
    private var pendingTickets: Set<UInt64> = []
    private var isAlarmSet = false
    private var isClosed = false
    private var closers: [CheckedContinuation<Void, Never>] = []

    init(sessionsMax: Int) {
        self.sessionsMax = sessionsMax
    }

    /// Names a request, so that it can be cancelled even before it waits.
    mutating func takeTicket() -> UInt64 {
        lastTicket += 1
        pendingTickets.insert(lastTicket)
        return lastTicket
    }

    mutating func acquire(_ ticket: UInt64, _ continuation: Waiter, deadline: DispatchTime) -> AcquireAction {
        pendingTickets.remove(ticket)
        if cancelledEarly.remove(ticket) != nil { return .cancelled }
        if isClosed { return .refuse }
        if let session = idle.popLast() { return .lend(session) }
        if count < sessionsMax {
            count += 1
            opened += 1
            return .open(number: opened)
        }
        waiting[ticket] = Waiting(continuation: continuation, deadline: deadline)
        queue.append(ticket)
        defer { isAlarmSet = true }
        return .wait(alarm: isAlarmSet ? nil : deadline)
    }

    mutating func cancel(_ ticket: UInt64) -> Waiter? {
        if pendingTickets.remove(ticket) != nil { cancelledEarly.insert(ticket) }
        return waiting.removeValue(forKey: ticket)?.continuation
    }

    mutating func release(_ session: PGSession, isUsable: Bool) -> ReleaseAction {
        if isClosed { return .end(sessionEnded()) }
        if let waiter = nextWaiter() {
            if isUsable { return .hand(waiter) }
            opened += 1
            return .replace(waiter, number: opened)
        }
        guard isUsable else { return .end(sessionEnded()) }
        idle.append(session)
        return .keep
    }

    /// A session is closed for good.
    mutating func sessionEnded() -> [CheckedContinuation<Void, Never>] {
        count -= 1
        guard isClosed, count == 0 else { return [] }
        defer { closers.removeAll() }
        return closers
    }

    mutating func expire(now: DispatchTime) -> (expired: [Waiter], next: DispatchTime?) {
        var expired: [Waiter] = []
        while let (ticket, first) = firstWaiting() {
            guard first.deadline <= now else { return (expired, first.deadline) }
            waiting.removeValue(forKey: ticket)
            queueHead += 1
            expired.append(first.continuation)
        }
        isAlarmSet = false
        return (expired, nil)
    }

    mutating func close() -> (idle: [PGSession], waiting: [Waiter]) {
        isClosed = true
        defer {
            idle.removeAll()
            waiting.removeAll()
            queue.removeAll()
            queueHead = 0
        }
        return (idle, waiting.values.map(\.continuation))
    }

    /// - Returns: True when there is nothing to wait for; the continuation was not kept then.
    mutating func waitUntilEmpty(_ closer: CheckedContinuation<Void, Never>) -> Bool {
        if count == 0 { return true }
        closers.append(closer)
        return false
    }

    private mutating func nextWaiter() -> Waiter? {
        guard let (ticket, first) = firstWaiting() else { return nil }
        waiting.removeValue(forKey: ticket)
        queueHead += 1
        return first.continuation
    }

    private mutating func firstWaiting() -> (UInt64, Waiting)? {
        defer {
            if queueHead > 256 && queueHead * 2 > queue.count {  // else the array would grow for ever
                queue.removeFirst(queueHead)
                queueHead = 0
            }
        }
        while queueHead < queue.count {
            let ticket = queue[queueHead]
            if let first = waiting[ticket] { return (ticket, first) }
            queueHead += 1
        }
        return nil
    }
}
