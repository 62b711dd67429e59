import CLibPQ
import Dispatch
import Synchronization

/// Interrupts the running statement of one session from any thread.
///
/// `PQcancel` blocks while it talks to the server, so it runs on a queue of its own, never on the caller's thread.
final class PGCanceller: Sendable {
    /// A `PGcancel` may be used by any thread; freed when the last request that uses it is done.
    private final class Handle: @unchecked Sendable {
        let pointer: OpaquePointer
        init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { PQfreeCancel(pointer) }
    }

    private let handle = Mutex<Handle?>(nil)
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    /// From now on requests go to this connection's backend; `PQgetCancel`.
    func watch(_ connection: PGConnection) {
        let next = PQgetCancel(connection.handle).map(Handle.init)
        handle.withLock { $0 = next }
    }

    /// Later requests do nothing.
    func forget() {
        handle.withLock { $0 = nil }
    }

    /// Asks the server to stop what it is doing; it may come too late, or hit the next statement.
    func cancel() {
        guard let handle = handle.withLock({ $0 }) else { return }
        queue.async {
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(handle.pointer, &message, Int32(message.count))
        }
    }
}
