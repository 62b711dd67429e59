import CHiredis
import Glibc
import Synchronization

/// Commands sent together, waiting for as many replies.
struct RedisExchange: Sendable {
    typealias Outcome = Result<[RedisReply], RedisError>

    let replyCount: Int
    /// Length of the encoded commands.
    let byteCount: Int
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Outcome, Never>
}

/// Where callers on any thread leave commands for the one thread of a connection.
///
/// What gathers while that thread writes or reads goes out with its next write: that is how thousands of callers share
/// round trips without a timer.
final class RedisMailbox: Sendable {
    /// Above this many waiting bytes a caller is refused instead of queued.
    static let waitingBytesMax = 64 << 20

    /// Whether commands are taken.
    enum Admission {
        /// Connected, or the attempt to connect has not failed yet.
        case open
        /// The last attempt failed: callers are refused at once until one succeeds.
        case refusing
        /// What is in flight is still answered.
        case closing
    }

    /// What the connection's thread takes away: bytes to write and who waits for their replies, in the same order.
    struct Load {
        var bytes: [UInt8] = []
        var exchanges: [RedisExchange] = []
    }

    private struct State {
        var load = Load()
        var admission = Admission.open
        var isThreadParked = false  // in `poll`, or about to be
        var closers: [CheckedContinuation<Void, Never>] = []
        var hasThreadEnded = false
    }

    private let state = Mutex(State())
    private let wakeDescriptor: CInt  // eventfd: readable when the thread shall look into the mailbox

    init() throws(RedisError) {
        wakeDescriptor = chiredis_wake_descriptor()
        if wakeDescriptor < 0 { throw .unavailable }
    }

    deinit { Glibc.close(wakeDescriptor) }

    /// Sends encoded commands and waits for their replies.
    func exchange(_ bytes: [UInt8], replyCount: Int, timeout: Duration) async -> RedisExchange.Outcome {
        await withCheckedContinuation { continuation in
            let exchange = RedisExchange(
                replyCount: replyCount, byteCount: bytes.count, deadline: ContinuousClock.now + timeout,
                continuation: continuation)
            post(exchange, bytes)
        }
    }

    private func post(_ exchange: RedisExchange, _ bytes: [UInt8]) {
        let (refusal, mustWake) = state.withLock { state -> (RedisError?, Bool) in
            switch state.admission {
            case .open: break
            case .refusing: return (.unavailable, false)
            case .closing: return (.closed, false)
            }
            guard state.load.bytes.count + bytes.count <= Self.waitingBytesMax || state.load.bytes.isEmpty else {
                return (.overloaded, false)
            }
            state.load.bytes.append(contentsOf: bytes)
            state.load.exchanges.append(exchange)
            defer { state.isThreadParked = false }
            return (nil, state.isThreadParked)
        }
        if mustWake { wake() }
        if let refusal { exchange.continuation.resume(returning: .failure(refusal)) }
    }

    /// Refuses new commands, waits until those in flight are answered or have timed out and the thread has ended.
    func close() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                state.admission = .closing
                if !state.hasThreadEnded { state.closers.append(continuation) }
                return state.hasThreadEnded
            }
            if hasEnded { continuation.resume() } else { wake() }
        }
    }

    /// The same without waiting.
    func beginClosing() {
        state.withLock { $0.admission = .closing }
        wake()
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, MemoryLayout<UInt64>.size)  // full means: awake anyway
    }
}

/// The side of the connection's thread.
extension RedisMailbox {
    /// Swaps what has gathered for `load`, which must be empty; from now on new commands wake the thread.
    ///
    /// - Returns: True while commands are still accepted or have been taken.
    func take(into load: inout Load) -> Bool {
        state.withLock { state in
            swap(&state.load, &load)
            state.isThreadParked = true
            return state.admission != .closing || !load.exchanges.isEmpty
        }
    }

    var isClosing: Bool { state.withLock { $0.admission == .closing } }

    /// Opens the mailbox; has no effect once it is closing.
    func open() { state.withLock { if $0.admission == .refusing { $0.admission = .open } } }

    /// Refuses commands until `open`; returns those that were waiting.
    func refuse() -> [RedisExchange] {
        state.withLock { state in
            if state.admission == .open { state.admission = .refusing }
            defer { state.load = Load() }
            return state.load.exchanges
        }
    }

    /// Waits until woken, `deadline` has passed, or the socket (if any) is ready.
    ///
    /// - Returns: What `poll` said about the socket.
    func wait(socket: CInt = -1, for events: CInt = 0, until deadline: ContinuousClock.Instant?) -> CInt {
        var entries = (
            pollfd(fd: wakeDescriptor, events: CShort(POLLIN), revents: 0),
            pollfd(fd: socket, events: CShort(events), revents: 0)  // poll ignores a negative descriptor
        )
        let timeout = deadline.map(milliseconds(until:)) ?? -1
        _ = withUnsafeMutableBytes(of: &entries) {
            poll($0.assumingMemoryBound(to: pollfd.self).baseAddress, 2, timeout)
        }
        if entries.0.revents != 0 {
            var count: UInt64 = 0
            _ = read(wakeDescriptor, &count, MemoryLayout<UInt64>.size)
        }
        return CInt(entries.1.revents)
    }

    /// The thread's last word: everybody in `close()` goes on.
    func threadHasEnded() {
        let closers = state.withLock { state in
            state.hasThreadEnded = true
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}
