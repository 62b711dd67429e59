import CHiredis

/// What Redis answers to one command.
package enum RedisReply: Sendable, Equatable {
    case null
    case integer(Int64)
    case bytes([UInt8])
    case status(String)
    case array([RedisReply])
    /// The command was refused; the first word is a code (`WRONGTYPE`, `NOSCRIPT`, `MOVED` …).
    case error(String)
}

extension RedisReply {
    /// The integer of an integer reply, else nil.
    package var integer: Int64? {
        if case .integer(let value) = self { return value }
        return nil
    }

    /// The bytes of a bulk reply, else nil.
    package var bytes: [UInt8]? {
        if case .bytes(let value) = self { return value }
        return nil
    }

    /// A bulk reply or a status as text (UTF-8, repaired where it is none), else nil.
    package var text: String? {
        switch self {
        case .bytes(let value): String(decoding: value, as: UTF8.self)
        case .status(let value): value
        default: nil
        }
    }

    /// The elements of an array reply, else nil.
    package var array: [RedisReply]? {
        if case .array(let value) = self { return value }
        return nil
    }

    /// The reply itself.
    ///
    /// - Throws: `refused` if it is an error reply.
    package func orThrow() throws(RedisError) -> RedisReply {
        if case .error(let text) = self { throw RedisError(reply: text) }
        return self
    }
}

/// Cuts a byte stream into replies; `redisReader` with hiredis' own reply objects, copied into Swift values.
struct RedisReplyReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>

    /// An empty reader; `redisReaderCreate`.
    init() throws(RedisError) {
        guard let reader = redisReaderCreate() else { throw .unavailable }
        self.reader = reader
    }

    deinit { redisReaderFree(reader) }

    /// Takes bytes from the socket; `redisReaderFeed`.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
        let start = bytes.assumingMemoryBound(to: CChar.self).baseAddress
        guard redisReaderFeed(reader, start, bytes.count) == REDIS_OK else { throw .unexpectedReply }
    }

    /// The next reply, or nil until more bytes are there; `redisReaderGetReply`.
    ///
    /// - Throws: `unexpectedReply` for bytes that are no reply: the stream cannot be used any more.
    mutating func next() throws(RedisError) -> RedisReply? {
        var object: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &object) == REDIS_OK else { throw .unexpectedReply }
        guard let object else { return nil }
        defer { freeReplyObject(object) }
        return RedisReply(object.assumingMemoryBound(to: redisReply.self).pointee)
    }
}

extension RedisReply {
    /// Copies hiredis' reply, nested at most 7 deep by its reader.
    fileprivate init(_ reply: redisReply) {
        switch reply.type {
        case REDIS_REPLY_STRING: self = .bytes(Array(UnsafeRawBufferPointer(start: reply.str, count: reply.byteCount)))
        case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
        case REDIS_REPLY_STATUS: self = .status(reply.text)
        case REDIS_REPLY_ERROR: self = .error(reply.text)
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: reply.element, count: Int(reply.elements))
            self = .array(elements.map { $0.map { RedisReply($0.pointee) } ?? .null })
        default: self = .null
        }
    }
}

extension redisReply {
    fileprivate var byteCount: Int { Int(len) }

    fileprivate var text: String {
        String(decoding: UnsafeRawBufferPointer(start: str, count: byteCount), as: UTF8.self)
    }
}
