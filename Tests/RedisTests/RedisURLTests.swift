import Redis
import Testing

@Suite("RedisURL")
struct RedisURLTests {
    @Test func readsEveryPart() throws {
        let url = try RedisURL("rediss://us%65r:p%40ss:word@redis.test:6380/3?cacert=/a%20b.pem")
        #expect(url.host == "redis.test")
        #expect(url.port == 6380)
        #expect(url.usesTLS)
        #expect(url.username == "user")
        #expect(url.password == "p@ss:word")
        #expect(url.database == 3)
        #expect(url.certificateAuthorityPath == "/a b.pem")
        #expect(!url.isCluster)
    }

    @Test func hasDefaults() throws {
        let url = try RedisURL("redis://localhost")
        #expect(url.port == 6379)
        #expect(!url.usesTLS)
        #expect(url.username == nil)
        #expect(url.password == nil)
        #expect(url.database == 0)
        #expect(try RedisURL("redis://:secret@localhost/").password == "secret")
        #expect(try RedisURL("redis://[::1]:7000/").host == "::1")
        #expect(try RedisURL("redis://[::1]:7000/?cluster=true").isCluster)
    }

    static let wrong: [(text: String, part: String)] = [
        ("", "scheme"), ("localhost:6379", "scheme"), ("http://localhost", "scheme"), ("redis:/localhost", "scheme"),
        ("redis://", "host"), ("redis://:6379", "host"), ("redis://host:0", "port"), ("redis://host:65536", "port"),
        ("redis://host:", "port"), ("redis://host:a", "port"), ("redis://[::1]7000", "port"),
        ("redis://host/a", "database"), ("redis://host/-1", "database"), ("redis://host/1?cluster=true", "database"),
        ("redis://host?cluster=maybe", "query"), ("redis://host?x=1", "query"), ("redis://host?cluster", "query"),
        ("redis://user@host", "password"), ("redis://u:%4@host", "password"), ("redis://%ff:p@host", "username"),
    ]

    @Test func namesTheWrongPart() {
        for example in Self.wrong {
            #expect(throws: RedisError.invalidURL(example.part), "\(example.text)") { try RedisURL(example.text) }
        }
    }
}
