import Glibc

/// One established connection until its end: writes what the mailbox holds, hands out the replies in order.
struct RedisSession: ~Copyable {
    private var socket: RedisSocket
    private var reader: RedisReplyReader
    private let mailbox: RedisMailbox
    private var load = RedisMailbox.Load()
    private var outgoing: [UInt8] = []
    private var outgoingStart = 0  // bytes before it are written
    private var inFlight = ExchangeQueue()
    private var replies: [RedisReply] = []  // of the oldest exchange, not complete yet
    private var incoming = [UInt8](repeating: 0, count: 64 << 10)

    /// Takes over a connected socket.
    init(_ socket: consuming RedisSocket, _ reader: consuming RedisReplyReader, mailbox: RedisMailbox) {
        self.socket = socket
        self.reader = reader
        self.mailbox = mailbox
    }

    /// Works until the connection is lost or the mailbox is closing and everything is answered.
    mutating func serve() {
        do {
            while try takeAndWrite() {
                let ready = mailbox.wait(
                    socket: socket.descriptor, for: eventsWanted, until: socket.hasBufferedBytes ? .now : deadline)
                if ready != 0 || socket.hasBufferedBytes { try readAndDeliver() }
                if let deadline = inFlight.first?.deadline, deadline <= .now { throw RedisError.timeout }
            }
        } catch {
            giveUp()
        }
    }

    private var deadline: ContinuousClock.Instant? { inFlight.first?.deadline }

    private var eventsWanted: CInt {
        let mustWrite = outgoingStart < outgoing.count || socket.wantsWrite
        return mustWrite ? POLLIN | POLLOUT : POLLIN
    }

    /// - Returns: False when there is nothing left to do and nothing more will come.
    private mutating func takeAndWrite() throws(RedisError) -> Bool {
        if outgoingStart == outgoing.count {  // else the server is slow: let callers feel it at the mailbox's bound
            outgoing.removeAll(keepingCapacity: outgoing.capacity <= 1 << 20)
            outgoingStart = 0
            let goesOn = mailbox.take(into: &load)
            guard goesOn || inFlight.first != nil else { return false }
            dropExpired()
            swap(&outgoing, &load.bytes)
            for exchange in load.exchanges { inFlight.append(exchange) }
            load.exchanges.removeAll(keepingCapacity: true)
        }
        try write()
        return true
    }

    /// Whoever waited too long for a connection is told so now: their commands shall not be executed any more.
    private mutating func dropExpired() {
        guard let oldest = load.exchanges.first, oldest.deadline <= .now else { return }
        let now = ContinuousClock.now
        let expired = load.exchanges.prefix { $0.deadline <= now }
        load.exchanges.removeFirst(expired.count)
        load.bytes.removeFirst(expired.reduce(0) { $0 + $1.byteCount })
        for exchange in expired { exchange.continuation.resume(returning: .failure(.unavailable)) }
    }

    private mutating func write() throws(RedisError) {
        while outgoingStart < outgoing.count {
            let progress = outgoing.withUnsafeBytes { [outgoingStart] bytes in
                socket.write(UnsafeRawBufferPointer(rebasing: bytes[outgoingStart...]))
            }
            switch progress {
            case .bytes(let count): outgoingStart += count
            case .wouldBlock: return
            case .broken: throw .connectionLost
            }
        }
    }

    private mutating func readAndDeliver() throws(RedisError) {
        guard try readOnce() else { return }
        while let reply = try reader.next() {
            guard let exchange = inFlight.first else { throw .unexpectedReply }  // an answer to no question
            replies.append(reply)
            guard replies.count == exchange.replyCount else { continue }
            inFlight.removeFirst()
            exchange.continuation.resume(returning: .success(replies))
            replies = []
            if let next = inFlight.first { replies.reserveCapacity(next.replyCount) }
        }
    }

    /// - Returns: False if there was nothing to read yet.
    private mutating func readOnce() throws(RedisError) -> Bool {
        switch incoming.withUnsafeMutableBytes({ socket.read(into: $0) }) {
        case .bytes(let count):
            try feed(count)
            return true
        case .wouldBlock: return false
        case .broken: throw .connectionLost
        }
    }

    private mutating func feed(_ count: Int) throws(RedisError) {
        let outcome = incoming.withUnsafeBytes { bytes in
            Result { () throws(RedisError) in try reader.feed(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
        }
        try outcome.get()
    }

    /// The connection is of no use any more: whoever waits past the deadline has timed out, the others lost it.
    private mutating func giveUp() {
        let now = ContinuousClock.now
        while let exchange = inFlight.first {
            inFlight.removeFirst()
            exchange.continuation.resume(returning: .failure(exchange.deadline <= now ? .timeout : .connectionLost))
        }
    }
}

/// The first commands of a connection, one after another, before callers may use it.
extension RedisSession {
    /// Authenticates, selects the database and names the connection.
    ///
    /// - Throws: `unavailable` if any of it is refused or not answered until `deadline`.
    mutating func enter(_ url: RedisURL, label: String, deadline: ContinuousClock.Instant) throws(RedisError) {
        if let password = url.password {
            let credentials = url.username.map { [.text($0), .text(password)] } ?? [RedisArgument.text(password)]
            try expectOK(RedisCommand("AUTH", credentials), deadline)
        }
        if url.database != 0 { try expectOK(RedisCommand("SELECT", [.int(Int64(url.database))]), deadline) }
        let name = String(decoding: label.utf8.map { (33...126).contains($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
        let named = try ask(RedisCommand("CLIENT", ["SETNAME", .text(name)]), deadline)
        if case .error(let text) = named, !text.hasPrefix("NOPERM") { throw .unavailable }  // a full server, for one
    }

    private mutating func expectOK(_ command: RedisCommand, _ deadline: ContinuousClock.Instant) throws(RedisError) {
        guard try ask(command, deadline) == .status("OK") else { throw .unavailable }
    }

    private mutating func ask(
        _ command: RedisCommand, _ deadline: ContinuousClock.Instant
    ) throws(RedisError) -> RedisReply {
        var encoder = RedisCommandEncoder(commandCount: 1)
        encoder.append(command)
        outgoing = encoder.encoded
        outgoingStart = 0
        while true {
            try write()
            if let reply = try reader.next() { return reply }
            guard ContinuousClock.now < deadline, !mailbox.isClosing else { throw .unavailable }
            _ = mailbox.wait(socket: socket.descriptor, for: eventsWanted, until: deadline)
            _ = try readOnce()
        }
    }
}

/// First in, first out, without moving the rest at every removal.
private struct ExchangeQueue {
    private var exchanges: [RedisExchange] = []
    private var start = 0

    var first: RedisExchange? { start < exchanges.count ? exchanges[start] : nil }

    mutating func append(_ exchange: RedisExchange) { exchanges.append(exchange) }

    mutating func removeFirst() {
        start += 1
        guard start == exchanges.count || start >= 4_096 else { return }
        exchanges.removeFirst(start)
        start = 0
    }
}
