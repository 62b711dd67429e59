import Crypto
import JOSE

/// Claims that are accepted at `TokenFixture.now`, and ways to spoil them.
enum TokenFixture {
    static let now: Int64 = 1_800_000_000
    static let issuer = "https://issuer.test"
    static let audience = "appointments"

    /// A complete set of claims as JSON; `changes` replaces members by raw JSON, nil removes one.
    static func claims(_ changes: [String: String?] = [:]) -> [UInt8] {
        var members: [String: String?] = [
            "iss": "\"\(issuer)\"", "aud": "\"\(audience)\"", "exp": "\(now + 600)", "nbf": "\(now - 600)",
            "sub": "\"user-1\"", "role": "\"patient\"", "countries": "[\"fr\",\"de\"]",
            "patient_id": "\"0190a000-0000-7000-8000-000000000001\"",
        ]
        for (name, value) in changes { members[name] = .some(value) }
        let text = members.sorted { $0.key < $1.key }.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }
        return Array("{\(text.joined(separator: ","))}".utf8)
    }

    static func verifier(
        _ jwks: [UInt8], leewaySeconds: Int64 = 30, cacheCountMax: Int = 1_000
    ) throws -> TokenVerifier {
        try TokenVerifier(
            jwks: jwks, issuer: issuer, audience: audience, leewaySeconds: leewaySeconds,
            cacheCountMax: cacheCountMax)
    }

    /// A token put together by hand: what an attacker can write.
    static func token(header: String, payload: [UInt8], signature: [UInt8]) -> String {
        [Array(header.utf8), payload, signature].map(Base64URL.encode).joined(separator: ".")
    }

    /// Several key sets as one.
    static func joined(_ keys: [SigningKey]) -> [UInt8] {
        let inner = keys.map { key in
            String(decoding: key.jwks, as: UTF8.self).dropFirst(#"{"keys":["#.count).dropLast(2)
        }
        return Array("{\"keys\":[\(inner.joined(separator: ","))]}".utf8)
    }
}
