import Domain
import EventStore
import Redis

/// Looks at the pages in Redis as an outsider: how far they are, how much they hold, what they cost.
struct PageInspector: Sendable {
    private let redis: RedisClient

    init(url: String) throws {
        redis = try RedisClient(url: url, label: "bench-pages", timeout: .seconds(30))
    }

    func close() async { await redis.close() }

    /// Forgets everything, and the copy too.
    func clear() async throws { _ = try await redis.call(RedisCommand("FLUSHALL")) }

    /// Bytes that Redis uses now, `used_memory` of `INFO memory`.
    func usedBytes() async throws -> Int64 {
        let info = try await redis.call(RedisCommand("INFO", ["memory"])).text ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("used_memory:") }
        guard let bytes = line.flatMap({ Int64($0.dropFirst(12)) }) else {
            throw WrongAnswer("Redis does not say what it uses")
        }
        return bytes
    }

    /// The last sequence of a topic in the checkpoint of each partition, summed up; nil while some partition has none.
    func progress(_ topic: Topic) async throws -> Int64? {
        let commands = (0..<Shard.count).map { partition in
            RedisCommand("HGET", [.text("av:1:{checkpoint.\(partition)}"), .text("topic:\(topic.name)")])
        }
        var sum: Int64 = 0
        for reply in try await redis.send(commands) {
            guard let sequence = reply.text?.split(separator: ",").first.flatMap({ Int64($0) }) else { return nil }
            sum += sequence
        }
        return sum
    }

    /// Practitioner-days that are open at some time, and slots that are booked, over all pages.
    func contents() async throws -> (openDays: Int, bookedSlots: Int) {
        var (openDays, bookedSlots) = (0, 0)
        for key in try await keys() where !key.contains("{checkpoint.") {
            guard let page = try await redis.call(RedisCommand("GET", [.text(key)])).bytes else { continue }
            for cell in stride(from: 16, to: page.count - 5, by: 6) {  // 16 bytes header, 6 a practitioner: PageLayout
                if page[cell] | page[cell + 1] | page[cell + 2] != 0 { openDays += 1 }
                for byte in page[cell + 3...cell + 5] { bookedSlots += byte.nonzeroBitCount }
            }
        }
        return (openDays, bookedSlots)
    }

    /// Keeps a copy of everything in another database of the server.
    func save() async throws {
        let copies = try await keys().map {
            RedisCommand("COPY", [.text($0), .text($0), "DB", 1, "REPLACE"])
        }
        for reply in try await redis.send(copies) { _ = try reply.orThrow() }
    }

    /// Goes back to the copy.
    func restore() async throws {
        for reply in try await redis.send([
            RedisCommand("FLUSHDB"), RedisCommand("SWAPDB", [0, 1]),
        ]) { _ = try reply.orThrow() }
        try await save()
    }

    private func keys() async throws -> [String] {
        try await redis.call(RedisCommand("KEYS", ["av:*"])).array?.compactMap(\.text) ?? []
    }
}
