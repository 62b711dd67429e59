package import Crypto

/// Reads whose heads are believed: a public key as PEM, or as the note verifier key `<name>+<id>+<base64>`.
package enum HistoryKey {
    /// Reads either form.
    ///
    /// - Throws: `NoteError.badKey` for anything else.
    package static func publicKey(reading text: String) throws(NoteError) -> Ed25519PublicKey {
        if text.contains("-----BEGIN") {
            do { return try Ed25519PublicKey(pem: text) } catch { throw .badKey }
        }
        // One line a tree, all of one key: the name binds a head to its tree, the key is the same.
        let lines = text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("#") }
        var raws: Set<[UInt8]> = []
        for line in lines { raws.insert(try raw(line)) }
        guard raws.count == 1, let raw = raws.first else { throw .badKey }
        do { return try Ed25519PublicKey(raw: raw) } catch { throw .badKey }
    }

    /// The 32 bytes of a verifier key whose id is right.
    private static func raw(_ vkey: String) throws(NoteError) -> [UInt8] {
        _ = try NoteKey(vkey: vkey)
        let parts = vkey.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(String(parts[2])) else { throw .badKey }
        return Array(bytes.dropFirst())
    }
}
