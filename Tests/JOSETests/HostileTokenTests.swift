import Crypto
import JOSE
import Testing

@Suite("TokenVerifier: attacks")
struct HostileTokenTests {
    let key: SigningKey
    let verifier: TokenVerifier

    init() throws {
        key = try SigningKey(.es256)
        verifier = try TokenFixture.verifier(key.jwks)
    }

    @Test(arguments: ["none", "None", "NONE", "nOnE", ""])
    func refusesUnsignedTokens(_ algorithm: String) {
        let header = #"{"alg":"\#(algorithm)","typ":"at+jwt","kid":"\#(key.identifier)"}"#
        for signature in [[], [0], [UInt8](repeating: 0, count: 64)] as [[UInt8]] {
            refused(TokenFixture.token(header: header, payload: TokenFixture.claims(), signature: signature))
        }
    }

    /// The classic: the public key, which everybody has, taken as a shared secret.
    @Test(arguments: SignatureAlgorithm.allCases)
    func refusesAPublicKeyAsSecret(_ algorithm: SignatureAlgorithm) throws {
        let key = try SigningKey(algorithm)
        let verifier = try TokenFixture.verifier(key.jwks)
        let header = #"{"alg":"HS256","typ":"at+jwt","kid":"\#(key.identifier)"}"#
        let signed = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(TokenFixture.claims()))"
        let code = HMACSHA256.code(Array(signed.utf8), key: key.jwks)
        #expect(throws: TokenError.algorithmRefused) {
            try verifier.verify("\(signed).\(Base64URL.encode(code))", nowSeconds: TokenFixture.now)
        }
    }

    @Test func refusesAnAlgorithmThatTheKeyIsNotFor() throws {
        let others = try [SignatureAlgorithm.rs256, .edDSA].map(SigningKey.init)
        let verifier = try TokenFixture.verifier(TokenFixture.joined([key] + others))
        for algorithm in ["ES256", "RS256", "EdDSA"] where algorithm != "ES256" {
            let header = #"{"alg":"\#(algorithm)","typ":"at+jwt","kid":"\#(key.identifier)"}"#
            let token = TokenFixture.token(
                header: header, payload: TokenFixture.claims(), signature: [UInt8](repeating: 1, count: 64))
            #expect(throws: TokenError.unknownKey) { try verifier.verify(token, nowSeconds: TokenFixture.now) }
        }
    }

    @Test(arguments: ["HS384", "ES384", "ES512", "ES256K", "PS256", "RS384", "RS512", "dir", "RSA-OAEP", "es256"])
    func refusesOtherAlgorithms(_ algorithm: String) {
        let header = #"{"alg":"\#(algorithm)","typ":"at+jwt","kid":"\#(key.identifier)"}"#
        refused(
            TokenFixture.token(
                header: header, payload: TokenFixture.claims(), signature: [UInt8](repeating: 1, count: 64)))
    }

    @Test func takesNoKeyFromTheToken() throws {
        let attacker = try SigningKey(.es256)
        let publicKey = String(decoding: attacker.jwks, as: UTF8.self).dropFirst(#"{"keys":["#.count).dropLast(2)
        let genuine = try attacker.sign(TokenFixture.claims())
        #expect(refusal(of: genuine) == .unknownKey)
        for member in [#""jwk":\#(publicKey)"#, #""jku":"http://127.0.0.1:1/""#, #""x5u":"https://127.0.0.1:1/""#] {
            let header = #"{"alg":"ES256","typ":"at+jwt","kid":"\#(key.identifier)",\#(member)}"#
            let parts = genuine.split(separator: ".")
            let token = "\(Base64URL.encode(Array(header.utf8))).\(parts[1]).\(parts[2])"
            #expect(refusal(of: token) == .badSignature, "\(member)")
        }
    }

    @Test(arguments: [#""crit":["exp"]"#, #""zip":"DEF""#, #""b64":false"#])
    func refusesExtensions(_ member: String) {
        let header = #"{"alg":"ES256","typ":"at+jwt","kid":"\#(key.identifier)",\#(member)}"#
        refused(
            TokenFixture.token(
                header: header, payload: TokenFixture.claims(), signature: [UInt8](repeating: 1, count: 64)))
    }

    @Test func needsTheNameOfTheKeyWhenThereAreSeveral() throws {
        let other = try SigningKey(.es256)
        let header = Base64URL.encode(Array(#"{"alg":"ES256","typ":"at+jwt"}"#.utf8))
        let token =
            "\(header).\(Base64URL.encode(TokenFixture.claims())).\(Base64URL.encode([UInt8](repeating: 1, count: 64)))"
        #expect(refusal(of: token) == .badSignature)  // one key only: it is tried
        let verifier = try TokenFixture.verifier(TokenFixture.joined([key, other]))
        #expect(throws: TokenError.unknownKey) { try verifier.verify(token, nowSeconds: TokenFixture.now) }
        for signer in [key, other] {
            let signed = try signer.sign(TokenFixture.claims())
            #expect(try verifier.verify(signed, nowSeconds: TokenFixture.now).subject == "user-1")
        }
    }

    @Test func refusesEveryChangedCharacter() throws {
        let token = Array(try key.sign(TokenFixture.claims()).utf8)
        for index in token.indices {
            for replacement in [UInt8(ascii: "A"), UInt8(ascii: "_"), UInt8(ascii: "."), 0, 0xFF]
            where token[index] != replacement {
                var changed = token
                changed[index] = replacement
                refused(String(decoding: changed, as: UTF8.self))
            }
        }
    }

    @Test func refusesEveryPartOfAToken() throws {
        let token = try key.sign(TokenFixture.claims())
        for count in 0..<token.utf8.count {
            refused(String(token.prefix(count)))
            refused(String(token.suffix(count)))
        }
        for addition in [".", ".A", "A", "=", " ", "\n", "\u{0}"] { refused(token + addition) }
        refused("Bearer \(token)")
        refused(token + "." + token)
        #expect(refusal(of: token) == nil)
    }

    static let payloads: [String] = [
        "", "null", "[]", "1", "\"text\"", "{", "{}", "{\"sub\":\"a\",\"sub\":\"b\"}", "\u{FEFF}{}",
        String(repeating: "[", count: 3_000), String(repeating: "{\"a\":", count: 1_000),
        "{\"sub\":\"\\u0000\"}", "{\"sub\":\"\\ud800\"}",
    ]

    /// Also with a genuine signature: an issuer's mistake is not our crash.
    @Test(arguments: payloads)
    func survivesPayloadsThatAreNoClaims(_ payload: String) throws {
        let ed25519 = try Ed25519PrivateKey()
        let x = Base64URL.encode(try ed25519.publicKey.raw)
        let jwks = #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"\#(x)","kid":"k"}]}"#
        let verifier = try TokenFixture.verifier(Array(jwks.utf8))
        let header = Base64URL.encode(Array(#"{"alg":"EdDSA","typ":"at+jwt","kid":"k"}"#.utf8))
        let signed = "\(header).\(Base64URL.encode(Array(payload.utf8)))"
        let token = "\(signed).\(Base64URL.encode(try ed25519.sign(Array(signed.utf8))))"
        #expect(throws: TokenError.self) { try verifier.verify(token, nowSeconds: TokenFixture.now) }
        let genuine = "\(header).\(Base64URL.encode(TokenFixture.claims()))"  // signed by OpenSSL, not by librhonabwy
        let good = "\(genuine).\(Base64URL.encode(try ed25519.sign(Array(genuine.utf8))))"
        #expect(try verifier.verify(good, nowSeconds: TokenFixture.now).subject == "user-1")
    }

    @Test func survivesNoise() throws {
        for count in 0..<400 {
            let parts = try (0..<3).map { _ in Base64URL.encode(try SecureRandom.bytes(count % 97 + 1)) }
            refused(parts.joined(separator: "."))
            refused(String(decoding: try SecureRandom.bytes(count), as: UTF8.self))
        }
        refused(String(repeating: "A", count: 10_000_000))
        refused(String(repeating: ".", count: 8_000))
    }

    static let keySets: [String] = [
        "", "{}", "[]", "null", #"{"keys":{}}"#, #"{"keys":[]}"#, #"{"keys":[null,1,{}]}"#,
        #"{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"k"}]}"#,
        #"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"k","use":"enc"}]}"#,
        #"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"k"}]}"#,
    ]

    @Test(arguments: keySets)
    func refusesKeySetsWithoutAUsableKey(_ jwks: String) {
        #expect(throws: TokenError.unusableKeySet) { try TokenFixture.verifier(Array(jwks.utf8)) }
    }

    @Test func refusesPrivateKeysInAKeySet() throws {
        let set = #"{"keys":["# + String(decoding: try key.privateJWK, as: UTF8.self) + "]}"
        #expect(throws: TokenError.unusableKeySet) { try TokenFixture.verifier(Array(set.utf8)) }
    }

    private func refusal(of token: String) -> TokenError? {
        do throws(TokenError) { _ = try verifier.verify(token, nowSeconds: TokenFixture.now) } catch { return error }
        return nil
    }

    private func refused(_ token: String, line: SourceLocation = #_sourceLocation) {
        #expect(refusal(of: token) != nil, sourceLocation: line)
        #expect(verifier.cachedCount <= 1)
    }
}
