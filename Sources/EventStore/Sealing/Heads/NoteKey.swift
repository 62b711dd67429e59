package import Crypto

/// Whose signatures on notes are believed: a name and an Ed25519 public key, as C2SP signed-note says it.
package struct NoteKey: Sendable {
    /// The signature type of Ed25519 in signed notes.
    private static let ed25519: UInt8 = 1

    /// What the signer is called; of our heads their origin.
    package let name: String
    /// The first four bytes of SHA-256(name || 0x0A || 0x01 || public key), big-endian.
    package let keyID: UInt32
    private let publicKey: Ed25519PublicKey
    private let raw: [UInt8]

    /// Joins a name and a key.
    ///
    /// - Throws: `NoteError.badName` for a name with spaces or `+`; `NoteError.badKey`.
    package init(name: String, publicKey: Ed25519PublicKey) throws(NoteError) {
        guard !name.isEmpty, !name.contains(where: { $0.isWhitespace || $0 == "+" }) else { throw .badName }
        do { raw = try publicKey.raw } catch { throw .badKey }
        self.name = name
        self.publicKey = publicKey
        let hash = SHA256.hash(Array(name.utf8) + [0x0A, Self.ed25519] + raw)
        keyID = hash.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Reads `<name>+<key id in hexadecimal>+<base64 of 0x01 || public key>`.
    ///
    /// - Throws: `NoteError.badKey` where it is not such a text, or its key id is another key's.
    package init(vkey: String) throws(NoteError) {
        let parts = vkey.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let bytes = Base64.decode(parts[2]), bytes.first == Self.ed25519 else { throw .badKey }
        let publicKey: Ed25519PublicKey
        do { publicKey = try Ed25519PublicKey(raw: Array(bytes.dropFirst())) } catch { throw .badKey }
        try self.init(name: parts[0], publicKey: publicKey)
        guard parts[1] == hexadecimalID else { throw .badKey }
    }

    /// The verifier key that existing tools read: `<name>+<key id>+<base64>`.
    package var vkey: String { "\(name)+\(hexadecimalID)+\(Base64.encode([Self.ed25519] + raw))" }

    /// True if this is the key's signature of the text.
    func isValid(_ signature: [UInt8], for text: String) -> Bool {
        publicKey.isValid(signature, for: Array(text.utf8))
    }

    private var hexadecimalID: String {
        let digits = String(keyID, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// Signs notes: a name and the private key whose public half is `key`.
package struct NoteSigner: Sendable {
    /// What verifies the signatures.
    package let key: NoteKey
    private let privateKey: Ed25519PrivateKey

    /// Joins a name and a key.
    ///
    /// - Throws: As `NoteKey`.
    package init(name: String, privateKey: Ed25519PrivateKey) throws(NoteError) {
        do { key = try NoteKey(name: name, publicKey: privateKey.publicKey) } catch let error as NoteError {
            throw error
        } catch { throw .badKey }
        self.privateKey = privateKey
    }

    /// The signed note of a text.
    ///
    /// - Throws: `NoteError.badText` where a note cannot have this text; `NoteError.notSigned` where OpenSSL refuses.
    package func sign(_ text: String) throws(NoteError) -> SignedNote {
        guard SignedNote.isText(text) else { throw .badText }
        let signature: [UInt8]
        do { signature = try privateKey.sign(Array(text.utf8)) } catch { throw .notSigned }
        return SignedNote(
            text: text, signatures: [.init(name: key.name, keyID: key.keyID, signature: signature)])
    }
}
