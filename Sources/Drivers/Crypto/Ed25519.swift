import COpenSSL

/// A private key for Ed25519 signatures (RFC 8032).
package final class Ed25519PrivateKey: @unchecked Sendable {  // an EVP_PKEY is only read after init
    private let key: OpaquePointer

    /// A new random key; its 32-byte seed comes from `SecureRandom`.
    package convenience init() throws(CryptoError) { try self.init(seed: SecureRandom.bytes(32)) }

    /// The key of a 32-byte seed; `EVP_PKEY_new_raw_private_key`.
    ///
    /// - Throws: `invalidKey` for any other length.
    package init(seed: [UInt8]) throws(CryptoError) {
        guard seed.count == 32, let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
            throw .invalidKey
        }
        self.key = key
    }

    /// Reads a PKCS #8 PEM, not encrypted; `PEM_read_bio_PrivateKey`.
    ///
    /// - Throws: `invalidPEM` if it is none or holds another kind of key.
    package init(pem: String) throws(CryptoError) {
        key = try PEM.parse(pem) { PEM_read_bio_PrivateKey($0, nil, refusePassphrase, nil) }
    }

    deinit { EVP_PKEY_free(key) }

    /// The key as PKCS #8 PEM, not encrypted; `PEM_write_bio_PKCS8PrivateKey`.
    package var pem: String {
        get throws(CryptoError) {
            try PEM.render { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
        }
    }

    /// The key that verifies what this one signs.
    package var publicKey: Ed25519PublicKey {
        get throws(CryptoError) {
            var raw = [UInt8](repeating: 0, count: 32)
            var count = raw.count
            guard EVP_PKEY_get_raw_public_key(key, &raw, &count) == 1, count == 32 else {
                throw .failed(operation: "EVP_PKEY_get_raw_public_key")
            }
            return try Ed25519PublicKey(raw: raw)
        }
    }

    /// The 64-byte signature of `message`; `EVP_DigestSign`.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw .failed(operation: "EVP_MD_CTX_new") }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == 64
        else { throw .failed(operation: "EVP_DigestSign") }
        return signature
    }
}

/// A public key for Ed25519 signatures.
package final class Ed25519PublicKey: @unchecked Sendable {  // an EVP_PKEY is only read after init
    private let key: OpaquePointer

    /// The key in its raw form, 32 bytes; `EVP_PKEY_new_raw_public_key`.
    ///
    /// - Throws: `invalidKey` for any other length.
    package init(raw: [UInt8]) throws(CryptoError) {
        guard raw.count == 32, let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, raw, raw.count) else {
            throw .invalidKey
        }
        self.key = key
    }

    /// Reads a SubjectPublicKeyInfo PEM; `PEM_read_bio_PUBKEY`.
    ///
    /// - Throws: `invalidPEM` if it is none or holds another kind of key.
    package init(pem: String) throws(CryptoError) {
        key = try PEM.parse(pem) { PEM_read_bio_PUBKEY($0, nil, refusePassphrase, nil) }
    }

    deinit { EVP_PKEY_free(key) }

    /// The 32 raw bytes of the key; `EVP_PKEY_get_raw_public_key`.
    package var raw: [UInt8] {
        get throws(CryptoError) {
            var raw = [UInt8](repeating: 0, count: 32)
            var count = raw.count
            guard EVP_PKEY_get_raw_public_key(key, &raw, &count) == 1, count == 32 else {
                throw .failed(operation: "EVP_PKEY_get_raw_public_key")
            }
            return raw
        }
    }

    /// The key as SubjectPublicKeyInfo PEM; `PEM_write_bio_PUBKEY`.
    package var pem: String {
        get throws(CryptoError) { try PEM.render { PEM_write_bio_PUBKEY($0, key) } }
    }

    /// Says whether `signature` is this key's for `message`; anything malformed is simply false.
    ///
    /// Calls `EVP_DigestVerify`.
    package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == 64, let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        defer { ERR_clear_error() }
        return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

/// Keys as text through an OpenSSL memory BIO.
private enum PEM {
    static func parse(
        _ pem: String, _ read: (OpaquePointer) -> OpaquePointer?
    ) throws(CryptoError) -> OpaquePointer {
        let bytes = Array(pem.utf8)
        guard let length = CInt(exactly: bytes.count), let bio = BIO_new(BIO_s_mem()) else { throw .invalidPEM }
        defer { BIO_free(bio) }
        defer { ERR_clear_error() }
        guard BIO_write(bio, bytes, length) == length else { throw .invalidPEM }
        guard let key = read(bio) else { throw .invalidPEM }
        guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else {
            EVP_PKEY_free(key)
            throw .invalidPEM
        }
        return key
    }

    static func render(_ write: (OpaquePointer) -> CInt) throws(CryptoError) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { throw .failed(operation: "BIO_new") }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { throw .failed(operation: "PEM_write_bio") }
        var start: UnsafeMutablePointer<CChar>?
        let length = copenssl_bio_bytes(bio, &start)
        return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }
}

/// OpenSSL would ask for a passphrase on the terminal; an encrypted key is refused instead.
private func refusePassphrase(
    _: UnsafeMutablePointer<CChar>?, _: CInt, _: CInt, _: UnsafeMutableRawPointer?
) -> CInt { -1 }
