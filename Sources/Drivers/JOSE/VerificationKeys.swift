import CRhonabwy

/// The public keys of a JWKS, for one verification at a time: librhonabwy does not promise more.
final class VerificationKeys: @unchecked Sendable {  // handed from thread to thread, never shared: see KeyPool
    private struct Key {
        let handle: OpaqueJWK
        let identifier: String?
        let algorithm: SignatureAlgorithm
    }

    private var keys: [Key] = []

    /// Takes every usable key of a JWKS (RFC 7517); others are left out, as providers publish keys for other purposes.
    ///
    /// - Throws: `unusableKeySet` if there is none.
    init(jwks: [UInt8]) throws(TokenError) {
        guard Rhonabwy.isReady else { throw .libraryFailed }
        guard let document = JSONDocument(jwks),
            let list = json_object_get(document.root, "keys"), list.pointee.type == JSON_ARRAY
        else { throw .unusableKeySet }
        for index in 0..<json_array_size(list) {
            if let key = Self.key(json_array_get(list, index)) { keys.append(key) }
        }
        if keys.isEmpty { throw .unusableKeySet }
    }

    deinit { for key in keys { r_jwk_free(key.handle) } }

    private static func key(_ description: UnsafeMutablePointer<json_t>?) -> Key? {
        var handle: OpaqueJWK?
        guard let description, r_jwk_init(&handle) == RHN_OK, let handle else { return nil }
        if r_jwk_import_from_json_t(handle, description) == RHN_OK,
            let algorithm = SignatureAlgorithm(publicKey: handle)
        {
            return Key(handle: handle, identifier: handle.text("kid"), algorithm: algorithm)
        }
        r_jwk_free(handle)
        return nil
    }

    /// Verifies header and signature, and reads the claims.
    ///
    /// - Parameter token: Compact serialisation in characters that were checked.
    /// - Returns: Claims of a genuine token; whether they suit us is for the caller to check.
    /// - Throws: The reason for not accepting it.
    func verify(_ token: String) throws(TokenError) -> JWTClaims {
        var jws: UnsafeMutablePointer<jws_t>?
        guard r_jws_init(&jws) == RHN_OK, let jws else { throw .libraryFailed }
        defer { r_jws_free(jws) }
        guard crhonabwy_parse_compact(jws, token, token.utf8.count) == RHN_OK else { throw .malformed }
        let candidates = try candidates(for: jws)
        guard candidates.contains(where: { crhonabwy_verify(jws, $0.handle) == RHN_OK }) else { throw .badSignature }
        var length = 0
        guard let payload = r_jws_get_payload(jws, &length) else { throw .malformed }
        return try JWTClaims(payload: UnsafeRawBufferPointer(start: payload, count: length))
    }

    private func candidates(for jws: UnsafeMutablePointer<jws_t>) throws(TokenError) -> [Key] {
        guard let header = r_jws_get_full_header_json_t(jws) else { throw .malformed }
        defer { crhonabwy_release(header) }
        guard let name = header.text("alg") else { throw .malformed }
        guard let algorithm = SignatureAlgorithm(rawValue: name) else { throw .algorithmRefused }
        guard let type = header.text("typ")?.lowercased(),
            ["at+jwt", "application/at+jwt", "jwt"].contains(type),
            ["crit", "zip", "b64"].allSatisfy({ (name: String) in json_object_get(header, name) == nil })
        else { throw .wrongType }
        let fitting = keys.filter { $0.algorithm == algorithm }
        guard json_object_get(header, "kid") != nil else {
            guard fitting.count == 1 else { throw .unknownKey }  // without a name only an unmistakable key will do
            return fitting
        }
        guard let identifier = header.text("kid") else { throw .malformed }
        let named = fitting.filter { $0.identifier == identifier }
        guard !named.isEmpty else { throw .unknownKey }
        return named
    }
}
