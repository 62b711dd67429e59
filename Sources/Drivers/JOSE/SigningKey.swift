import CRhonabwy
import Synchronization

/// A private key that signs tokens; one signature at a time.
package final class SigningKey: Sendable {
    /// What signatures this key makes.
    package let algorithm: SignatureAlgorithm
    /// RFC 7638 thumbprint of the public key, the token's `kid`.
    package let identifier: String
    /// The public half as a JWKS with this one key (RFC 7517), UTF-8 JSON.
    package let jwks: [UInt8]

    private let key: Mutex<JWK>

    /// A new random key; `r_jwk_generate_key_pair`.
    package convenience init(_ algorithm: SignatureAlgorithm) throws(IssuerError) {
        guard Rhonabwy.isReady else { throw .libraryFailed }
        let secret = try JWK()
        let open = try JWK()
        let (type, bits): (CInt, UInt32) =
            switch algorithm {
            case .es256: (R_KEY_TYPE_EC, 256)
            case .rs256: (R_KEY_TYPE_RSA, SignatureAlgorithm.rsaBitsMin)
            case .edDSA: (R_KEY_TYPE_EDDSA, 256)
            }
        guard r_jwk_generate_key_pair(secret.handle, open.handle, type, bits, nil) == RHN_OK else {
            throw .libraryFailed
        }
        try self.init(secret)
    }

    /// A key in the form of `privateJWK`.
    ///
    /// - Throws: `invalidKey` if it is no private key for one of the algorithms.
    package convenience init(privateJWK: [UInt8]) throws(IssuerError) {
        guard Rhonabwy.isReady else { throw .libraryFailed }
        let secret = try JWK()
        let text = String(decoding: privateJWK, as: UTF8.self)
        guard r_jwk_import_from_json_str(secret.handle, text) == RHN_OK else { throw .invalidKey }
        try self.init(secret)
    }

    private init(_ secret: consuming JWK) throws(IssuerError) {
        let type = r_jwk_key_type(secret.handle, nil, R_FLAG_IGNORE_REMOTE)
        let bare = try JWK()
        guard type & R_KEY_TYPE_PRIVATE != 0,
            r_jwk_extract_pubkey(secret.handle, bare.handle, R_FLAG_IGNORE_REMOTE) == RHN_OK,
            let algorithm = SignatureAlgorithm(publicKey: bare.handle),
            let thumbprint = r_jwk_thumbprint(bare.handle, CInt(R_JWK_THUMB_SHA256), R_FLAG_IGNORE_REMOTE)
        else { throw .invalidKey }
        defer { r_free(thumbprint) }
        self.algorithm = algorithm
        identifier = String(cString: thumbprint)
        let open = try JWK()  // extracted after naming, so that a new and a loaded key give the same bytes
        guard r_jwk_set_property_str(secret.handle, "kid", thumbprint) == RHN_OK,
            r_jwk_set_property_str(secret.handle, "alg", algorithm.rawValue) == RHN_OK,
            r_jwk_extract_pubkey(secret.handle, open.handle, R_FLAG_IGNORE_REMOTE) == RHN_OK,
            r_jwk_set_property_str(open.handle, "use", "sig") == RHN_OK
        else { throw .libraryFailed }
        jwks = Array(#"{"keys":["#.utf8) + (try open.json) + Array("]}".utf8)
        key = Mutex(secret)
    }

    /// The key with its secret as JSON, for a file that only its owner can read; `r_jwk_export_to_json_str`.
    package var privateJWK: [UInt8] {
        get throws(IssuerError) { try key.withLock { key throws(IssuerError) in try key.json } }
    }

    /// Signs `claims` (a JSON object) as a compact token; `r_jws_serialize`.
    ///
    /// - Parameters:
    ///   - claims: UTF-8, signed as they stand.
    ///   - type: The header's `typ`; `at+jwt` by RFC 9068.
    /// - Returns: Header, claims and signature, joined by dots.
    /// - Throws: `claimsAreNotAnObject`.
    package func sign(_ claims: [UInt8], type: String = "at+jwt") throws(IssuerError) -> String {
        guard let document = JSONDocument(claims), document.root.pointee.type == JSON_OBJECT
        else { throw .claimsAreNotAnObject }
        var jws: UnsafeMutablePointer<jws_t>?
        guard r_jws_init(&jws) == RHN_OK, let jws else { throw .libraryFailed }
        defer { r_jws_free(jws) }
        guard r_jws_set_alg(jws, algorithm.code) == RHN_OK,
            r_jws_set_header_str_value(jws, "typ", type) == RHN_OK,
            r_jws_set_header_str_value(jws, "kid", identifier) == RHN_OK,
            r_jws_set_payload(jws, claims, claims.count) == RHN_OK
        else { throw .libraryFailed }
        let token = key.withLock { key in
            guard let token = r_jws_serialize(jws, key.handle, R_FLAG_IGNORE_REMOTE) else { return String?.none }
            defer { r_free(token) }
            return String(cString: token)
        }
        guard let token else { throw .libraryFailed }
        return token
    }
}

/// One `jwk_t`, freed when its owner goes away.
private struct JWK: ~Copyable, @unchecked Sendable {
    let handle: OpaqueJWK

    init() throws(IssuerError) {
        var handle: OpaqueJWK?
        guard r_jwk_init(&handle) == RHN_OK, let handle else { throw .libraryFailed }
        self.handle = handle
    }

    deinit { r_jwk_free(handle) }

    var json: [UInt8] {
        get throws(IssuerError) {
            guard let text = r_jwk_export_to_json_str(handle, 0) else { throw .libraryFailed }
            defer { r_free(text) }
            return Array(String(cString: text).utf8)
        }
    }
}
