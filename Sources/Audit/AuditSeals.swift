import AuditReport
package import Crypto
import Domain
package import EventStore
package import Postgres

/// What auditors ask of sealed history: signed heads, proofs, verification of a stretch.
package struct AuditSeals: Sendable {
    private let pools: [AuditDatabase: PGPool]
    private let log: any HeadLog
    private let publicKey: Ed25519PublicKey

    /// Reads heads from a log and rows from the three databases.
    ///
    /// - Parameters:
    ///   - log: Where signed heads are kept.
    ///   - publicKey: Whose heads are believed.
    ///   - booking: Of at least `HistoryVerifier.sessionCount` sessions, as the other two.
    ///   - practitioner: As above.
    ///   - patient: As above.
    package init(
        log: any HeadLog, publicKey: Ed25519PublicKey, booking: PGPool, practitioner: PGPool, patient: PGPool
    ) {
        self.log = log
        self.publicKey = publicKey
        pools = [.booking: booking, .practitioner: practitioner, .patient: patient]
    }

    /// The latest head of every tree, with whether its signature is right.
    func heads() async throws -> AuditTable {
        try await reading {
            let latest = try await log.latest()
            let records = latest.keys.sorted().compactMap { origin -> AuditRecord? in
                guard let note = latest[origin] else { return nil }
                let checkpoint = try? Checkpoint(note, signedBy: publicKey)
                let tree = SealedTree(origin: origin)
                var record = AuditRecord()
                record.add("origin", origin)
                record.add("database", tree?.database)
                record.add("shard", tree?.shard.number)
                record.add("size", checkpoint?.size)
                record.add("root", checkpoint.map { Base64.encode($0.root.bytes) })
                record.add("believed", .bool(checkpoint != nil))
                record.add("note", note.encoded)
                return record
            }
            return AuditTable(
                columns: ["origin", "database", "shard", "size", "root", "believed", "note"], records: records)
        }
    }

    /// An inclusion proof a place of the event: a file each that is checked without a database.
    func proof(of event: AuditEvent) async throws -> AuditTable {
        guard let pool = pools[event.database] else { throw AuditRefusal.unknownEvent }
        let maker = ProofMaker(database: event.database.rawValue, pool: pool, log: log, publicKey: publicKey)
        let id = event.event.metadata.eventID
        let proofs: [InclusionProof]
        do {
            proofs = try await reading(event.database) { try await maker.proofs(of: id) }
        } catch let error as NoProof {
            switch error {
            case .unknownEvent: throw AuditRefusal.unknownEvent
            case .withoutPosition, .notSealed: throw AuditRefusal.notSealedYet("\(error)")
            case .head, .historyDiffers: throw AuditRefusal.historyDiffers("\(error)")
            }
        }
        let records = zip(proofs, event.places).map { proof, place in
            var record = AuditRecord()
            record.add("eventId", "\(id)")
            record.add("database", event.database.rawValue)
            record.add("shard", place.shard.number)
            record.add("position", place.position)
            var file = proof.encoded
            if file.last == UInt8(ascii: "\n") { file.removeLast() }
            record.add("proof", .json(file))
            return record
        }
        return AuditTable(columns: ["eventId", "database", "shard", "position", "proof"], records: records)
    }

    /// Reads some positions again and compares them with signed heads: one row that says how it went, one a finding.
    func verification(
        _ database: AuditDatabase, _ shard: Shard, _ positions: ClosedRange<Int64>
    ) async throws -> AuditTable {
        guard let pool = pools[database] else { throw AuditRefusal.notCovered(["no such database"]) }
        let tree = SealedTree(database: database.rawValue, shard: shard)
        let report: HistoryReport
        do {
            report = try await reading(database) {
                let book = try await HeadBook.read(log, publicKey: publicKey, trees: [tree])
                return try await HistoryVerifier(database: database.rawValue, pool: pool, book: book)
                    .verify(.positions(shard, positions))
            }
        } catch let error as HistoryNotCovered {
            throw AuditRefusal.notCovered(error.missing)
        }
        var summary = AuditRecord()
        let proven = report.shards.first
        summary.add("result", report.isGood ? "proven" : "differs")
        summary.add("database", database.rawValue)
        summary.add("shard", shard.number)
        summary.add("firstPosition", proven?.firstPosition ?? positions.lowerBound)
        summary.add("lastPosition", proven?.provenThrough ?? positions.upperBound)
        summary.add("rows", report.rowCount)
        summary.add("eventId", nil as String?)
        summary.add("detail", report.isGood ? nil : "\(report.findingCount) findings")
        return AuditTable(columns: summary.fields.map(\.name), records: [summary] + report.allFindings.map(\.record))
    }

    /// Says which dependency failed: the log of heads, or the database that was read.
    private func reading<T>(_ database: AuditDatabase? = nil, _ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let error as HeadLogError {
            throw AuditRefusal.unavailable(dependency: "history-heads", reason: "\(error)")
        } catch let error as PGError {
            guard let database else { throw error }
            throw AuditRefusal.unavailable(dependency: "\(database.rawValue)-database", reason: "\(error)")
        }
    }
}

extension HistoryFinding {
    fileprivate var record: AuditRecord {
        var record = AuditRecord()
        record.add("result", kind.rawValue)
        record.add("database", database)
        record.add("shard", shard?.number)
        record.add("firstPosition", position)
        record.add("lastPosition", lastPosition ?? position)
        record.add("rows", Int?.none)
        record.add("eventId", event?.eventID?.description)
        record.add("detail", detail)
        return record
    }
}
