import Domain
import JOSE
import JSON

/// Tokens of many members of staff, so that no caller's rate is limited.
struct TokenBook: Sendable {
    let tokens: [String]

    /// Signs with the key of the local issuer, which it creates where it is not there yet.
    init(keyPath: String, count: Int) throws {
        let issuer = try LocalIssuer(keyPath: keyPath, issuer: "urn:appointments:local")
        let now = MachineClock().now().seconds
        tokens = try (0..<count).map { number in
            var json = JSONWriter()
            json.beginObject()
            json.key("iss")
            json.string("urn:appointments:local")
            json.key("aud")
            json.string("appointments")
            json.key("sub")
            json.string("bench-\(number)")
            json.key("iat")
            json.int(now)
            json.key("exp")
            json.int(now + 86_400)
            json.key("role")
            json.string("staff")
            json.key("countries")
            json.beginArray()
            json.string("fr")
            json.endArray()
            json.endObject()
            return try issuer.sign(json.bytes)
        }
    }

    /// The token of the caller whose turn it is.
    subscript(turn: Int) -> String { tokens[turn % tokens.count] }
}
