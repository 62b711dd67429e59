package import Crypto
package import Domain

/// What a head says of one tree: C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint).
package struct Checkpoint: Hashable, Sendable {
    /// Which tree: of ours `SealedTree.origin`.
    package let origin: String
    /// Leaves of the tree: the last position that is sealed.
    package let size: Int64
    /// The root of the tree of so many leaves.
    package let root: TreeHash

    /// Joins the three.
    package init(origin: String, size: Int64, root: TreeHash) {
        precondition(size >= 0, "a tree has no fewer than no leaves")
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Reads the text of a note; extension lines, which we do not write, are passed over.
    ///
    /// - Throws: `NoteError.badHead`.
    package init(text: String) throws(NoteError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 4, lines.last == "", lines.dropLast().allSatisfy({ !$0.isEmpty }),
            let size = Self.size(lines[1]), let root = Self.root(lines[2])
        else { throw .badHead }
        self.init(origin: lines[0], size: size, root: root)
    }

    /// Reads a signed head once its signature is believed.
    ///
    /// - Throws: `NoteError`, also where the key is not named after the head's origin.
    package init(_ note: SignedNote, signedBy publicKey: Ed25519PublicKey) throws(NoteError) {
        let key = try NoteKey(name: note.origin, publicKey: publicKey)
        try self.init(text: try note.text(signedBy: [key]))
    }

    /// The text of the note: origin, size and root, a line each.
    package var text: String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" }

    /// The note, signed under the name of its origin.
    ///
    /// - Throws: `NoteError`.
    package func signed(by key: Ed25519PrivateKey) throws(NoteError) -> SignedNote {
        try NoteSigner(name: origin, privateKey: key).sign(text)
    }

    /// Decimal without leading zeros.
    fileprivate static func size(_ text: String) -> Int64? {
        guard let size = Int64(text), size >= 0, "\(size)" == text else { return nil }
        return size
    }

    fileprivate static func root(_ text: String) -> TreeHash? { Base64.decode(text).flatMap { TreeHash($0) } }
}

/// The heads of all trees together with the moment of signing: what an auditor keeps to know how much there was.
///
/// ```text
/// appointments/heads
/// time 2026-11-21T02:00:00.000000Z
/// appointments/booking/0 1204 CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
/// appointments/booking/1 0 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
/// ```
package struct HeadList: Hashable, Sendable {
    /// The first line, and the signer's name.
    package static let origin = SealedTree.originPrefix + "heads"

    /// When it was signed, by the signer's clock.
    package let signedAt: Instant
    /// A head a tree, in the order of origins.
    package let heads: [Checkpoint]

    /// Puts heads into their order.
    package init(signedAt: Instant, heads: some Sequence<Checkpoint>) {
        self.signedAt = signedAt
        self.heads = heads.sorted { $0.origin < $1.origin }
    }

    /// Reads the text of a note.
    ///
    /// - Throws: `NoteError.badHead`.
    package init(text: String) throws(NoteError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 3, lines.first == Self.origin, lines.last == "",
            lines[1].hasPrefix(Self.timePrefix),
            let time = try? ParsedTime(lines[1].dropFirst(Self.timePrefix.count))
        else { throw .badHead }
        var heads: [Checkpoint] = []
        for line in lines.dropFirst(2).dropLast() {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, let size = Checkpoint.size(parts[1]), let root = Checkpoint.root(parts[2]) else {
                throw .badHead
            }
            heads.append(Checkpoint(origin: parts[0], size: size, root: root))
        }
        self.init(signedAt: time.instant, heads: heads)
    }

    /// Reads a signed list once its signature is believed.
    ///
    /// - Throws: `NoteError`.
    package init(_ note: SignedNote, signedBy publicKey: Ed25519PublicKey) throws(NoteError) {
        try self.init(text: try note.text(signedBy: [try NoteKey(name: Self.origin, publicKey: publicKey)]))
    }

    /// The text of the note.
    package var text: String {
        let lines = heads.map { "\($0.origin) \($0.size) \(Base64.encode($0.root.bytes))\n" }
        return "\(Self.origin)\n\(Self.timePrefix)\(signedAt.text())\n" + lines.joined()
    }

    /// The note, signed under the name `origin`.
    ///
    /// - Throws: `NoteError`.
    package func signed(by key: Ed25519PrivateKey) throws(NoteError) -> SignedNote {
        try NoteSigner(name: Self.origin, privateKey: key).sign(text)
    }

    private static let timePrefix = "time "
}
