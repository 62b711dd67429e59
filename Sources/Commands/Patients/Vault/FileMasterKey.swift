import Crypto

/// A master key out of a file: the local default (`KMS_KEY=file:…`).
///
/// The file holds 32 bytes, raw or in Base64. In Base64 it may hold several keys, one a line: the first one wraps, the
/// others only unwrap what they wrapped when they were the first.
package struct FileMasterKey: MasterKey {
    /// `file:` and a name of the first key, by which rows find it again.
    package let id: String
    private let keys: [String: [UInt8]]

    /// Takes the contents of the file.
    ///
    /// - Throws: `VaultError.invalidMasterKey`.
    package init(contents: [UInt8]) throws(VaultError) {
        var found: [[UInt8]] = []
        if contents.count == AES256GCM.keyByteCount {
            found = [contents]
        } else {
            for line in String(decoding: contents, as: UTF8.self).split(whereSeparator: \.isNewline) {
                guard let key = Self.decoded(line), key.count == AES256GCM.keyByteCount else { throw .invalidMasterKey }
                found.append(key)
            }
        }
        guard let first = found.first else { throw .invalidMasterKey }
        id = Self.name(first)
        keys = Dictionary(found.map { (Self.name($0), $0) }, uniquingKeysWith: { one, _ in one })
    }

    /// AES-256-GCM under the first key.
    package func wrap(_ key: [UInt8], for context: [UInt8]) async throws(VaultError) -> [UInt8] {
        guard let master = keys[id] else { throw .unknownMasterKey }
        do { return try AES256GCM.seal(key, key: master, additionalData: context) } catch { throw VaultError(error) }
    }

    /// AES-256-GCM under the key of that name.
    package func unwrap(_ wrapped: [UInt8], keyID: String, for context: [UInt8]) async throws(VaultError) -> [UInt8] {
        guard let master = keys[keyID] else { throw .unknownMasterKey }
        do { return try AES256GCM.open(wrapped, key: master, additionalData: context) } catch {
            throw VaultError(error)
        }
    }

    /// Standard or URL Base64, padded or not.
    private static func decoded(_ line: Substring) -> [UInt8]? {
        let text = line.filter { !$0.isWhitespace && $0 != "=" }
        return Base64URL.decode(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : String($0) }.joined())
    }

    /// Tells keys apart without telling anything about them: 64 bits of a hash of 256 random ones.
    private static func name(_ key: [UInt8]) -> String {
        "file:" + Base64URL.encode(Array(SHA256.hash(Array("appointments master key".utf8) + key).prefix(8)))
    }
}

extension VaultError {
    init(_ error: CryptoError) {
        switch error {
        case .notAuthentic: self = .notAuthentic
        case .invalidKey: self = .unreadable
        case .invalidPEM, .failed: self = .unavailable
        }
    }
}
