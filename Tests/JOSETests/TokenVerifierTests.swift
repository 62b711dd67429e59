import Crypto
import JOSE
import Testing

@Suite("TokenVerifier: what is accepted and what is refused")
struct TokenVerifierTests {
    let key: SigningKey
    let verifier: TokenVerifier

    init() throws {
        key = try SigningKey(.es256)
        verifier = try TokenFixture.verifier(key.jwks)
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func acceptsEachAlgorithm(_ algorithm: SignatureAlgorithm) throws {
        let key = try SigningKey(algorithm)
        let token = try key.sign(TokenFixture.claims(["scope": "\"book read\"", "jti": "\"t1\""]))
        let claims = try TokenFixture.verifier(key.jwks).verify(token, nowSeconds: TokenFixture.now)
        #expect(claims.subject == "user-1")
        #expect(claims.role == "patient")
        #expect(claims.countries == ["fr", "de"])
        #expect(claims.patientID == "0190a000-0000-7000-8000-000000000001")
        #expect(claims.practitionerID == nil)
        #expect(claims.audience == [TokenFixture.audience])
        #expect(claims.expiresAt == TokenFixture.now + 600)
        #expect(claims.scopes == ["book", "read"])
        #expect(claims.tokenID == "t1")
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var changes: [String: String?]
        var refusal: TokenError?
    }

    static let now = TokenFixture.now
    static let cases: [Case] = [
        Case(testDescription: "unchanged", changes: [:]),
        Case(testDescription: "expired just within the leeway", changes: ["exp": "\(now - 29)"]),
        Case(testDescription: "expired by the leeway", changes: ["exp": "\(now - 30)"], refusal: .expired),
        Case(testDescription: "expired long ago", changes: ["exp": "-9223372036854775808"], refusal: .expired),
        Case(testDescription: "never expires", changes: ["exp": "9223372036854775807"]),
        Case(testDescription: "fraction of a second", changes: ["exp": "\(now + 1).75"]),
        Case(testDescription: "expiry beyond 64 bits", changes: ["exp": "1e300"], refusal: .invalidClaim("exp")),
        Case(testDescription: "expiry as text", changes: ["exp": "\"\(now + 1)\""], refusal: .invalidClaim("exp")),
        Case(testDescription: "no expiry", changes: ["exp": nil], refusal: .invalidClaim("exp")),
        Case(testDescription: "valid from the leeway on", changes: ["nbf": "\(now + 30)"]),
        Case(testDescription: "not yet valid", changes: ["nbf": "\(now + 31)"], refusal: .notYetValid),
        Case(testDescription: "no not-before", changes: ["nbf": nil]),
        Case(testDescription: "not-before is an object", changes: ["nbf": "{}"], refusal: .invalidClaim("nbf")),
        Case(testDescription: "other issuer", changes: ["iss": "\"https://issuer.test/\""], refusal: .wrongIssuer),
        Case(testDescription: "no issuer", changes: ["iss": nil], refusal: .invalidClaim("iss")),
        Case(testDescription: "issuer as list", changes: ["iss": "[\"a\"]"], refusal: .invalidClaim("iss")),
        Case(testDescription: "among several audiences", changes: ["aud": "[\"x\",\"appointments\"]"]),
        Case(testDescription: "other audience", changes: ["aud": "\"appointment\""], refusal: .wrongAudience),
        Case(testDescription: "empty audience list", changes: ["aud": "[]"], refusal: .wrongAudience),
        Case(testDescription: "audience of numbers", changes: ["aud": "[1]"], refusal: .invalidClaim("aud")),
        Case(testDescription: "no audience", changes: ["aud": nil], refusal: .invalidClaim("aud")),
        Case(testDescription: "no subject", changes: ["sub": nil], refusal: .invalidClaim("sub")),
        Case(testDescription: "empty subject", changes: ["sub": "\"\""], refusal: .invalidClaim("sub")),
        Case(testDescription: "no role", changes: ["role": nil], refusal: .invalidClaim("role")),
        Case(testDescription: "role is null", changes: ["role": "null"], refusal: .invalidClaim("role")),
        Case(testDescription: "no countries", changes: ["countries": nil]),
        Case(
            testDescription: "countries as text", changes: ["countries": "\"fr\""],
            refusal: .invalidClaim("countries")),
        Case(testDescription: "patient as number", changes: ["patient_id": "7"], refusal: .invalidClaim("patient_id")),
        Case(testDescription: "unknown claims", changes: ["https://x.test/y": "{\"a\":[1,{}]}"]),
    ]

    @Test(arguments: cases)
    func judgesClaims(_ example: Case) throws {
        let token = try key.sign(TokenFixture.claims(example.changes))
        #expect(refusal(of: token) == example.refusal)
    }

    @Test func acceptsBothTypesInAnyCase() throws {
        for type in ["at+jwt", "AT+JWT", "application/at+jwt", "JWT", "jwt"] {
            #expect(refusal(of: try key.sign(TokenFixture.claims(), type: type)) == nil, "\(type)")
        }
        for type in ["", "JOSE", "dpop+jwt", "at+jwt "] {
            #expect(refusal(of: try key.sign(TokenFixture.claims(), type: type)) == .wrongType, "\(type)")
        }
    }

    @Test func checksTimesOfRememberedTokensAgain() throws {
        let token = try key.sign(TokenFixture.claims())
        #expect(refusal(of: token) == nil)
        #expect(verifier.cachedCount == 1)
        #expect(refusal(of: token, at: Self.now - 700) == .notYetValid)
        #expect(refusal(of: token, at: Self.now + 629) == nil)
        #expect(refusal(of: token, at: Self.now + 630) == .expired)
        #expect(verifier.cachedCount == 0)
    }

    @Test func remembersABoundedNumber() throws {
        let verifier = try TokenFixture.verifier(key.jwks, cacheCountMax: 64)
        for number in 0..<300 {
            let token = try key.sign(TokenFixture.claims(["sub": "\"user-\(number)\""]))
            for _ in 1...2 {
                #expect(try verifier.verify(token, nowSeconds: Self.now).subject == "user-\(number)")
            }
        }
        #expect(verifier.cachedCount <= 64)
    }

    @Test func verifiesOnManyThreads() async throws {
        let tokens = try (0..<64).map { try key.sign(TokenFixture.claims(["sub": "\"user-\($0)\""])) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1_000 {
                group.addTask { [verifier] in
                    let claims = try verifier.verify(tokens[number % 64], nowSeconds: Self.now)
                    #expect(claims.subject == "user-\(number % 64)")
                }
            }
            try await group.waitForAll()
        }
    }

    private func refusal(of token: String, at now: Int64 = now) -> TokenError? {
        do throws(TokenError) { _ = try verifier.verify(token, nowSeconds: now) } catch { return error }
        return nil
    }
}
