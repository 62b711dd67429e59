import Foundation
import Testing

@testable import Redis

@Suite("Redis Cluster: slots")
struct ClusterSlotTests {
    /// As `redis-cli CLUSTER KEYSLOT` answers; the first is the check value of CRC-16/XMODEM.
    static let slots: [(key: String, slot: Int)] = [
        ("123456789", 12_739), ("foo", 12_182), ("bar", 5_061), ("hello", 866), ("", 0), ("user1000", 3_443),
        ("{user1000}.following", 3_443), ("foo{user1000}{bar}", 3_443), ("foo{}{bar}", 8_363),
        ("foo{{bar}}zap", 4_015), ("foo{bar}{zap}", 5_061), ("foo{bar", 15_278),
    ]

    @Test func followTheSpecification() {
        #expect(ClusterSlot.crc16(Array("123456789".utf8)[...]) == 0x31C3)
        for example in Self.slots {
            #expect(ClusterSlot.slot(of: Array(example.key.utf8)) == example.slot, "\(example.key)")
        }
        #expect(ClusterSlot.tag(of: Array("av:7:{fr:2.1}:2026-11-20".utf8)) == Array("fr:2.1".utf8)[...])
        #expect(ClusterSlot.tag(of: Array("foo{{bar}}zap".utf8)) == Array("{bar".utf8)[...])
    }

    static let commands: [(command: RedisCommand, key: String?)] = [
        (RedisCommand("GET", ["k"]), "k"), (RedisCommand("PING"), nil), (RedisCommand("DBSIZE"), nil),
        (RedisCommand("EVAL", ["return 1", 1, "k", "a"]), "k"), (RedisCommand("EVALSHA", ["d", 0, "a"]), nil),
        (RedisCommand("EVAL", ["return 1", 0]), nil), (RedisCommand("BITOP", ["AND", "k", "a"]), "k"),
        (RedisCommand("SCRIPT", ["LOAD", "x"]), nil), (RedisCommand("GET", [.int(7)]), "7"),
    ]

    @Test func findTheKeyOfACommand() {
        for example in Self.commands {
            #expect(example.command.routingKey == example.key.map { Array($0.utf8) }, "\(example.command)")
        }
    }

    static let here = RedisNode(host: "10.0.0.1", port: 7_000)
    static let redirections: [(text: String, expected: ClusterRedirection?)] = [
        ("MOVED 3999 127.0.0.1:6381", .moved(slot: 3_999, RedisNode(host: "127.0.0.1", port: 6_381))),
        ("MOVED 3999 :6381", .moved(slot: 3_999, RedisNode(host: "10.0.0.1", port: 6_381))),
        ("MOVED 1 ::1:6381", .moved(slot: 1, RedisNode(host: "::1", port: 6_381))),
        ("ASK 3999 127.0.0.1:6381", .ask(RedisNode(host: "127.0.0.1", port: 6_381))),
        ("TRYAGAIN Multiple keys", .later), ("CLUSTERDOWN Hash slot not served", .later), ("ERR no", nil),
        ("MOVED", nil), ("MOVED 16384 a:1", nil), ("MOVED -1 a:1", nil), ("MOVED 1 a:99999", nil), ("MOVED 1 a", nil),
    ]

    @Test func readRedirections() {
        for example in Self.redirections {
            #expect(ClusterRedirection(.error(example.text), from: Self.here) == example.expected, "\(example.text)")
        }
        #expect(ClusterRedirection(.bytes(Array("MOVED 1 a:1".utf8)), from: Self.here) == nil)
    }
}

@Suite("Redis Cluster: three nodes", .enabled(if: TestRedis.hasServerProgram))
struct RedisClusterTests {
    /// Three primaries, joined and with all slots given out.
    private func startCluster() async throws -> [OwnRedisServer] {
        var servers: [OwnRedisServer] = []
        for _ in 1...3 {
            servers.append(
                try await OwnRedisServer(arguments: [
                    "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-config-file", "nodes.conf",
                ]))
        }
        let bounds = [0, 5_461, 10_923, 16_384]
        for (index, server) in servers.enumerated() {
            let node = try node(server)
            try await eventually("a node answers") { await node.answers() }
            for other in servers {
                _ = try await node.call(RedisCommand("CLUSTER", ["MEET", "127.0.0.1", .int(Int64(other.port))]))
            }
            _ = try await node.call(
                RedisCommand(
                    "CLUSTER", ["ADDSLOTSRANGE", .int(Int64(bounds[index])), .int(Int64(bounds[index + 1] - 1))]))
        }
        for server in servers {
            let node = try node(server)
            try await eventually(within: 30, "the cluster is complete") {
                let slots = try? await node.call(RedisCommand("CLUSTER", ["SLOTS"])).array
                let info = try? await node.call(RedisCommand("CLUSTER", ["INFO"])).text
                return slots?.count == 3 && info?.contains("cluster_state:ok") == true
            }
        }
        return servers
    }

    private func node(_ server: OwnRedisServer) throws -> RedisClient {
        try RedisClient(url: "redis://127.0.0.1:\(server.port)", label: "cluster-node")
    }

    private func client(_ server: OwnRedisServer) throws -> RedisClient {
        try RedisClient(url: "redis://127.0.0.1:\(server.port)?cluster=true", label: "cluster-tests")
    }

    @Test func spreadsCommandsAndKeepsTheirReplies() async throws {
        let servers = try await startCluster()
        let client = try client(servers[0])
        let writes = (0..<300).map { RedisCommand("SET", [.text("key-\($0)"), .int(Int64($0))]) }
        #expect(try await client.send(writes) == Array(repeating: .status("OK"), count: 300))
        let reads = (0..<300).map { RedisCommand("GET", [.text("key-\($0)")]) }
        #expect(try await client.send(reads) == (0..<300).map { .bytes(Array("\($0)".utf8)) })
        for server in servers {
            let count = try await node(server).call(RedisCommand("DBSIZE")).integer ?? 0
            #expect(count > 50, "each node has its part")
        }
        let script = RedisScript(name: "add", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")
        let calls = (0..<60).map { RedisScriptCall(script, keys: ["{tag-\($0 % 20)}:n"], arguments: [1]) }
        #expect(try await client.evaluate(calls) == (0..<60).map { .integer(Int64($0 / 20 + 1)) })
        await client.close()
        await #expect(throws: RedisError.closed) { try await client.call(RedisCommand("GET", ["a"])) }
    }

    /// A slot moves while the client believes in the old owner: first ASK, then MOVED.
    @Test func followsASlotThatMoves() async throws {
        let servers = try await startCluster()
        let client = try client(servers[0])
        let slot: RedisArgument = 12_182  // of the key "foo", on the third node
        _ = try await client.send([RedisCommand("SET", ["{foo}:old", "1"])])
        let source = try node(servers[2])
        let target = try node(servers[0])
        let sourceID = RedisArgument.text(try await source.call(RedisCommand("CLUSTER", ["MYID"])).text ?? "")
        let targetID = RedisArgument.text(try await target.call(RedisCommand("CLUSTER", ["MYID"])).text ?? "")
        _ = try await target.call(RedisCommand("CLUSTER", ["SETSLOT", slot, "IMPORTING", sourceID]))
        _ = try await source.call(RedisCommand("CLUSTER", ["SETSLOT", slot, "MIGRATING", targetID]))
        let during = try await client.send([
            RedisCommand("GET", ["{foo}:old"]), RedisCommand("SET", ["{foo}:new", "2"]),
            RedisCommand("GET", ["{foo}:new"]), RedisCommand("SET", ["bar", "3"]),
        ])
        #expect(during == [.bytes([0x31]), .status("OK"), .bytes([0x32]), .status("OK")])
        _ = try await source.call(
            RedisCommand("MIGRATE", ["127.0.0.1", .int(Int64(servers[0].port)), "{foo}:old", 0, 1_000]))
        for node in [target, source] {
            _ = try await node.call(RedisCommand("CLUSTER", ["SETSLOT", slot, "NODE", targetID]))
        }
        let after = try await client.send([RedisCommand("GET", ["{foo}:old"]), RedisCommand("GET", ["{foo}:new"])])
        #expect(after == [.bytes([0x31]), .bytes([0x32])])
        await client.close()
    }

    @Test func saysThatANodeIsGoneAndServesTheOthers() async throws {
        let servers = try await startCluster()
        let client = try client(servers[0])
        let reads = [RedisCommand("GET", ["foo"])]  // on the third node
        #expect(try await client.send(reads) == [.null])
        servers[2].kill()
        try await eventually("the loss is noticed") {
            do throws(RedisError) { _ = try await client.send(reads) } catch {
                return error == .unavailable || error == .connectionLost
            }
            return false
        }
        await client.close()
    }
}
