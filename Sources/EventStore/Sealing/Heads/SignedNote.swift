import Crypto

/// A text signed by one or more keys, as C2SP signed-note says it (https://c2sp.org/signed-note).
///
/// ```text
/// appointments/booking/0
/// 1204
/// CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
///
/// — appointments/booking/0 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeM…
/// ```
package struct SignedNote: Hashable, Sendable {
    /// Signatures of a note, at most; C2SP asks for at least 16.
    package static let signaturesMax = 100
    /// Bytes of a note, at most.
    package static let bytesMax = 1 << 20

    /// Somebody's signature, believed or not.
    package struct Signature: Hashable, Sendable {
        /// Who says to have signed.
        package let name: String
        /// With which key.
        package let keyID: UInt32
        /// 64 bytes of an Ed25519 key; others may have other lengths.
        package let signature: [UInt8]
    }

    /// What is signed; ends in a line feed.
    package let text: String
    /// All signatures, also of keys that nobody here knows.
    package let signatures: [Signature]

    init(text: String, signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    /// Reads a note; believes nothing yet.
    ///
    /// - Throws: `NoteError.badNote` where it is no signed note.
    package init(parsing bytes: some Collection<UInt8>) throws(NoteError) {
        guard bytes.count <= Self.bytesMax, let note = String(validating: bytes, as: UTF8.self),
            let gap = note.utf8.lastRange(of: Array("\n\n".utf8))
        else { throw .badNote }
        let text = String(note[..<note.utf8.index(after: gap.lowerBound)])
        let lines = note[gap.upperBound...]
        guard Self.isText(text), lines.hasSuffix("\n") else { throw .badNote }
        var signatures: [Signature] = []
        for line in lines.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            signatures.append(try Self.signature(line))
        }
        guard (1...Self.signaturesMax).contains(signatures.count) else { throw .badNote }
        self.init(text: text, signatures: signatures)
    }

    /// The note as it is stored and passed on.
    package var encoded: String {
        let lines = signatures.map { signature in
            let id = withUnsafeBytes(of: signature.keyID.bigEndian) { Array($0) }
            return "— \(signature.name) \(Base64.encode(id + signature.signature))\n"
        }
        return text + "\n" + lines.joined()
    }

    /// The first line of the text: whose note it says to be.
    package var origin: String { String(text.prefix { $0 != "\n" }) }

    /// The text, once a key that is believed has signed it.
    ///
    /// - Parameter keys: Who is believed; signatures of others are ignored.
    /// - Returns: `text`.
    /// - Throws: `NoteError.wrongSignature` where one of these keys is said to have signed and has not;
    ///   `NoteError.notSigned` where none of them has.
    package func text(signedBy keys: [NoteKey]) throws(NoteError) -> String {
        var isSigned = false
        for signature in signatures {
            guard let key = keys.first(where: { $0.name == signature.name && $0.keyID == signature.keyID }) else {
                continue
            }
            guard key.isValid(signature.signature, for: text) else { throw .wrongSignature }
            isSigned = true
        }
        guard isSigned else { throw .notSigned }
        return text
    }

    /// Whether a note can have this text: lines that end in a line feed, and no other control character.
    static func isText(_ text: String) -> Bool {
        text.utf8.last == 0x0A && text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A }
    }

    private static func signature(_ line: Substring) throws(NoteError) -> Signature {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == "—", !parts[1].isEmpty, !parts[1].contains("+"),
            let bytes = Base64.decode(parts[2]), bytes.count > 4
        else { throw .badNote }
        return Signature(
            name: parts[1], keyID: bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) },
            signature: Array(bytes.dropFirst(4)))
    }
}

/// Why a note was not made, not read or not believed.
package enum NoteError: Error, Hashable, Sendable {
    /// A signer's name is empty or has spaces or `+`.
    case badName
    /// A key is no Ed25519 key, or a verifier key's text is not as C2SP says.
    case badKey
    /// A text that no note can have.
    case badText
    /// Bytes that are no signed note.
    case badNote
    /// A text that is no checkpoint, or no list of heads.
    case badHead
    /// A key that is believed is said to have signed, and has not: the note was forged or changed.
    case wrongSignature
    /// No key that is believed has signed, or the key could not sign.
    case notSigned
}

extension NoteError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badName: "a signer's name must not be empty nor have spaces or '+'"
        case .badKey: "not an Ed25519 key, or not a verifier key <name>+<id>+<base64>"
        case .badText: "a note's text must end in a line feed and have no other control characters"
        case .badNote: "not a signed note"
        case .badHead: "the note's text is no head of a tree"
        case .wrongSignature: "the signature does not fit: the note was forged or changed"
        case .notSigned: "not signed by the key that is believed"
        }
    }
}

extension BidirectionalCollection<UInt8> {
    /// Where `wanted` occurs last.
    fileprivate func lastRange(of wanted: [UInt8]) -> Range<Index>? {
        var end = endIndex
        while let start = index(end, offsetBy: -wanted.count, limitedBy: startIndex) {
            if self[start..<end].elementsEqual(wanted) { return start..<end }
            formIndex(before: &end)
        }
        return nil
    }
}
