import Crypto
import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@Suite("Proofs in files: they hold without a database, and nothing in them can be changed (G8)")
struct ProofTests {
    private func maker(_ bed: VerifyBed) throws -> ProofMaker {
        ProofMaker(
            database: "booking", pool: bed.bed.store.pool, log: bed.bed.log, publicKey: try bed.bed.key.publicKey)
    }

    @Test("events of every place in the tree are proven; a move has two proofs; what is not sealed has none")
    func provesEvents() async throws {
        try await VerifyBed.with("proof_all") { bed in
            let (maker, key) = (try maker(bed), try bed.bed.key.publicKey)
            let last = try #require(try await bed.headSizes().last)
            for position in [1, 2, 255, 256, 257, 300, last - 1, last] {
                let bytes = try await maker.proof(of: position, in: VerifyBed.shard).encoded
                let proven = try InclusionProof(reading: bytes).verified(by: key)
                #expect(proven.row.position == position && proven.head.size == last)
                #expect(proven.signedAt != nil)
            }
            let moved = try await bed.bed.store.pool.query(
                SQLStatement(name: "test", text: "SELECT event_id FROM events WHERE second_shard <> shard LIMIT 1"))
            let id = EventID(high: moved.uuid(0, 0).high, low: moved.uuid(0, 0).low)
            let proofs = try await maker.proofs(of: id)
            #expect(proofs.count == 2 && proofs.map(\.row.side) == [0, 1])
            for proof in proofs { _ = try proof.verified(by: key) }

            await #expect(throws: NoProof.unknownEvent) { try await maker.proofs(of: EventID(high: 1, low: 1)) }
            await #expect(throws: NoProof.notSealed(sealedThrough: last)) {
                try await maker.proof(of: last + 1, in: VerifyBed.shard)
            }
            try await bed.bed.tamper("UPDATE events SET type = 'x' WHERE event_number = \(VerifyBed.event(300))")
            await #expect(throws: NoProof.historyDiffers) { try await maker.proof(of: 300, in: VerifyBed.shard) }
        }
    }

    @Test("a proof with any byte flipped, cut, or with another key proves nothing")
    func refusesEveryChange() async throws {
        try await VerifyBed.with("proof_flip") { bed in
            let key = try bed.bed.key.publicKey
            let bytes = try await maker(bed).proof(of: 300, in: VerifyBed.shard).encoded
            var random = SeededRandom(seed: 3)
            for place in bytes.indices {
                var changed = bytes
                changed[place] ^= UInt8(1 << Int(random.next() % 8))
                #expect(throws: ProofFault.self, "byte \(place)") {
                    try InclusionProof(reading: changed).verified(by: key)
                }
            }
            for count in stride(from: 0, to: bytes.count, by: 97) {
                #expect(throws: ProofFault.self) { try InclusionProof(reading: Array(bytes.prefix(count))) }
            }
            let other = try Ed25519PrivateKey().publicKey
            #expect(throws: ProofFault.head(.notSigned)) { try InclusionProof(reading: bytes).verified(by: other) }
        }
    }

    @Test("an export holds as a whole; a line changed, left out, doubled or swapped, or another key, proves nothing")
    func exportsStretches() async throws {
        try await VerifyBed.with("proof_export") { bed in
            let key = try bed.bed.key.publicKey
            let export = HistoryExport(
                database: "booking", pool: bed.bed.store.pool, log: bed.bed.log, publicKey: key)
            var bytes: [UInt8] = []
            let range = try await export.write(VerifyBed.shard, 260...270) { bytes += $0 }
            #expect(range.lowerBound == 257 && range.upperBound >= 270)
            let proven = try check(bytes, key)
            #expect(proven.positions == range && proven.signedAt != nil)

            let lines = bytes.split(separator: UInt8(ascii: "\n")).map { Array($0) + [UInt8(ascii: "\n")] }
            var crimes: [(String, [[UInt8]])] = [
                ("left out", lines.filter { $0 != lines[5] }), ("last left out", lines.dropLast()),
                ("doubled", Array(lines[...5] + lines[5...])), ("without a head", Array(lines.dropFirst())),
            ]
            var swapped = lines
            swapped.swapAt(4, 5)
            crimes.append(("swapped", swapped))
            var random = SeededRandom(seed: 4)
            for _ in 0..<200 {
                var changed = bytes
                let place = Int(random.next() % UInt64(bytes.count))
                changed[place] ^= UInt8(1 << Int(random.next() % 8))
                crimes.append(("byte \(place)", [changed]))
            }
            for (name, crime) in crimes {
                #expect(throws: ProofFault.self, "\(name)") { try check(crime.flatMap { $0 }, key) }
            }
            #expect(throws: ProofFault.self) { try check(bytes, try Ed25519PrivateKey().publicKey) }
        }
    }

    private func check(_ bytes: [UInt8], _ key: Ed25519PublicKey) throws -> ProvenStretch {
        var check = ExportCheck(publicKey: key)
        try check.take(bytes)
        return try check.finish()
    }
}
