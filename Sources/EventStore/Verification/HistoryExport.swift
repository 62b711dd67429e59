package import Crypto
import JSON
package import Postgres

/// Writes a stretch of one shard's history with what proves it, for auditors without the database.
///
/// The file has JSON lines: first the signed head and the hashes of the tree before the stretch, then every row from
/// the beginning of a tile to the head's last position. Rows, hashes and head come to each other or to nothing: a row
/// that was left out, added or changed is seen by whoever has the file and the public key.
package struct HistoryExport: Sendable {
    /// The first member of every file.
    package static let format = "appointments-history-export/1"

    private static let rowsAtOnce: Int64 = 1_000
    private static let tileWidth: Int64 = 256

    private let database: String
    private let pool: PGPool
    private let log: any HeadLog
    private let publicKey: Ed25519PublicKey

    /// Exports from one database.
    ///
    /// - Parameters:
    ///   - database: As it stands in the origins of heads: `booking`.
    ///   - pool: A role that may only read will do.
    ///   - log: Where the signed heads are.
    ///   - publicKey: Whose heads are believed; nothing is exported that it would not verify.
    package init(database: String, pool: PGPool, log: any HeadLog, publicKey: Ed25519PublicKey) {
        self.database = database
        self.pool = pool
        self.log = log
        self.publicKey = publicKey
    }

    /// Writes the positions, widened to the tile before and to the first head behind them.
    ///
    /// - Parameters:
    ///   - shard: Whose.
    ///   - wanted: Which positions; what is above the newest head is left out.
    ///   - sink: Gets the file's lines, one or more at a time.
    /// - Returns: The positions that were written.
    /// - Throws: `NoProof`; `HeadLogError`; `PGError`; what `sink` throws.
    package func write(
        _ shard: Shard, _ wanted: ClosedRange<Int64>, _ sink: ([UInt8]) throws -> Void
    ) async throws -> ClosedRange<Int64> {
        let tree = SealedTree(database: database, shard: shard)
        let finder = HeadFinder(tree, covering: wanted.upperBound, signedBy: publicKey)
        try await log.read { finder.add($0) }
        guard let (head, note, list) = finder.found, head.size >= wanted.lowerBound else {
            throw NoProof.notSealed(sealedThrough: finder.found?.head.size ?? 0)
        }
        let size = (wanted.lowerBound - 1) / Self.tileWidth * Self.tileWidth
        return try await pool.transaction(.repeatableRead, readOnly: true) { session in
            let parts = try await TreeReader(tree, session)
                .hashes(of: size == 0 ? [] : MerkleTree.cover(0..<size))
            try sink(header(tree, (size + 1)...head.size, parts, note, list))
            var proven = ProvenTree(size: size, parts: parts)
            var hasher = TreeHasher()
            while proven.size < head.size {
                let rows = try await session.query(
                    SQL.readRowsToSeal,
                    [
                        .int(Int64(shard.number)), .int(proven.size),
                        .int(min(Self.rowsAtOnce, head.size - proven.size)),
                    ])
                if rows.count == 0 { throw NoProof.historyDiffers }
                try sink(try lines(rows, tree, &proven, &hasher))
            }
            guard proven.root(&hasher) == head.root else { throw NoProof.historyDiffers }
            return (size + 1)...head.size
        }
    }

    private func header(
        _ tree: SealedTree, _ positions: ClosedRange<Int64>, _ parts: [TreeHash], _ head: SignedNote,
        _ list: SignedNote?
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("format")
        writer.string(Self.format)
        writer.key("database")
        writer.string(tree.database)
        writer.key("shard")
        writer.int(tree.shard.number)
        writer.key("firstPosition")
        writer.int(positions.lowerBound)
        writer.key("lastPosition")
        writer.int(positions.upperBound)
        writer.key("parts")
        writer.beginArray()
        for part in parts { writer.string(Base64.encode(part.bytes)) }
        writer.endArray()
        writer.key("head")
        writer.string(head.encoded)
        writer.key("list")
        if let list { writer.string(list.encoded) } else { writer.null() }
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private func lines(
        _ rows: PGRows, _ tree: SealedTree, _ proven: inout ProvenTree, _ hasher: inout TreeHasher
    ) throws -> [UInt8] {
        var canonical = CanonicalRow(of: tree)
        var bytes: [UInt8] = []
        for row in 0..<rows.count {
            guard rows.int(row, 0) == proven.size + 1 else { throw NoProof.historyDiffers }
            canonical.write(rows, row)
            proven.append(hasher.leaf(canonical.bytes), &hasher)
            bytes += Self.line(try CanonicalRow.row(reading: canonical.bytes))
        }
        return bytes
    }

    /// One row as a line.
    static func line(_ row: SealedRow) -> [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        writer.beginObject()
        SealedRowJSON.write(row, &writer)
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

/// Finds the first head that covers a position, or the newest one, and the list that was signed with it.
private final class HeadFinder: @unchecked Sendable {  // the log calls `add` from its own queue, one call at a time
    private(set) var found: (head: Checkpoint, note: SignedNote, list: SignedNote?)?

    private let tree: SealedTree
    private let position: Int64
    private let publicKey: Ed25519PublicKey

    init(_ tree: SealedTree, covering position: Int64, signedBy publicKey: Ed25519PublicKey) {
        self.tree = tree
        self.position = position
        self.publicKey = publicKey
    }

    func add(_ record: HeadRecord) {
        if record.note.origin == HeadList.origin {
            guard let found, found.list == nil,
                let list = try? HeadList(record.note, signedBy: publicKey), list.heads.contains(found.head)
            else { return }
            self.found?.list = record.note
        } else if record.note.origin == tree.origin, found?.head.size ?? 0 < position,
            let head = try? Checkpoint(record.note, signedBy: publicKey), head.size > found?.head.size ?? 0
        {
            found = (head, record.note, nil)
        }
    }
}
