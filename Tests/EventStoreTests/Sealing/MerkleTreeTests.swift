import Crypto
import EventStore
import TestSupport
import Testing

@Suite("Merkle tree: RFC 6962 and RFC 9162 (G8)")
struct MerkleTreeTests {
    /// The leaves that certificate-transparency's reference implementation is tested with.
    static let leaves = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ]

    /// A published root.
    struct Root: Sendable, CustomTestStringConvertible {
        let size: Int
        let root: String
        var testDescription: String { "\(size) leaves" }
    }

    static let roots: [Root] = [
        Root(size: 0, root: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        Root(size: 1, root: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        Root(size: 2, root: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        Root(size: 3, root: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        Root(size: 4, root: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        Root(size: 5, root: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        Root(size: 6, root: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        Root(size: 7, root: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        Root(size: 8, root: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ]

    @Test("roots are the published ones", arguments: roots)
    func publishedRoots(_ example: Root) {
        var hasher = TreeHasher()
        var frontier = MerkleFrontier()
        for leaf in Self.leaves.prefix(example.size) { frontier.append(hasher.leaf(bytes(leaf)), &hasher) }
        #expect(hexadecimal(frontier.root(&hasher).bytes) == example.root)
    }

    /// A published proof: of leaf `leaf` in `size` leaves, or that `size` leaves begin with `old`.
    struct Proof: Sendable, CustomTestStringConvertible {
        var leaf: Int64?
        var old: Int64?
        let size: Int64
        let hashes: [String]
        var testDescription: String {
            leaf.map { "leaf \($0) of \(size)" } ?? "\(size) begins with \(old ?? 0)"
        }
    }

    static let proofs: [Proof] = [
        Proof(leaf: 0, size: 1, hashes: []),
        Proof(
            leaf: 0, size: 8,
            hashes: [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]),
        Proof(
            leaf: 5, size: 8,
            hashes: [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]),
        Proof(leaf: 2, size: 3, hashes: ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        Proof(
            leaf: 1, size: 5,
            hashes: [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ]),
        Proof(
            old: 1, size: 8,
            hashes: [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]),
        Proof(
            old: 6, size: 8,
            hashes: [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]),
        Proof(
            old: 2, size: 5,
            hashes: [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ]),
    ]

    @Test("proofs are the published ones, and verify", arguments: proofs)
    func publishedProofs(_ example: Proof) async throws {
        let tree = NaiveTree(Self.leaves.map(bytes))
        let root = tree.root(0..<Int(example.size))
        if let leaf = example.leaf {
            let proof = try await tree.inclusionProof(of: leaf, size: example.size)
            #expect(proof.map { hexadecimal($0.bytes) } == example.hashes)
            #expect(
                MerkleProof.isIncluded(
                    tree.leaves[Int(leaf)], at: leaf, size: example.size, proof: proof, root: root))
        }
        if let old = example.old {
            let proof = try await tree.consistencyProof(from: old, to: example.size)
            #expect(proof.map { hexadecimal($0.bytes) } == example.hashes)
            #expect(
                MerkleProof.isConsistent(
                    from: old, root: tree.root(0..<Int(old)), to: example.size, root: root, proof: proof))
        }
    }

    @Test("frontier, edge of tiles and recursive definition agree for every size, over more than two levels of tiles")
    func agreesWithDefinition() async throws {
        let sizes = Array(0...300) + [511, 512, 513, 65_535, 65_536, 65_537, 66_000]
        let tree = NaiveTree((0..<66_000).map { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
        var hasher = TreeHasher()
        var frontier = MerkleFrontier()
        for size in 0...66_000 {
            if sizes.contains(size) {
                #expect(frontier.root(&hasher) == tree.root(0..<size), "\(size) leaves")
                #expect(try await tree.root(size: Int64(size)) == tree.root(0..<size), "\(size) leaves")
            }
            if size < tree.leaves.count { frontier.append(tree.leaves[size], &hasher) }
        }
    }

    @Test("every proof of every tree up to 40 leaves verifies, and none does with anything changed")
    func provesAndRefuses() async throws {
        let tree = NaiveTree((0..<40).map { [UInt8($0)] })
        for size in Int64(1)...40 {
            let root = tree.root(0..<Int(size))
            for leaf in 0..<size {
                let proof = try await tree.inclusionProof(of: leaf, size: size)
                let hash = tree.leaves[Int(leaf)]
                #expect(MerkleProof.isIncluded(hash, at: leaf, size: size, proof: proof, root: root))
                let other = tree.leaves[Int((leaf + 1) % 40)]
                #expect(!MerkleProof.isIncluded(other, at: leaf, size: size, proof: proof, root: root))
                #expect(!MerkleProof.isIncluded(hash, at: leaf, size: size, proof: proof + [root], root: root))
                #expect(!MerkleProof.isIncluded(hash, at: leaf, size: size, proof: proof, root: hash) || size == 1)
                if size > 1 {
                    #expect(!MerkleProof.isIncluded(hash, at: leaf, size: size, proof: proof.dropLast(), root: root))
                    let beside = (leaf + 1) % size
                    #expect(!MerkleProof.isIncluded(hash, at: beside, size: size, proof: proof, root: root))
                }
            }
            for old in 0...size {
                let proof = try await tree.consistencyProof(from: old, to: size)
                let oldRoot = tree.root(0..<Int(old))
                #expect(MerkleProof.isConsistent(from: old, root: oldRoot, to: size, root: root, proof: proof))
                #expect(
                    !MerkleProof.isConsistent(from: old, root: oldRoot, to: size, root: root, proof: proof + [root]))
                let forged = tree.leaves[39]
                #expect(!MerkleProof.isConsistent(from: old, root: forged, to: size, root: root, proof: proof))
                if old > 0, old < size {
                    #expect(!MerkleProof.isConsistent(from: old, root: oldRoot, to: size, root: forged, proof: proof))
                    let cut = Array(proof.dropLast())
                    #expect(!MerkleProof.isConsistent(from: old, root: oldRoot, to: size, root: root, proof: cut))
                }
            }
        }
        #expect(!MerkleProof.isIncluded(tree.leaves[0], at: 1, size: 1, proof: [], root: tree.root(0..<1)))
        #expect(!MerkleProof.isIncluded(tree.leaves[0], at: -1, size: 1, proof: [], root: tree.root(0..<1)))
    }
}

/// The definition of RFC 9162 section 2.1.1, word for word: slow and plain.
struct NaiveTree: TreeHashSource {
    let leaves: [TreeHash]

    init(_ contents: [[UInt8]]) {
        leaves = contents.map { content in
            var hasher = TreeHasher()
            return hasher.leaf(content)
        }
    }

    func root(_ part: Range<Int>) -> TreeHash {
        if part.isEmpty { return TreeHasher.emptyRoot }
        if part.count == 1 { return leaves[part.lowerBound] }
        var split = 1
        while split * 2 < part.count { split *= 2 }
        let middle = part.lowerBound + split
        let left = root(part.lowerBound..<middle)
        let right = root(middle..<part.upperBound)
        return TreeHash(SHA256.hash([1] + left.bytes + right.bytes)) ?? left
    }

    func hashes(of nodes: [MerkleTree.Node]) async throws -> [TreeHash] {
        nodes.map { node in
            let first = Int(node.index) << node.height
            return root(first..<(first + 1 << node.height))
        }
    }
}

func bytes(_ hexadecimal: String) -> [UInt8] {
    var rest = hexadecimal[...]
    var bytes: [UInt8] = []
    while let byte = UInt8(rest.prefix(2), radix: 16) {
        bytes.append(byte)
        rest = rest.dropFirst(2)
    }
    return bytes
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
