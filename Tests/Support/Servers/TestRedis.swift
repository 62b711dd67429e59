import Foundation
import Redis

/// A numbered Redis database that one suite or test has for itself, empty when it is handed out.
///
/// Numbers are claimed on the server (database 0 holds the claims), so test runs beside each other never share one.
package struct TestRedis: Sendable {
    /// The URI of this database.
    package let url: String
    private let number: Int

    /// A claim that a crashed test run left behind ends by itself after so long.
    private static let claimSeconds: Int64 = 900

    /// Claims a database, lends it and frees it again, whatever happens in between.
    ///
    /// - Throws: `MissingServer`; `RedisError`; `NoRedisDatabaseFree`; what `body` throws.
    package static func with<T>(_ body: (TestRedis) async throws -> sending T) async throws -> sending T {
        let redis = try await claim()
        do {
            let result = try await body(redis)
            try await redis.free()
            return result
        } catch {
            try? await redis.free()  // the test's own failure is the one worth telling
            throw error
        }
    }

    /// Claims an empty database; the caller frees it.
    ///
    /// Prefer `with`.
    ///
    /// - Throws: `MissingServer`; `RedisError`; `NoRedisDatabaseFree`.
    package static func claim() async throws -> TestRedis {
        let server = try TestServers.redisURL()
        return try await withClient(server) { client in
            let answer = try await client.call(RedisCommand("CONFIG", ["GET", "databases"]))
            guard case .array(let pair) = answer, case .bytes(let digits)? = pair.last,
                let count = Int(String(decoding: digits, as: UTF8.self))
            else { throw NoRedisDatabaseFree(count: 0) }
            let owner = RedisArgument.text("\(ProcessInfo.processInfo.processIdentifier)")
            for number in 1..<max(count, 1) {
                let claim = RedisCommand("SET", [key(number), owner, "NX", "EX", .int(claimSeconds)])
                guard case .status("OK") = try await client.call(claim) else { continue }
                let redis = TestRedis(url: replacingDatabase(in: server, by: number), number: number)
                try await redis.flush()
                return redis
            }
            throw NoRedisDatabaseFree(count: count)
        }
    }

    /// Empties the database, as a Redis that lost everything would be.
    ///
    /// - Throws: `RedisError`.
    package func flush() async throws {
        try await Self.withClient(url) { _ = try await $0.call(RedisCommand("FLUSHDB")).orThrow() }
    }

    /// Gives the number back.
    ///
    /// - Throws: `MissingServer`; `RedisError`.
    package func free() async throws {
        try await flush()
        try await Self.withClient(try TestServers.redisURL()) {
            _ = try await $0.call(RedisCommand("DEL", [Self.key(number)])).orThrow()
        }
    }

    private static func key(_ number: Int) -> RedisArgument { .text("test-database:\(number)") }

    static func replacingDatabase(in url: String, by number: Int) -> String {
        url.replacing(/^([a-z]+:\/\/[^\/?]*)(\/[^?]*)?/, maxReplacements: 1) { "\($0.output.1)/\(number)" }
    }

    private static func withClient<T: Sendable>(
        _ url: String, _ body: (RedisClient) async throws -> T
    ) async throws -> T {
        let client = try RedisClient(url: url, label: "test-redis", timeout: .seconds(5))
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }
}

/// Every numbered database of the test Redis is claimed by a test that still runs.
package struct NoRedisDatabaseFree: Error, CustomStringConvertible {
    let count: Int

    /// A sentence that says what to do.
    package var description: String {
        "None of the \(count) databases of the test Redis is free: raise `--databases`, or wait for other test runs."
    }
}
