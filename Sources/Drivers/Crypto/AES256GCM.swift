import COpenSSL

/// Authenticated encryption with a random nonce: sealed = nonce (12 bytes) + ciphertext + tag (16 bytes).
package enum AES256GCM {
    package static let keyByteCount = 32
    package static let nonceByteCount = 12
    package static let tagByteCount = 16

    /// Encrypts `plain` and binds it to `additionalData`, which must be given again to open it.
    ///
    /// A key may seal at most 2^32 messages, because nonces are random.
    /// - Throws: `invalidKey` unless the key has 32 bytes.
    package static func seal(
        _ plain: [UInt8], key: [UInt8], additionalData: [UInt8] = []
    ) throws(CryptoError) -> [UInt8] {
        guard key.count == keyByteCount else { throw .invalidKey }
        let nonce = try SecureRandom.bytes(nonceByteCount)
        let context = try CipherContext()
        guard EVP_EncryptInit_ex(context.handle, EVP_aes_256_gcm(), nil, key, nonce) == 1 else {
            throw .failed(operation: "EVP_EncryptInit_ex")
        }
        var count: CInt = 0
        if !additionalData.isEmpty {
            guard EVP_EncryptUpdate(context.handle, nil, &count, additionalData, try length(additionalData)) == 1
            else { throw .failed(operation: "EVP_EncryptUpdate") }
        }
        var cipher = [UInt8](repeating: 0, count: plain.count)
        if !plain.isEmpty {
            guard EVP_EncryptUpdate(context.handle, &cipher, &count, plain, try length(plain)) == 1
            else { throw .failed(operation: "EVP_EncryptUpdate") }
        }
        var tag = [UInt8](repeating: 0, count: tagByteCount)
        var rest = [UInt8](repeating: 0, count: tagByteCount)
        guard EVP_EncryptFinal_ex(context.handle, &rest, &count) == 1,
            copenssl_gcm_get_tag(context.handle, &tag, CInt(tagByteCount)) == 1
        else { throw .failed(operation: "EVP_EncryptFinal_ex") }
        return nonce + cipher + tag
    }

    /// Decrypts what `seal` made.
    ///
    /// - Throws: `notAuthentic` if anything differs: a bit, the length, the key or the additional data.
    package static func open(
        _ sealed: [UInt8], key: [UInt8], additionalData: [UInt8] = []
    ) throws(CryptoError) -> [UInt8] {
        guard key.count == keyByteCount else { throw .invalidKey }
        guard sealed.count >= nonceByteCount + tagByteCount else { throw .notAuthentic }
        let nonce = Array(sealed[..<nonceByteCount])
        let cipher = Array(sealed[nonceByteCount..<(sealed.count - tagByteCount)])
        let tag = Array(sealed.suffix(tagByteCount))
        let context = try CipherContext()
        guard EVP_DecryptInit_ex(context.handle, EVP_aes_256_gcm(), nil, key, nonce) == 1 else {
            throw .failed(operation: "EVP_DecryptInit_ex")
        }
        var count: CInt = 0
        if !additionalData.isEmpty {
            guard EVP_DecryptUpdate(context.handle, nil, &count, additionalData, try length(additionalData)) == 1
            else { throw .failed(operation: "EVP_DecryptUpdate") }
        }
        var plain = [UInt8](repeating: 0, count: cipher.count)
        if !cipher.isEmpty {
            guard EVP_DecryptUpdate(context.handle, &plain, &count, cipher, try length(cipher)) == 1
            else { throw .failed(operation: "EVP_DecryptUpdate") }
        }
        guard copenssl_gcm_set_tag(context.handle, tag, CInt(tagByteCount)) == 1 else {
            throw .failed(operation: "EVP_CTRL_AEAD_SET_TAG")
        }
        var rest = [UInt8](repeating: 0, count: tagByteCount)
        guard EVP_DecryptFinal_ex(context.handle, &rest, &count) == 1 else { throw .notAuthentic }
        return plain
    }

    /// OpenSSL counts in `int`: what does not fit is refused instead of cut off.
    private static func length(_ bytes: [UInt8]) throws(CryptoError) -> CInt {
        guard let length = CInt(exactly: bytes.count) else { throw .failed(operation: "length") }
        return length
    }
}

/// One `EVP_CIPHER_CTX`, freed (and wiped by OpenSSL) when its owner goes away.
private struct CipherContext: ~Copyable {
    let handle: OpaquePointer

    init() throws(CryptoError) {
        guard let handle = EVP_CIPHER_CTX_new() else { throw .failed(operation: "EVP_CIPHER_CTX_new") }
        self.handle = handle
    }

    deinit { EVP_CIPHER_CTX_free(handle) }
}
