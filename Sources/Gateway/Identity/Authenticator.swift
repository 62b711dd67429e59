import Domain
import HTTPServer
import JOSE

/// Finds out who sends a request (RFC 6750).
struct Authenticator: Sendable {
    private let verifier: TokenVerifier
    private let countries: [(text: String, code: CountryCode)]

    /// - Parameters:
    ///   - verifier: Verifies tokens and remembers them.
    ///   - countries: Those that are served; a token's other ones mean nothing here.
    init(_ verifier: TokenVerifier, countries: [CountryCode]) {
        self.verifier = verifier
        self.countries = countries.map { ($0.text, $0) }
    }

    /// The caller that the request's token speaks for.
    ///
    /// - Throws: 401 without a token or with one that is not accepted, 403 for a role that the API does not know.
    func caller(_ request: HTTPRequest, at now: Instant) throws(Problem) -> Caller {
        let lines = request.headers.all("Authorization")
        guard let line = lines.first else { throw Self.missing }
        guard lines.count == 1, let token = Self.bearerToken(line) else {
            throw Self.unauthorized("The Authorization header is not `Bearer <token>`.", error: "invalid_request")
        }
        let claims: JWTClaims
        do {
            claims = try verifier.verify(token, nowSeconds: now.seconds)
        } catch {
            throw Self.unauthorized(Self.text(error), error: "invalid_token")
        }
        guard let role = Role(rawValue: claims.role) else {
            throw Self.forbidden("The token's role is not known here.")
        }
        return Caller(
            subject: claims.subject, role: role,
            countries: claims.countries.compactMap { name in countries.first { $0.text == name }?.code },
            patientID: claims.patientID.flatMap { PatientID($0) },
            practitionerID: claims.practitionerID.flatMap { PractitionerID($0) })
    }

    /// The token of a `Bearer` header, whose scheme is compared without case; nil for any other header.
    static func bearerToken(_ header: String) -> String? {
        let scheme: StaticString = "bearer "
        let rest = header.utf8.dropFirst(scheme.utf8CodeUnitCount).drop { $0 == UInt8(ascii: " ") }
        let isBearer = scheme.withUTF8Buffer { expected in
            header.utf8.prefix(expected.count).elementsEqual(expected) { $0 | 0x20 == $1 | 0x20 }
        }
        return isBearer && !rest.isEmpty ? String(Substring(rest)) : nil
    }

    /// 403, in the words of RFC 6750.
    static func forbidden(_ detail: String) -> Problem {
        let challenge = HTTPField("WWW-Authenticate", "Bearer realm=\"appointments\", error=\"insufficient_scope\"")
        return Problem(.forbidden, detail, headers: [challenge])
    }

    private static let missing = Problem(
        .unauthorized, "Send Authorization: Bearer <token>.",
        headers: [HTTPField("WWW-Authenticate", "Bearer realm=\"appointments\"")])

    private static func unauthorized(_ detail: String, error: String) -> Problem {
        let challenge = "Bearer realm=\"appointments\", error=\"\(error)\", error_description=\"\(ascii(detail))\""
        return Problem(.unauthorized, detail, headers: [HTTPField("WWW-Authenticate", challenge)])
    }

    /// A quoted string of RFC 6750 holds neither quotes nor backslashes; ours are replaced, though none is written.
    private static func ascii(_ text: String) -> String {
        String(text.map { $0 == "\"" || $0 == "\\" ? "'" : $0 })
    }

    private static func text(_ error: TokenError) -> String {
        switch error {
        case .expired: "The token has expired."
        case .notYetValid: "The token is not valid yet."
        case .wrongIssuer: "The token is from another issuer."
        case .wrongAudience: "The token is for another audience."
        case .algorithmRefused: "The token is not signed with ES256, RS256 or EdDSA."
        case .badSignature, .unknownKey: "The token's signature does not verify."
        case .invalidClaim(let name): "The token's claim \(name) is missing or malformed."
        case .malformed, .wrongType, .unusableKeySet, .libraryFailed: "The token cannot be read."
        }
    }
}
