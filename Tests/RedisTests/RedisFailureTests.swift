import Glibc
import Redis
import Testing

@Suite("Redis failures", .enabled(if: TestRedis.hasServerProgram))
struct RedisFailureTests {
    @Test func losesWhatIsInFlightWhenKilledAndComesBack() async throws {
        let client = try TestRedis.client("kill-tests")
        let other = try TestRedis.client("kill-tests-killer")
        let identifier = try await client.call(RedisCommand("CLIENT", ["ID"])).integer
        let waiting = Task { () async throws(RedisError) in
            try await client.call(RedisCommand("BLPOP", [.text(TestRedis.uniquePrefix()), 4]))
        }
        try await eventually("the command is in flight") {
            let list = try? await other.call(RedisCommand("CLIENT", ["LIST"])).text
            return list?.contains("id=\(identifier ?? 0) ") == true && list?.contains("cmd=blpop") == true
        }
        #expect(
            try await other.call(RedisCommand("CLIENT", ["KILL", "ID", .int(identifier ?? 0)])) == .integer(1))
        await #expect(throws: RedisError.connectionLost) { try await waiting.value }
        try await eventually("the client is back") { await client.answers() }
        #expect(try await client.call(RedisCommand("CLIENT", ["ID"])).integer != identifier)
    }

    @Test func answersEverybodyWhileConnectionsAreKilled() async throws {
        let client = try TestRedis.client("storm-tests")
        let other = try TestRedis.client("storm-tests-killer")
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    for _ in 0..<50 {
                        do throws(RedisError) {
                            let replies = try await client.send([RedisCommand("PING"), RedisCommand("ECHO", ["a"])])
                            #expect(replies == [.status("PONG"), .bytes([UInt8(ascii: "a")])])
                        } catch {
                            #expect(error == .connectionLost || error == .unavailable)
                        }
                    }
                    return true
                }
            }
            group.addTask {
                for _ in 0..<20 {
                    let list = try await other.call(RedisCommand("CLIENT", ["LIST"])).text ?? ""
                    for line in list.split(separator: "\n") where line.contains("name=storm-tests-1 ") {
                        let identifier = line.split(separator: " ")[0].dropFirst("id=".count)
                        _ = try await other.call(RedisCommand("CLIENT", ["KILL", "ID", .text(String(identifier))]))
                    }
                }
                return true
            }
            return try await group.reduce(into: 0) { count, _ in count += 1 }
        }
        #expect(outcomes == 201)
        try await eventually("the client is back") { await client.answers() }
    }

    @Test func failsAtOnceWhileTheServerIsAwayAndRecovers() async throws {
        let port = freePort()
        let client = try RedisClient(url: "redis://127.0.0.1:\(port)", label: "away-tests", timeout: .seconds(3))
        await #expect(throws: RedisError.unavailable) { try await client.call(RedisCommand("PING")) }
        let start = ContinuousClock.now
        for _ in 0..<100 {
            await #expect(throws: RedisError.unavailable) { try await client.call(RedisCommand("PING")) }
        }
        #expect(ContinuousClock.now - start < .seconds(1))
        let server = try await OwnRedisServer(port: port)
        try await eventually("the client finds the server") { await client.answers() }
        server.kill()
        try await eventually("the client notices") { await !client.answers() }
        let again = try await OwnRedisServer(port: port)
        try await eventually("the client is back") { await client.answers() }
        await client.close()
        again.kill()
    }

    @Test func doesNotWaitForASilentServer() async throws {
        let server = try await OwnRedisServer()
        let client = try RedisClient(
            url: "redis://127.0.0.1:\(server.port)", label: "silent-tests", timeout: .milliseconds(300))
        try await eventually("the server answers") { await client.answers() }
        server.signal(SIGSTOP)
        await #expect(throws: RedisError.timeout) { try await client.call(RedisCommand("PING")) }
        server.signal(SIGCONT)
        try await eventually("the client is back") { await client.answers() }
        await client.close()
    }

    @Test func closesWhileTheServerIsAway() async throws {
        let client = try RedisClient(url: "redis://127.0.0.1:\(freePort())", label: "close-away")
        await client.close()
        await #expect(throws: RedisError.closed) { try await client.call(RedisCommand("PING")) }
    }

    @Test func authenticates() async throws {
        let server = try await OwnRedisServer(arguments: [
            "--requirepass", "s3cret", "--user", "alice", "on", ">w/nd:er", "~*", "+@all",
        ])
        let good = [":s3cret@", "alice:w%2Fnd:er@", "default:s3cret@"]
        for credentials in good {
            let client = try RedisClient(
                url: "redis://\(credentials)127.0.0.1:\(server.port)/2", label: "auth tests \u{E9}\n")
            try await eventually("\(credentials) may enter") { await client.answers() }
            let info = try await client.call(RedisCommand("CLIENT", ["INFO"])).text ?? ""
            #expect(info.contains("db=2"))
            await client.close()
        }
        for credentials in ["", ":wrong@", "alice:wrong@", "nobody:s3cret@"] {
            let client = try RedisClient(url: "redis://\(credentials)127.0.0.1:\(server.port)", label: "auth-refused")
            await #expect(throws: RedisError.unavailable, "\(credentials)") {
                try await client.call(RedisCommand("PING"))
            }
            await client.close()
        }
    }
}
