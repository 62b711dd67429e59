package import Crypto
package import Domain
import JSON

/// What an export that holds has proven.
package struct ProvenStretch: Hashable, Sendable {
    /// Whose history.
    package let tree: SealedTree
    /// The positions whose rows are in the file: all of them, byte for byte.
    package let positions: ClosedRange<Int64>
    /// Leaves of the tree that was signed.
    package let headSize: Int64
    /// When a list with the head was signed; nil: the file has none.
    package let signedAt: Instant?
}

/// Checks an exported stretch of history, line by line: memory holds one line.
package struct ExportCheck: Sendable {
    private static let lineMax = 8 << 20

    private let publicKey: Ed25519PublicKey
    private var line: [UInt8] = []
    private var header: Header?
    private var proven = ProvenTree()

    private struct Header {
        let tree: SealedTree
        let first: Int64
        let head: Checkpoint
        let signedAt: Instant?
    }

    /// Believes heads of this key.
    package init(publicKey: Ed25519PublicKey) {
        self.publicKey = publicKey
    }

    /// Takes the next bytes of the file.
    ///
    /// - Throws: `ProofFault`: the first thing that does not fit.
    package mutating func take(_ bytes: some Sequence<UInt8>) throws(ProofFault) {
        for byte in bytes {
            line.append(byte)
            guard byte == UInt8(ascii: "\n") else {
                if line.count > Self.lineMax { throw .malformed("a line is too long") }
                continue
            }
            if header == nil { try takeHeader() } else { try takeRow() }
            line.removeAll(keepingCapacity: true)
        }
    }

    /// Ends the file.
    ///
    /// - Returns: What is proven.
    /// - Throws: `ProofFault` where rows are missing or do not come to the signed root.
    package func finish() throws(ProofFault) -> ProvenStretch {
        guard let header, line.isEmpty else { throw .malformed("the file is cut") }
        guard proven.size == header.head.size else {
            throw .malformed("position \(proven.size + 1) is missing, the head has \(header.head.size)")
        }
        var hasher = TreeHasher()
        guard proven.root(&hasher) == header.head.root else { throw .notIncluded }
        return ProvenStretch(
            tree: header.tree, positions: header.first...header.head.size, headSize: header.head.size,
            signedAt: header.signedAt)
    }

    private mutating func takeHeader() throws(ProofFault) {
        let json = try Self.parsed(line)
        guard json["format"]?.stringValue == HistoryExport.format else {
            throw .malformed("format is not \(HistoryExport.format)")
        }
        guard let database = json["database"]?.stringValue, let number = json["shard"]?.intValue,
            let tree = SealedTree(origin: "\(SealedTree.originPrefix)\(database)/\(number)"),
            let first = json["firstPosition"]?.intValue, let last = json["lastPosition"]?.intValue, first >= 1
        else { throw .malformed("the first line") }
        let parts = (json["parts"]?.arrayValue ?? []).compactMap {
            $0.stringValue.flatMap(Base64.decode).flatMap { TreeHash($0) }
        }
        guard parts.count == json["parts"]?.arrayValue?.count, parts.count == (first - 1).nonzeroBitCount else {
            throw .malformed("parts")
        }
        let head: Checkpoint
        do { head = try Checkpoint(try Self.note(json["head"]), signedBy: publicKey) } catch { throw .head(error) }
        guard head.origin == tree.origin else { throw .otherTree(head.origin) }
        guard head.size == last, first <= last else { throw .malformed("lastPosition is not the head's") }
        var signedAt: Instant?
        if json["list"]?.isNull == false {
            let list: HeadList
            do { list = try HeadList(try Self.note(json["list"]), signedBy: publicKey) } catch { throw .list(error) }
            guard list.heads.contains(head) else { throw .listWithoutHead }
            signedAt = list.signedAt
        }
        header = Header(tree: tree, first: first, head: head, signedAt: signedAt)
        proven = ProvenTree(size: first - 1, parts: parts)
    }

    private mutating func takeRow() throws(ProofFault) {
        guard let header else { return }
        let row = try SealedRowJSON.read(try Self.parsed(line))
        guard row.database == header.tree.database, row.shard == Int64(header.tree.shard.number) else {
            throw .otherTree("\(SealedTree.originPrefix)\(row.database)/\(row.shard)")
        }
        guard row.position == proven.size + 1, row.position <= header.head.size else {
            throw .malformed("position \(row.position) stands where \(proven.size + 1) must")
        }
        guard HistoryExport.line(row) == line else {
            throw .malformed("position \(row.position) is not spelled as it should be")
        }
        var hasher = TreeHasher()
        proven.append(hasher.leaf(row.canonicalBytes), &hasher)
    }

    private static func parsed(_ line: [UInt8]) throws(ProofFault) -> JSONValue {
        do { return try parseJSON(line) } catch { throw .malformed("a line is not JSON") }
    }

    private static func note(_ json: JSONValue?) throws(NoteError) -> SignedNote {
        try SignedNote(parsing: Array((json?.stringValue ?? "").utf8))
    }
}
