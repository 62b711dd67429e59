package import Crypto
package import Domain

/// That one event stood at one position when a head was signed: all that is needed to check it, in one small file.
///
/// The row is there with every stored column, so whoever has the file and the public key can hash it and climb to the
/// signed root without the database, its settings or the network.
package struct InclusionProof: Hashable, Sendable {
    /// The row as it is stored.
    package let row: SealedRow
    /// Hashes from the leaf upwards, as RFC 9162 section 2.1.3 says.
    package let path: [TreeHash]
    /// The signed head of the tree.
    package let head: SignedNote
    /// The signed list of all heads that has this one, which says when; nil: there is none.
    package let list: SignedNote?

    /// Joins what belongs together; `verified(by:)` says whether it does.
    package init(row: SealedRow, path: [TreeHash], head: SignedNote, list: SignedNote?) {
        self.row = row
        self.path = path
        self.head = head
        self.list = list
    }

    /// The hash of the row as a leaf.
    package var leaf: TreeHash {
        var hasher = TreeHasher()
        return hasher.leaf(row.canonicalBytes)
    }

    /// Checks everything.
    ///
    /// - Parameter publicKey: Who is believed.
    /// - Returns: What is proven by it.
    /// - Throws: `ProofFault`: the first thing that does not fit.
    package func verified(by publicKey: Ed25519PublicKey) throws(ProofFault) -> ProvenEvent {
        let signed: Checkpoint
        do { signed = try Checkpoint(head, signedBy: publicKey) } catch { throw .head(error) }
        let origin = "\(SealedTree.originPrefix)\(row.database)/\(row.shard)"
        guard signed.origin == origin else { throw .otherTree(signed.origin) }
        guard
            MerkleProof.isIncluded(
                leaf, at: row.position - 1, size: signed.size, proof: path, root: signed.root)
        else { throw .notIncluded }
        var signedAt: Instant?
        if let list {
            let all: HeadList
            do { all = try HeadList(list, signedBy: publicKey) } catch { throw .list(error) }
            guard all.heads.contains(signed) else { throw .listWithoutHead }
            signedAt = all.signedAt
        }
        return ProvenEvent(row: row, head: signed, signedAt: signedAt)
    }
}

/// What a proof that holds has proven.
package struct ProvenEvent: Sendable {
    /// The row, byte for byte.
    package let row: SealedRow
    /// The head in whose tree it is.
    package let head: Checkpoint
    /// When a list with this head was signed, by the signer's clock; nil: the proof has no list.
    package let signedAt: Instant?
}

/// Why a proof does not hold.
package enum ProofFault: Error, Hashable, Sendable {
    /// The bytes are no proof of this format, or not spelled as this program spells it; says where.
    case malformed(String)
    /// A column is not what its kind asks for.
    case row(SealedRowError)
    /// The leaf's hash that the file shows is not the row's.
    case otherLeaf
    /// The head is not signed by the key, or is no head.
    case head(NoteError)
    /// The head is another tree's.
    case otherTree(String)
    /// The path does not lead from the row to the signed root.
    case notIncluded
    /// The list of heads is not signed by the key, or is no list.
    case list(NoteError)
    /// The list has another head of this tree, or none.
    case listWithoutHead
}

extension ProofFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let place): "it is not a proof as this program writes it: \(place)"
        case .row(let error): "\(error)"
        case .otherLeaf: "the hash of the row is another one than the file says: the row was changed"
        case .head(let error): "the head: \(error)"
        case .otherTree(let origin): "the head belongs to \(origin), not to the row's database and shard"
        case .notIncluded: "the hashes do not lead from the row to the signed root: the row is not in that tree"
        case .list(let error): "the list of heads: \(error)"
        case .listWithoutHead: "the list of heads does not have this head"
        }
    }
}
