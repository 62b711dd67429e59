import CHiredis

/// One argument of a command: bytes as they are, text as UTF-8, an integer in decimal.
package enum RedisArgument: Sendable, Equatable {
    case text(String)
    case bytes([UInt8])
    case int(Int64)
}

extension RedisArgument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
}

extension RedisArgument {
    func append(to bytes: inout [UInt8]) {
        switch self {
        case .text(let text): bytes.append(contentsOf: text.utf8)
        case .bytes(let more): bytes.append(contentsOf: more)
        case .int(let value): bytes.append(contentsOf: String(value).utf8)  // up to 15 digits without an allocation
        }
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }
}

/// One command: `RedisCommand("GETRANGE", [.text(key), 0, 15])`.
package struct RedisCommand: Sendable, Equatable {
    package let name: String
    package let arguments: [RedisArgument]

    /// - Parameters:
    ///   - name: Redis' name of the command, in upper case; for `CLIENT KILL` it is `CLIENT`, with `KILL` as argument.
    ///   - arguments: What follows the name.
    package init(_ name: String, _ arguments: [RedisArgument] = []) {
        self.name = name
        self.arguments = arguments
    }
}

/// Writes commands in Redis' protocol, with the memory of one command used again for the next.
struct RedisCommandEncoder {
    private(set) var encoded: [UInt8] = []
    private var flat: [UInt8] = []  // the arguments of one command, one after another
    private var lengths: [Int] = []

    init(commandCount: Int) { encoded.reserveCapacity(commandCount * 96) }

    /// Appends one command to `encoded`; `redisFormatCommandArgv`.
    mutating func append(_ command: RedisCommand) {
        flat.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        flat.append(contentsOf: command.name.utf8)
        lengths.append(flat.count)
        for argument in command.arguments {
            let start = flat.count
            argument.append(to: &flat)
            lengths.append(flat.count - start)
        }
        appendFormatted()
    }

    private mutating func appendFormatted() {
        var formatted: UnsafeMutablePointer<CChar>?
        let count = lengths.count
        let byteCount = flat.withUnsafeBufferPointer { flat -> CInt in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { pointers -> CInt in
                // Never empty: it starts with the command's name. C's `char` and our bytes have the same layout.
                guard var next = UnsafeRawPointer(flat.baseAddress)?.assumingMemoryBound(to: CChar.self) else {
                    return -1
                }
                for index in 0..<count {
                    pointers.initializeElement(at: index, to: next)
                    next += lengths[index]
                }
                return redisFormatCommandArgv(&formatted, CInt(count), pointers.baseAddress, lengths)
            }
        }
        guard let formatted, byteCount >= 0 else { preconditionFailure("no memory for a Redis command") }
        defer { redisFreeCommand(formatted) }
        encoded.append(contentsOf: UnsafeRawBufferPointer(start: formatted, count: Int(byteCount)))
    }
}
