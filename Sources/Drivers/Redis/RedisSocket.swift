import COpenSSL
import Glibc

/// One TCP connection, with TLS where asked, that never blocks; owned by one thread.
struct RedisSocket: ~Copyable {
    /// What one attempt to read or write came to.
    enum Progress {
        case bytes(Int)
        /// Nothing now; try again when `poll` says so.
        case wouldBlock
        /// The other side has gone, or the bytes cannot be trusted.
        case broken
    }

    let descriptor: CInt
    private let tls: OpaquePointer?  // SSL *
    /// True when TLS needs the socket to be writable before it can go on reading (a key update, for example).
    private(set) var wantsWrite = false

    /// Connects to the first address of `url` that answers.
    ///
    /// - Throws: `unavailable` when none does within `timeout` or the server's certificate is not accepted.
    init(_ url: RedisURL, tls context: TLSContext?, timeout: Duration) throws(RedisError) {
        let deadline = ContinuousClock.now + timeout
        guard let descriptor = Self.connect(url, deadline: deadline) else { throw .unavailable }
        guard let context else {
            self.init(descriptor: descriptor, tls: nil)
            return
        }
        guard let session = context.session(over: descriptor, host: url.host) else {
            close(descriptor)
            throw .unavailable
        }
        guard Self.handshake(session, descriptor, deadline: deadline) else {
            SSL_free(session)
            close(descriptor)
            throw .unavailable
        }
        self.init(descriptor: descriptor, tls: session)
    }

    private init(descriptor: CInt, tls: OpaquePointer?) {
        self.descriptor = descriptor
        self.tls = tls
    }

    deinit {
        if let tls { SSL_free(tls) }
        close(descriptor)
    }

    /// Reads what is there, at most `buffer.count` bytes.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Progress {
        guard let tls else {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .bytes(count) }
            return count < 0 && isTemporary(errno) ? .wouldBlock : .broken
        }
        var count = 0
        return progress(of: SSL_read_ex(tls, buffer.baseAddress, buffer.count, &count), tls, count)
    }

    /// Writes what the kernel takes, maybe less than all.
    mutating func write(_ bytes: UnsafeRawBufferPointer) -> Progress {
        guard let tls else {
            let count = send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            return isTemporary(errno) ? .wouldBlock : .broken
        }
        var count = 0
        return progress(of: SSL_write_ex(tls, bytes.baseAddress, bytes.count, &count), tls, count)
    }

    /// Bytes that TLS has read ahead: `poll` does not know of them.
    var hasBufferedBytes: Bool { tls.map { SSL_pending($0) > 0 } ?? false }

    private mutating func progress(of status: CInt, _ tls: OpaquePointer, _ count: Int) -> Progress {
        wantsWrite = false
        if status == 1 { return .bytes(count) }
        switch SSL_get_error(tls, status) {
        case SSL_ERROR_WANT_READ: return .wouldBlock
        case SSL_ERROR_WANT_WRITE:
            wantsWrite = true
            return .wouldBlock
        default:
            ERR_clear_error()
            return .broken
        }
    }
}

/// Connecting: still blocking for the thread that does it, but never beyond a deadline.
extension RedisSocket {
    private static func connect(_ url: RedisURL, deadline: ContinuousClock.Instant) -> CInt? {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(url.host, String(url.port), &hints, &found) == 0 else { return nil }
        defer { freeaddrinfo(found) }
        var candidate = found
        while let address = candidate?.pointee {
            if let descriptor = connect(address, deadline: deadline) { return descriptor }
            candidate = address.ai_next
        }
        return nil
    }

    private static func connect(_ address: addrinfo, deadline: ContinuousClock.Instant) -> CInt? {
        let kind = address.ai_socktype | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.ai_family, kind, address.ai_protocol)
        guard descriptor >= 0 else { return nil }
        var status = Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen)
        if status != 0 && errno == EINPROGRESS && wait(descriptor, for: POLLOUT, deadline: deadline) {
            var length = socklen_t(MemoryLayout<CInt>.size)
            if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &status, &length) != 0 { status = -1 }
        }
        guard status == 0 else {
            close(descriptor)
            return nil
        }
        var on: CInt = 1
        let length = socklen_t(MemoryLayout<CInt>.size)
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, length)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, length)
        return descriptor
    }

    private static func handshake(
        _ session: OpaquePointer, _ descriptor: CInt, deadline: ContinuousClock.Instant
    ) -> Bool {
        while true {
            let status = SSL_do_handshake(session)
            if status == 1 { return true }
            let isReady =
                switch SSL_get_error(session, status) {
                case SSL_ERROR_WANT_READ: wait(descriptor, for: POLLIN, deadline: deadline)
                case SSL_ERROR_WANT_WRITE: wait(descriptor, for: POLLOUT, deadline: deadline)
                default: false
                }
            if !isReady {
                ERR_clear_error()
                return false
            }
        }
    }

    private static func wait(_ descriptor: CInt, for events: CInt, deadline: ContinuousClock.Instant) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: CShort(events), revents: 0)
            let left = milliseconds(until: deadline)
            let count = poll(&entry, 1, left)
            if count > 0 { return true }
            if count == 0 || errno != EINTR { return false }
        }
    }
}

/// Milliseconds for `poll`, rounded up, so that it never wakes just before the deadline; 0 when it has passed.
func milliseconds(until deadline: ContinuousClock.Instant) -> CInt {
    let left = ContinuousClock.now.duration(to: deadline)
    guard left > .zero else { return 0 }
    let whole = left.components.seconds.multipliedReportingOverflow(by: 1_000)
    let milliseconds = whole.partialValue + left.components.attoseconds / 1_000_000_000_000_000 + 1
    return whole.overflow ? .max : CInt(clamping: milliseconds)
}

private func isTemporary(_ code: CInt) -> Bool { code == EAGAIN || code == EWOULDBLOCK || code == EINTR }
