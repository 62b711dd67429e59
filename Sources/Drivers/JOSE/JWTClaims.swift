import CRhonabwy

/// What a verified token says about its bearer.
package struct JWTClaims: Sendable, Equatable {
    /// `sub`, never empty.
    package let subject: String
    /// `role`, never empty; which roles exist is not this module's business.
    package let role: String
    /// `countries`; empty if the token names none.
    package let countries: [String]
    /// The claim `patient_id`.
    package let patientID: String?
    /// The claim `practitioner_id`.
    package let practitionerID: String?
    package let issuer: String
    package let audience: [String]
    /// `exp`, seconds since 1970.
    package let expiresAt: Int64
    /// `nbf`, seconds since 1970.
    package let notBefore: Int64?
    /// `scope`, split at blanks.
    package let scopes: [String]
    /// The claim `client_id`.
    package let clientID: String?
    /// The claim `jti`.
    package let tokenID: String?
    /// The claims as they were signed, UTF-8.
    package let json: [UInt8]
}

extension JWTClaims {
    /// Reads the payload of a token whose signature has been verified.
    ///
    /// - Throws: `malformed` if it is no JSON object, `invalidClaim` with the name of the first claim that is wrong.
    init(payload: UnsafeRawBufferPointer) throws(TokenError) {
        guard let document = JSONDocument(payload), document.root.pointee.type == JSON_OBJECT else {
            throw .malformed
        }
        let claims = document.root
        func text(_ name: String) throws(TokenError) -> String? {
            guard let value = json_object_get(claims, name) else { return nil }
            guard let text = value.text, !text.isEmpty else { throw .invalidClaim(name) }
            return text
        }
        func required<T>(_ value: T?, _ name: String) throws(TokenError) -> T {
            guard let value else { throw .invalidClaim(name) }
            return value
        }
        func seconds(_ name: String) throws(TokenError) -> Int64? {
            guard let value = json_object_get(claims, name) else { return nil }
            return try required(value.seconds, name)
        }
        issuer = try required(try text("iss"), "iss")
        let audienceValue = try required(json_object_get(claims, "aud"), "aud")
        audience = try required(audienceValue.text.map { [$0] } ?? audienceValue.texts, "aud")
        expiresAt = try required(try seconds("exp"), "exp")
        notBefore = try seconds("nbf")
        subject = try required(try text("sub"), "sub")
        role = try required(try text("role"), "role")
        countries =
            try json_object_get(claims, "countries").map { value throws(TokenError) in
                try required(value.texts, "countries")
            } ?? []
        patientID = try text("patient_id")
        practitionerID = try text("practitioner_id")
        scopes = try text("scope")?.split(separator: " ").map(String.init) ?? []
        clientID = try text("client_id")
        tokenID = try text("jti")
        json = Array(payload)
    }
}
