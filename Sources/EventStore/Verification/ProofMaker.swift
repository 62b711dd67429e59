package import Crypto
package import Domain
package import Postgres

/// Makes inclusion proofs of events that a signed head covers.
///
/// A proof out of ten million events reads one row, a tile a level, and at most 255 rows at the tree's edge.
///
/// ```swift
/// let maker = ProofMaker(database: "booking", pool: pool, log: log, publicKey: key)
/// let bytes = try await maker.proofs(of: eventID).map(\.encoded)
/// ```
package struct ProofMaker: Sendable {
    private let database: String
    private let pool: PGPool
    private let log: any HeadLog
    private let publicKey: Ed25519PublicKey

    /// Proves events of one database.
    ///
    /// - Parameters:
    ///   - database: As it stands in the origins of heads: `booking`.
    ///   - pool: A role that may only read will do.
    ///   - log: Where the signed heads are.
    ///   - publicKey: Whose heads are believed; no proof is given that it would not verify.
    package init(database: String, pool: PGPool, log: any HeadLog, publicKey: Ed25519PublicKey) {
        self.database = database
        self.pool = pool
        self.log = log
        self.publicKey = publicKey
    }

    /// Proves an event by its id: once, or twice where it moved a booking between two practitioners.
    ///
    /// - Throws: `NoProof`; `HeadLogError`; `PGError`.
    package func proofs(of event: EventID) async throws -> [InclusionProof] {
        let rows = try await pool.query(SQL.findEventPlaces, [.uuid(event.high, event.low)])
        guard rows.count > 0 else { throw NoProof.unknownEvent }
        var proofs: [InclusionProof] = []
        for row in 0..<rows.count {
            guard let position = rows.intOrNil(row, 1) else { throw NoProof.withoutPosition }
            proofs.append(try await proof(of: position, in: Shard(Int(rows.int(row, 0)))))
        }
        return proofs
    }

    /// Proves the event at a position.
    ///
    /// - Throws: As above.
    package func proof(of position: Int64, in shard: Shard) async throws -> InclusionProof {
        let tree = SealedTree(database: database, shard: shard)
        guard let note = try await log.latest()[tree.origin] else { throw NoProof.notSealed(sealedThrough: 0) }
        let head: Checkpoint
        do { head = try Checkpoint(note, signedBy: publicKey) } catch { throw NoProof.head(error) }
        guard position >= 1, position <= head.size else { throw NoProof.notSealed(sealedThrough: head.size) }
        let list = try await log.latestList().flatMap { list in
            (try? HeadList(list, signedBy: publicKey))?.heads.contains(head) == true ? list : nil
        }
        let proof = try await pool.transaction(.repeatableRead, readOnly: true) { session in
            let row: SealedRow?
            do { row = try await SealedRows.row(of: tree, at: position, on: session) } catch is SealFault {
                throw NoProof.historyDiffers
            }
            guard let row else { throw NoProof.historyDiffers }
            let path: [TreeHash]
            do {
                path = try await TreeReader(tree, session).inclusionProof(of: position - 1, size: head.size)
            } catch is SealFault {
                throw NoProof.historyDiffers
            }
            return InclusionProof(row: row, path: path, head: note, list: list)
        }
        do { _ = try proof.verified(by: publicKey) } catch { throw NoProof.historyDiffers }
        return proof
    }
}

/// Why there is no proof.
package enum NoProof: Error, Hashable, Sendable {
    /// The database has no event of this id.
    case unknownEvent
    /// The event was not stamped yet; a moment later it will be.
    case withoutPosition
    /// No head covers the position yet; a few seconds later one will, if sealing runs.
    case notSealed(sealedThrough: Int64)
    /// The head that would prove it is not believed.
    case head(NoteError)
    /// Row, tree and signed head do not fit together: `replay verify history` says which row is wrong.
    case historyDiffers
}

extension NoProof: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownEvent: "there is no such event"
        case .withoutPosition: "the event has no position yet; try again in a moment"
        case .notSealed(let size): "no signed head covers the event yet: the newest one has \(size) positions"
        case .head(let error): "the newest head is not believed: \(error)"
        case .historyDiffers:
            "row, tree and signed head do not fit together: run 'replay verify history' to see which row is wrong"
        }
    }
}
