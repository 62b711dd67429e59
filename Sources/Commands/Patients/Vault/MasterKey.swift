/// What wraps the patients' keys: a key file here, a key service of the cloud elsewhere.
package protocol MasterKey: Sendable {
    /// Names the key that `wrap` uses now; stored beside what it wrapped, so that keys can be rotated.
    var id: String { get }

    /// Encrypts a patient's key and binds it to `context`, which must be given again to unwrap it.
    ///
    /// - Throws: `VaultError`.
    func wrap(_ key: [UInt8], for context: [UInt8]) async throws(VaultError) -> [UInt8]

    /// Decrypts what `wrap` made when `id` was `keyID`.
    ///
    /// - Throws: `VaultError.unknownMasterKey`, `.notAuthentic` for a wrong key, a changed byte or another context.
    func unwrap(_ wrapped: [UInt8], keyID: String, for context: [UInt8]) async throws(VaultError) -> [UInt8]
}

/// Why the vault does not open; says nothing about keys, contents or whose they are.
package enum VaultError: Error, Hashable, Sendable {
    /// The key reference does not lead to a key of 32 bytes.
    case invalidMasterKey
    /// The row was wrapped by a key that is not at hand.
    case unknownMasterKey
    /// A key or content was changed, or belongs to somebody else.
    case notAuthentic
    /// The patient's key was destroyed.
    case keyDestroyed
    /// What was sealed is not what this program seals.
    case unreadable
    /// The cryptographic library or the key service failed.
    case unavailable
}
