import Foundation
import Redis
import Testing

@Suite("Redis over TLS", .enabled(if: TestRedis.hasServerProgram))
struct RedisTLSTests {
    /// A server that speaks only TLS, with a throw-away certificate for 127.0.0.1 and the name localhost.
    private func startServer() async throws -> (server: OwnRedisServer, port: UInt16, certificate: String) {
        let folder = URL.temporaryDirectory.appending(path: "redis-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let certificate = folder.appending(path: "server.crt").path
        let key = folder.appending(path: "server.key").path
        try makeCertificate(certificate, key: key, names: "IP:127.0.0.1,DNS:localhost")
        let port = freePort()
        let server = try await OwnRedisServer(
            port: 0,
            arguments: [
                "--tls-port", "\(port)", "--tls-cert-file", certificate, "--tls-key-file", key,
                "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no",
            ], folder: folder)
        return (server, port, certificate)
    }

    private func makeCertificate(_ certificate: String, key: String, names: String) throws {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout",
            key, "-out", certificate, "-subj", "/CN=redis-tests", "-addext", "subjectAltName=\(names)",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        #expect(openssl.terminationStatus == 0)
    }

    @Test func talksToAServerThatItTrusts() async throws {
        let (server, port, certificate) = try await startServer()
        for host in ["127.0.0.1", "localhost"] {
            let client = try RedisClient(
                url: "rediss://\(host):\(port)?cacert=\(certificate)", label: "tls-tests", timeout: .seconds(5))
            try await eventually("\(host) answers") { await client.answers() }
            let value = [UInt8](repeating: 0xA7, count: 3_000_000)  // many TLS records in both directions
            let replies = try await client.send([
                RedisCommand("SET", ["large", .bytes(value)]), RedisCommand("GET", ["large"]),
            ])
            #expect(replies[1] == .bytes(value))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let reply = try await client.call(RedisCommand("ECHO", [.int(Int64(number))]))
                        #expect(reply == .bytes(Array("\(number)".utf8)))
                    }
                }
                try await group.waitForAll()
            }
            await client.close()
        }
        server.kill()
    }

    @Test func refusesServersThatItCannotTrust() async throws {
        let (server, port, certificate) = try await startServer()
        let ready = try RedisClient(url: "rediss://localhost:\(port)?cacert=\(certificate)", label: "tls-ready")
        try await eventually("the server answers") { await ready.answers() }
        let other = server.folder.appending(path: "other.crt").path
        try makeCertificate(other, key: other + ".key", names: "IP:127.0.0.1,DNS:localhost")
        let refused = [
            ("an unknown authority", "rediss://localhost:\(port)"),
            ("another authority", "rediss://localhost:\(port)?cacert=\(other)"),
            ("another host name", "rediss://127.0.0.2:\(port)?cacert=\(certificate)"),
            ("no TLS at all", "redis://localhost:\(port)"),
        ]
        for (name, url) in refused {
            let client = try RedisClient(url: url, label: "tls-refused", timeout: .seconds(1))
            await #expect(throws: RedisError.unavailable, "\(name)") { try await client.call(RedisCommand("PING")) }
            await client.close()
        }
        server.kill()
    }

    @Test func saysThatTrustAnchorsAreMissing() {
        #expect(throws: RedisError.invalidTLSConfiguration) {
            try RedisClient(url: "rediss://localhost?cacert=/nonexistent", label: "tls-anchors")
        }
    }
}
