/// Redis Cluster's 16,384 slots: which one a key is in.
enum ClusterSlot {
    static let count = 16_384

    /// The slot of `key`: CRC-16 of the hash tag, or of all of it where there is none.
    static func slot(of key: [UInt8]) -> Int { Int(crc16(tag(of: key))) % count }

    /// What stands between the first `{` and the next `}`, if that is anything; else the whole key.
    static func tag(of key: [UInt8]) -> ArraySlice<UInt8> {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key[...] }
        let rest = key[(open + 1)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > rest.startIndex else { return key[...] }
        return rest[..<close]
    }

    /// CRC-16/XMODEM, the checksum of the cluster specification.
    static func crc16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { crc, byte in crc << 8 ^ table[Int(UInt8(truncatingIfNeeded: crc >> 8) ^ byte)] }
    }

    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
    }
}

extension RedisCommand {
    /// The key that decides where a cluster executes this; nil if any node will do.
    var routingKey: [UInt8]? {
        switch name {
        case "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO":
            arguments.count > 2 && arguments[1].bytes != [UInt8(ascii: "0")] ? arguments[2].bytes : nil
        case "BITOP", "OBJECT", "MEMORY", "DEBUG": arguments.count > 1 ? arguments[1].bytes : nil
        case "PING", "ECHO", "INFO", "TIME", "CLIENT", "CLUSTER", "CONFIG", "COMMAND", "SCRIPT", "FUNCTION", "DBSIZE",
            "FLUSHDB", "FLUSHALL", "SCAN", "KEYS", "RANDOMKEY", "PUBLISH", "WAIT", "ASKING", "READONLY", "ROLE":
            nil
        default: arguments.first?.bytes
        }
    }
}

/// Where one node of a cluster listens.
struct RedisNode: Hashable, Sendable {
    let host: String
    let port: UInt16
}

/// What a node says instead of executing a command.
enum ClusterRedirection: Equatable {
    /// The slot lives there now: learn it.
    case moved(slot: Int, RedisNode)
    /// The slot is on its way: ask there this once.
    case ask(RedisNode)
    /// The cluster is busy moving the slot or electing; the same node may know in a moment.
    case later

    /// Reads an error reply; nil if it is about the command itself.
    ///
    /// An empty host means that of the node that answered.
    init?(_ reply: RedisReply, from node: RedisNode) {
        guard case .error(let text) = reply else { return nil }
        let words = text.split(separator: " ")
        switch words.first {
        case "TRYAGAIN", "CLUSTERDOWN": self = .later
        case "MOVED", "ASK":
            guard words.count >= 3, let slot = Int(words[1]), (0..<ClusterSlot.count).contains(slot),
                let colon = words[2].lastIndex(of: ":"), let port = UInt16(words[2][words[2].index(after: colon)...])
            else { return nil }
            let host = words[2][..<colon]
            let target = RedisNode(host: host.isEmpty ? node.host : String(host), port: port)
            self = words[0] == "MOVED" ? .moved(slot: slot, target) : .ask(target)
        default: return nil
        }
    }
}
