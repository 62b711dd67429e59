import Redis
import Testing

@Suite("Redis scripts", .enabled(if: TestRedis.hasServerProgram))
struct RedisScriptTests {
    static let add = RedisScript(
        name: "add", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")
    static let echo = RedisScript(name: "echo", source: "return ARGV[1]")
    static let failing = RedisScript(name: "failing", source: "return redis.error_reply('MINE no')")

    @Test func knowsRedisNameOfAScript() {
        // the SHA-1 of "return 1", as `redis-cli SCRIPT LOAD` prints it
        #expect(RedisScript(name: "", source: "return 1").digest == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
    }

    @Test func survivesForgettingInEveryOrder() async throws {
        let server = try await OwnRedisServer()
        let client = try RedisClient(url: "redis://127.0.0.1:\(server.port)", label: "script-tests")
        try await eventually("the server answers") { await client.answers() }
        var expected: Int64 = 0
        for round in 0..<3 {
            let calls = (1...50).map { number in
                number % 5 == 0
                    ? RedisScriptCall(Self.echo, keys: ["k"], arguments: [.int(Int64(number))])
                    : RedisScriptCall(Self.add, keys: ["k"], arguments: [1])
            }
            let replies = try await client.evaluate(calls)
            for (index, reply) in replies.enumerated() {
                if (index + 1) % 5 == 0 {
                    #expect(reply == .bytes(Array("\(index + 1)".utf8)), "round \(round)")
                } else {
                    expected += 1
                    #expect(reply == .integer(expected), "round \(round)")
                }
            }
            _ = try await client.call(RedisCommand("SCRIPT", ["FLUSH"]))
        }
        #expect(try await client.evaluate(Self.add, keys: ["k"], arguments: [0]) == .integer(expected))
        #expect(try await client.evaluate(Self.add, keys: ["k"], arguments: [0]) == .integer(expected))
        await client.close()
    }

    @Test func handsOutWhatTheScriptRefuses() async throws {
        let client = try TestRedis.client("script-refusals")
        await #expect(throws: RedisError.refused(code: "MINE", message: "MINE no")) {
            try await client.evaluate(Self.failing, keys: [])
        }
        let replies = try await client.evaluate([
            RedisScriptCall(Self.failing, keys: []), RedisScriptCall(Self.echo, keys: [], arguments: ["on"]),
        ])
        #expect(replies == [.error("MINE no"), .bytes(Array("on".utf8))])
    }
}
