/// Why a token is not accepted; says nothing about its content.
package enum TokenError: Error, Equatable, Sendable {
    /// Not three base64url parts, longer than 8,192 bytes, or a part that is not what RFC 7515 and 7519 ask for.
    case malformed
    /// Signed with something else than ES256, RS256 or EdDSA: `none`, a shared secret, a wrong curve.
    case algorithmRefused
    /// The header's `typ` is neither `at+jwt` nor `JWT`, or it demands extensions (`crit`, `zip`, `b64`).
    case wrongType
    /// No key of the set has this `kid` and fits the algorithm.
    case unknownKey
    case badSignature
    case expired
    case notYetValid
    case wrongIssuer
    case wrongAudience
    /// A claim is missing or has the wrong type.
    case invalidClaim(String)
    /// The JWKS does not parse or holds no public key for ES256, RS256 (2,048 bits or more) or EdDSA.
    case unusableKeySet
    /// librhonabwy cannot work, for example for lack of memory.
    case libraryFailed
}

/// Why the local issuer cannot work.
package enum IssuerError: Error, Equatable, Sendable {
    /// The file cannot be read or written; `code` is `errno`.
    case file(code: Int32)
    /// The key file can be read by others than its owner.
    case keyFileIsOpenToOthers
    /// The file holds no usable private key.
    case invalidKey
    /// What shall be signed is not a JSON object.
    case claimsAreNotAnObject
    case libraryFailed
}
