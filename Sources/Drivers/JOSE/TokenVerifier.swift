import Synchronization

/// Verifies access tokens (RFC 9068) against the keys, issuer and audience that it was made for.
package final class TokenVerifier: Sendable {
    /// Longer tokens are refused unread.
    package static let tokenBytesMax = 8_192

    private let jwks: [UInt8]
    private let issuer: String
    private let audience: String
    private let leewaySeconds: Int64
    private let verified: VerifiedTokens
    /// Key sets that nobody is using; as many come to be as verifications ever ran at the same time.
    private let idle: Mutex<[VerificationKeys]>

    /// - Parameters:
    ///   - jwks: The provider's public keys as JSON (RFC 7517).
    ///   - issuer: What `iss` must be, exactly.
    ///   - audience: What `aud` must be or contain.
    ///   - leewaySeconds: How far the provider's clock may be off, 0...300.
    ///   - cacheCountMax: About how many verified tokens are kept.
    /// - Throws: `unusableKeySet`.
    package init(
        jwks: [UInt8], issuer: String, audience: String, leewaySeconds: Int64 = 30, cacheCountMax: Int = 100_000
    ) throws(TokenError) {
        precondition((0...300).contains(leewaySeconds), "leeway out of range")
        idle = Mutex([try VerificationKeys(jwks: jwks)])
        verified = VerifiedTokens(countMax: cacheCountMax)
        self.jwks = jwks
        self.issuer = issuer
        self.audience = audience
        self.leewaySeconds = leewaySeconds
    }

    /// Says what `token` claims if it is genuine, for us, and valid now.
    ///
    /// - Parameters:
    ///   - token: Compact serialisation, without `Bearer`.
    ///   - nowSeconds: Seconds since 1970.
    /// - Returns: Claims whose issuer, audience and times have been checked.
    /// - Throws: The reason for not accepting it.
    package func verify(_ token: String, nowSeconds: Int64) throws(TokenError) -> JWTClaims {
        if let claims = verified.claims(of: token) {
            do throws(TokenError) { try checkTimes(claims, nowSeconds) } catch {
                if error == .expired { verified.forget(token) }
                throw error
            }
            return claims
        }
        try Self.checkShape(token)
        let claims = try withKeys { keys throws(TokenError) in try keys.verify(token) }
        if claims.issuer != issuer { throw .wrongIssuer }
        if !claims.audience.contains(audience) { throw .wrongAudience }
        try checkTimes(claims, nowSeconds)
        verified.remember(claims, of: token)
        return claims
    }

    /// How many verified tokens are kept at the moment.
    package var cachedCount: Int { verified.count }

    private func checkTimes(_ claims: JWTClaims, _ nowSeconds: Int64) throws(TokenError) {
        if claims.expiresAt <= nowSeconds - leewaySeconds { throw .expired }
        if let notBefore = claims.notBefore, notBefore > nowSeconds + leewaySeconds { throw .notYetValid }
    }

    /// Three parts of base64url, none of them empty, each in its one canonical spelling.
    private static func checkShape(_ token: String) throws(TokenError) {
        guard token.utf8.count <= tokenBytesMax else { throw .malformed }
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy(isCanonicalBase64URL) else { throw .malformed }
    }

    private static func isCanonicalBase64URL(_ part: Substring.UTF8View) -> Bool {
        guard let last = part.last, part.allSatisfy({ base64URLValue($0) != nil }) else { return false }
        let unusedBits: UInt8? = [0: 0, 2: 0b1111, 3: 0b11][part.count % 4]  // of the last character; 1 is impossible
        guard let unusedBits, let value = base64URLValue(last) else { return false }
        return value & unusedBits == 0
    }

    private static func base64URLValue(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }

    private func withKeys<T>(_ body: (VerificationKeys) throws(TokenError) -> T) throws(TokenError) -> T {
        let keys =
            if let idle = idle.withLock({ $0.popLast() }) { idle } else { try VerificationKeys(jwks: jwks) }
        defer { idle.withLock { $0.append(keys) } }
        return try body(keys)
    }
}
