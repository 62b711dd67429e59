import Redis
import Testing

@Suite("RedisClient")
struct RedisClientTests {
    let client: RedisClient
    let prefix = TestRedis.uniquePrefix()

    init() throws { client = try TestRedis.client("client-tests") }

    private func key(_ name: String) -> RedisArgument { .text(prefix + name) }

    @Test func answersEveryKindOfReply() async throws {
        let replies = try await client.send([
            RedisCommand("SET", [key("a"), "value"]),
            RedisCommand("GET", [key("a")]),
            RedisCommand("GET", [key("absent")]),
            RedisCommand("INCRBY", [key("n"), -7]),
            RedisCommand("RPUSH", [key("a"), "x"]),
            RedisCommand("MGET", [key("a"), key("absent")]),
            RedisCommand("EVAL", ["return {1, {'two', {3}}, false}", 0]),
            RedisCommand("DEL", [key("a"), key("n")]),
        ])
        #expect(replies[0] == .status("OK"))
        #expect(replies[1] == .bytes(Array("value".utf8)))
        #expect(replies[2] == .null)
        #expect(replies[3] == .integer(-7))
        guard case .error(let text) = replies[4] else { Issue.record("\(replies[4])"); return }
        #expect(text.hasPrefix("WRONGTYPE"))
        #expect(replies[5] == .array([.bytes(Array("value".utf8)), .null]))
        #expect(
            replies[6] == .array([.integer(1), .array([.bytes(Array("two".utf8)), .array([.integer(3)])]), .null]))
        #expect(replies[7] == .integer(2))
    }

    @Test func sendsNothingForNothing() async throws {
        #expect(try await client.send([]) == [])
    }

    @Test func keepsEveryByte() async throws {
        let all = (0..<1_024).map { UInt8(truncatingIfNeeded: $0) } + Array("\r\n$-1\r\n*3\r\n\0".utf8)
        let large = [UInt8](repeating: 0xFF, count: 5_000_000)
        for value in [all, large, []] {
            let name = RedisArgument.bytes(Array(prefix.utf8) + [0, 0xFF, 13, 10])
            let replies = try await client.send([
                RedisCommand("SET", [name, .bytes(value)]), RedisCommand("GET", [name]), RedisCommand("DEL", [name]),
            ])
            #expect(replies[1] == .bytes(value))
        }
    }

    @Test func throwsARefusalWithItsCode() async throws {
        do throws(RedisError) {
            _ = try await client.call(RedisCommand("GETRANGE", [key("a")]))
            Issue.record("a wrong number of arguments was accepted")
        } catch {
            guard case .refused(code: "ERR", _) = error else { Issue.record("\(error)"); return }
            #expect(error.description == "RedisError(refused: ERR)")
        }
    }

    /// Every task gets its own replies, in its own order, however they are mixed on the wire.
    @Test(arguments: [1, 3])
    func keepsTheOrderOfAThousandTasks(_ connections: Int) async throws {
        let client = try TestRedis.client("order-tests", connections: connections)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1_000 {
                group.addTask { [prefix] in
                    let key = RedisArgument.text("\(prefix)\(number)")
                    for round in 1...5 {
                        let replies = try await client.send([
                            RedisCommand("INCR", [key]), RedisCommand("ECHO", [.text("\(number)/\(round)")]),
                            RedisCommand("INCR", [key]),
                        ])
                        #expect(
                            replies == [
                                .integer(Int64(round * 2 - 1)), .bytes(Array("\(number)/\(round)".utf8)),
                                .integer(Int64(round * 2)),
                            ])
                    }
                    _ = try await client.call(RedisCommand("DEL", [key]))
                }
            }
            try await group.waitForAll()
        }
        await client.close()
    }

    @Test func refusesWorkAfterClosingButFinishesWhatWasSent() async throws {
        let client = try TestRedis.client("close-tests")
        #expect(await client.answers())
        let slow = Task { try await client.call(RedisCommand("BLPOP", [key("nothing"), .text("0.2")])) }
        try await eventually("the command is in flight") {
            let list = try? await self.client.call(RedisCommand("CLIENT", ["LIST"])).text
            return list?.contains("name=close-tests-1 ") == true && list?.contains("cmd=blpop") == true
        }
        await client.close()
        #expect(try await slow.value == .null)
        await #expect(throws: RedisError.closed) { try await client.call(RedisCommand("PING")) }
        await client.close()
    }
}
