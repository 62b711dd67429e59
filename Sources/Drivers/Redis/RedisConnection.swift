import Foundation

/// One connection to one server, kept up by a thread of its own until it is closed.
final class RedisConnection: Sendable {
    private let mailbox: RedisMailbox
    private let timeout: Duration

    /// Starts connecting and returns at once; commands wait until the first attempt has succeeded or failed.
    ///
    /// - Parameters:
    ///   - url: The server.
    ///   - tls: Trust anchors; nil for a connection without TLS.
    ///   - label: Names the thread, and the connection in Redis' `CLIENT LIST`.
    ///   - timeout: Longest wait for a reply, and for connecting.
    /// - Throws: `unavailable` when the process has no descriptors left.
    init(_ url: RedisURL, tls: TLSContext?, label: String, timeout: Duration) throws(RedisError) {
        let mailbox = try RedisMailbox()
        self.mailbox = mailbox
        self.timeout = timeout
        let thread = Thread {
            var keeper = RedisConnectionKeeper(
                mailbox: mailbox, url: url, tls: tls, label: label, timeout: timeout)
            keeper.run()
        }
        thread.name = label
        thread.stackSize = 1 << 20
        thread.start()
    }

    deinit { mailbox.beginClosing() }

    /// Sends encoded commands and waits for as many replies.
    func exchange(_ bytes: [UInt8], replyCount: Int) async -> RedisExchange.Outcome {
        await mailbox.exchange(bytes, replyCount: replyCount, timeout: timeout)
    }

    /// Refuses new commands and waits until those in flight are answered or have timed out.
    func close() async { await mailbox.close() }
}

/// What the thread of a connection does: connect, serve until the connection is lost, wait, connect again.
private struct RedisConnectionKeeper {
    static let pauseMax = Duration.seconds(1)

    let mailbox: RedisMailbox
    let url: RedisURL
    let tls: TLSContext?
    let label: String
    let timeout: Duration

    mutating func run() {
        blockSIGPIPE()
        var pause = Duration.milliseconds(10)
        repeat {
            do throws(RedisError) {
                let socket = try RedisSocket(url, tls: tls, timeout: timeout)
                var session = RedisSession(socket, try RedisReplyReader(), mailbox: mailbox)
                try session.enter(url, label: label, deadline: ContinuousClock.now + timeout)
                mailbox.open()
                pause = .milliseconds(10)
                session.serve()
            } catch {
                for exchange in mailbox.refuse() { exchange.continuation.resume(returning: .failure(.unavailable)) }
                rest(pause * Double.random(in: 0.5...1))  // so that many clients do not return in step
                pause = min(pause * 2, Self.pauseMax)
            }
        } while !mailbox.isClosing
        for exchange in mailbox.refuse() { exchange.continuation.resume(returning: .failure(.closed)) }
        mailbox.threadHasEnded()
    }

    private func rest(_ pause: Duration) {
        let deadline = ContinuousClock.now + pause
        while !mailbox.isClosing && ContinuousClock.now < deadline { _ = mailbox.wait(until: deadline) }
    }
}

/// OpenSSL writes to a socket that the other side has closed: that must be an error, not the end of the process.
private func blockSIGPIPE() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
}
