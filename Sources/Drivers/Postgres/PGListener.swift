import CLibPQ
import Dispatch
import Glibc
import Synchronization

/// One message of NOTIFY.
package struct PGNotification: Sendable, Hashable {
    /// The channel that it was sent on.
    package let channel: String
    /// Up to 8,000 bytes; empty when the sender gave none.
    package let payload: String
}

/// Listens on a connection of its own and sleeps in `poll(2)` on a queue of its own until something arrives.
///
/// Notifications are hints, not a log: those sent while nobody listens are lost, and a reader that lags by more than
/// `backlogMax` loses the oldest. So look at the tables once after `open`, and again after each wake-up.
package final class PGListener: Sendable {
    /// How many notifications are kept for a reader that is slow.
    package static let backlogMax = 1024

    /// Ends when the listener is closed; throws `PGError` with `isConnectionLost` when the connection is gone.
    package let notifications: AsyncThrowingStream<PGNotification, any Error>
    private let continuation: AsyncThrowingStream<PGNotification, any Error>.Continuation
    private let queue: DispatchQueue
    private let wake: WakeUp

    private init(label: String) throws(PGError) {
        wake = try WakeUp()
        queue = DispatchQueue(label: label)
        (notifications, continuation) = AsyncThrowingStream.makeStream(
            bufferingPolicy: .bufferingNewest(Self.backlogMax))
        continuation.onTermination = { [wake] _ in wake.signal() }
    }

    deinit { wake.signal() }

    /// Connects and returns when the server has confirmed every LISTEN: what is sent from now on is seen.
    ///
    /// - Parameters:
    ///   - url: A libpq URI.
    ///   - channels: Names of channels, taken as they are (quoted, so case counts).
    ///   - label: Also the application name.
    ///   - options: Time-outs and the like.
    /// - Returns: A listener whose stream is filling.
    /// - Throws: `PGError`.
    package static func open(
        url: String, channels: [String], label: String, options: PGSessionOptions = PGSessionOptions()
    ) async throws -> PGListener {
        let listener = try PGListener(label: label)
        try await withCheckedThrowingContinuation { (opened: CheckedContinuation<Void, any Error>) in
            let (wake, continuation) = (listener.wake, listener.continuation)
            listener.queue.async {
                do throws(PGError) {
                    let connection = try PGConnection(url: url, label: label, options: options)
                    for channel in channels {
                        try connection.execute("LISTEN \(quoted(channel))", during: "listen")
                    }
                    opened.resume()
                    Self.serve(connection, wake, continuation)
                } catch {
                    opened.resume(throwing: error)
                }
            }
        }
        return listener
    }

    /// Ends the stream and closes the connection; safe to call twice.
    package func close() {
        continuation.finish()
        wake.signal()
    }

    /// Waits and delivers until told to stop or until the connection is gone.
    private static func serve(
        _ connection: PGConnection, _ wake: WakeUp,
        _ continuation: AsyncThrowingStream<PGNotification, any Error>.Continuation
    ) {
        while true {
            while let notification = connection.nextNotification() { continuation.yield(notification) }
            var watched = [
                pollfd(fd: PQsocket(connection.handle), events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&watched, 2, -1) < 0 && errno == EINTR { continue }
            if watched[1].revents != 0 {
                continuation.finish()
                return
            }
            if PQconsumeInput(connection.handle) == 0 || PQstatus(connection.handle) == CONNECTION_BAD {
                while let notification = connection.nextNotification() { continuation.yield(notification) }
                var error = PGError(connection: connection.handle, during: "listen")
                error.isConnectionLost = true
                continuation.finish(throwing: error)
                return
            }
        }
    }

    private static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

extension PGConnection {
    /// A notification that was read already; `PQnotifies`.
    func nextNotification() -> PGNotification? {
        guard let notification = PQnotifies(handle) else { return nil }
        defer { PQfreemem(notification) }
        return PGNotification(
            channel: String(cString: notification.pointee.relname),
            payload: String(cString: notification.pointee.extra))
    }
}

/// Interrupts a `poll(2)`; an `eventfd` that stays readable once it was signalled.
private final class WakeUp: Sendable {
    let descriptor: Int32

    init() throws(PGError) {
        descriptor = cpq_wake_descriptor()
        if descriptor < 0 { throw PGError("eventfd failed with errno \(errno)", during: "listen") }
    }

    deinit { Glibc.close(descriptor) }

    func signal() {
        cpq_wake(descriptor)
    }
}
