import Crypto
import Domain
import EventStore
import Foundation
import Observability
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("Sealing: trees of what is stored, signed heads outside the database (G8)", .serialized)
struct SealerTests {
    @Test("heads are those of the definition, over rows read back; proofs from tiles verify against them")
    func sealsWhatIsStored() async throws {
        try await SealBed.with("seal_whole") { bed in
            try await bed.append(4_000)
            try await bed.seal()
            let heads = try await bed.heads()
            #expect(heads.count == 6)
            for (shard, head) in heads {
                let naive = try await bed.naiveTree(shard)
                #expect(naive.leaves.count == Int(head.size))
                #expect(naive.root(0..<Int(head.size)) == head.root)
                let tree = SealedTree(database: "booking", shard: shard)
                try await bed.store.pool.withSession { session in
                    let reader = TreeReader(tree, session)
                    #expect(try await reader.root(size: head.size) == head.root)
                    for leaf in [0, 1, 255, 256, 257, head.size / 2, head.size - 1] where leaf < head.size {
                        let proof = try await reader.inclusionProof(of: leaf, size: head.size)
                        let hash = naive.leaves[Int(leaf)]
                        #expect(
                            MerkleProof.isIncluded(hash, at: leaf, size: head.size, proof: proof, root: head.root))
                    }
                    for old in [1, 255, 256, 300, head.size - 1] where old < head.size {
                        let proof = try await reader.consistencyProof(from: old, to: head.size)
                        let root = naive.root(0..<Int(old))
                        #expect(
                            MerkleProof.isConsistent(
                                from: old, root: root, to: head.size, root: head.root, proof: proof))
                    }
                }
            }
            let tiles = try await bed.store.int("SELECT count(*) FROM seal_tiles WHERE level = 0")
            #expect(tiles == heads.values.map { $0.size / 256 }.reduce(0, +))
        }
    }

    @Test("a log that is empty when the sealer starts, though the store was sealed, is said; a first one is not")
    func missesAnEmptiedLog() async throws {
        try await SealBed.with("seal_emptied") { bed in
            try await bed.append(2_000)
            let first = Metrics()
            try await bed.sealing([bed.sealer(metrics: first)]) { try await bed.sealed() }
            #expect(Self.missing(first) == 0)
            let tiled = try await bed.store.int("SELECT count(DISTINCT shard) FROM seal_tiles")
            #expect(tiled > 0)
            for (tables, known) in [("", 6), ("TRUNCATE seal_edges", Int(tiled)), ("TRUNCATE seal_tiles", 6)] {
                let folder = "\(bed.folder)/emptied \(tables)"
                #expect(mkdir(folder, 0o700) == 0)
                let other = FileHeadLog(folder: folder, clock: bed.clock)
                if !tables.isEmpty { try await bed.tamper(tables) }
                let metrics = Metrics()
                let lines = Mutex<[UInt8]>([])
                let log = Log(minimum: .warning, format: .json, clock: { 0 }) { line in
                    lines.withLock { $0 += line }
                }
                try await bed.sealing([bed.sealer(heads: other, metrics: metrics, log: log)]) {
                    try await eventually("new heads are signed") { try await other.latest().count == 6 }
                    #expect(Self.missing(metrics) == known, "\(tables)")
                }
                let said = String(decoding: lines.withLock { $0 }, as: UTF8.self).split(separator: "\n")
                #expect(said.filter { $0.contains("the log has no head of it") }.count == known)
                let next = Metrics()
                try await bed.append(10)
                try await bed.sealing([bed.sealer(heads: other, metrics: next)]) {
                    try await eventually("it has looked") { try await other.latest().count == 6 }
                }
                #expect(Self.missing(next) == 0, "once it has heads it goes on from them")
            }
        }
    }

    @Test("heads that disappear while the sealer runs are said, and the next ones go on from the same tree")
    func missesHeadsThatWereTakenAway() async throws {
        try await SealBed.with("seal_taken") { bed in
            try await bed.append(600)
            let metrics = Metrics()
            let lines = Mutex<[UInt8]>([])
            let log = Log(minimum: .warning, format: .json, clock: { 0 }) { line in lines.withLock { $0 += line } }
            try await bed.sealing([bed.sealer(metrics: metrics, log: log)]) {
                try await bed.sealed()
                let before = try await bed.heads()
                #expect(Self.missing(metrics) == 0 && before.count == 6)
                for name in try FileManager.default.contentsOfDirectory(atPath: bed.folder) where name != "heads.lock" {
                    try FileManager.default.removeItem(atPath: "\(bed.folder)/\(name)")
                }
                try await eventually("heads are signed anew") { try await bed.heads().count == 6 }
                #expect(Self.missing(metrics) == 6)
                try await bed.append(100)
                try await bed.sealed()
                for (shard, head) in try await bed.heads() {
                    let (tree, old) = (try await bed.naiveTree(shard), try #require(before[shard]))
                    #expect(tree.root(0..<Int(head.size)) == head.root && tree.root(0..<Int(old.size)) == old.root)
                }
            }
            let said = String(decoding: lines.withLock { $0 }, as: UTF8.self).split(separator: "\n")
            #expect(said.filter { $0.contains("are not in the log any more") }.count == 6)
        }
    }

    private static func missing(_ metrics: Metrics) -> Int? {
        let name = #"history_heads_missing{database="booking"} "#
        return String(decoding: metrics.render(), as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) }
    }

    @Test("a tree without its tiles answers the same, from rows; the next sealer puts the tiles back")
    func makesGoodForMissingTiles() async throws {
        try await SealBed.with("seal_no_tiles") { bed in
            try await bed.append(4_000)
            try await bed.seal()
            let count = try await bed.store.int("SELECT count(*) FROM seal_tiles")
            try await bed.tamper("DELETE FROM seal_tiles")
            for (shard, head) in try await bed.heads() {
                let tree = SealedTree(database: "booking", shard: shard)
                let root = try await bed.store.pool.withSession { session in
                    try await TreeReader(tree, session).root(size: head.size)
                }
                #expect(root == head.root)
            }
            try await bed.append(100)
            try await bed.seal()
            #expect(try await bed.store.int("SELECT count(*) FROM seal_tiles") >= count)
        }
    }

    @Test("sealers that are stopped and started again, two at once, with leases that come and go, make one tree")
    func goesOnAfterEveryStop() async throws {
        try await SealBed.with("seal_restart") { bed in
            let turn = Mutex(0)
            let flapping: @Sendable () -> [Shard] = {
                turn.withLock { turn in
                    turn += 1
                    return Shard.sealed.filter { ($0.number + turn) % 3 != 0 }
                }
            }
            for round in 0..<6 {
                let sealers = [try bed.sealer(), try bed.sealer(shards: flapping) { $0.batchSize = 190 }]
                try await bed.sealing(sealers) {
                    try await bed.append(300 + round * 97)
                    try await bed.sealed()
                }
                #expect(sealers.allSatisfy { $0.fault == nil })
            }
            for (shard, head) in try await bed.heads() {
                #expect(try await bed.naiveTree(shard).root(0..<Int(head.size)) == head.root)
            }
            try await expectConsistentLog(bed)
        }
    }

    @Test("a sealer that loses its connections goes on, and says so in figures")
    func survivesLostConnections() async throws {
        try await SealBed.with("seal_lost") { bed in
            let metrics = Metrics()
            try await bed.sealing([bed.sealer(metrics: metrics) { $0.batchSize = 20 }]) {
                for _ in 0..<5 {
                    try await bed.append(400)
                    try await bed.store.run(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name = 'seal-booking' AND datname = current_database()
                        """)
                }
                try await bed.sealed()
            }
            for (shard, head) in try await bed.heads() {
                #expect(try await bed.naiveTree(shard).root(0..<Int(head.size)) == head.root)
            }
            let text = String(decoding: metrics.render(), as: UTF8.self)
            #expect(text.contains(#"history_seal_lag_events{database="booking"} 0"#))
            #expect(text.contains(#"history_seal_broken{database="booking"} 0"#))
            #expect(text.contains(#"history_seal_errors_total{database="booking",dependency="postgres"}"#))
        }
    }

    @Test("while much is appended it works little, and what waited is sealed when the surge is over")
    func givesWayToAppends() async throws {
        try await SealBed.with("seal_pace") { bed in
            let slow = try bed.sealer(metrics: Metrics()) {
                $0.busyRate = 1
                $0.busyShare = 0.000_1
                $0.batchSize = 10
                $0.interval = .milliseconds(200)
            }
            try await bed.append(600)
            try await bed.sealing([slow]) {
                try await eventually("a first part is sealed") { try await !bed.heads().isEmpty }
                try await bed.append(3_000)
                let sealed = try await bed.heads().values.map(\.size).reduce(0, +)
                #expect(sealed < 3_600, "a batch of ten in each shard and round is all that it may do")
                try await bed.sealed()
            }
        }
    }

    @Test("a log that cannot be written to loses nothing: heads come when it can")
    func waitsForTheLog() async throws {
        try await SealBed.with("seal_unwritable") { bed in
            let metrics = Metrics()
            let log = FailingLog(bed.log)
            try await bed.append(700)
            try await bed.sealing([bed.sealer(heads: log, metrics: metrics)]) {
                try await eventually("failures were counted") {
                    let text = String(decoding: metrics.render(), as: UTF8.self)
                    return text.contains(#"history_seal_errors_total{database="booking",dependency="heads"}"#)
                }
                #expect(try await bed.heads().isEmpty)
                try await bed.append(700)
                log.repair()
                try await bed.sealed()
            }
            try await expectConsistentLog(bed)
        }
    }

    @Test("a log that was emptied or put back gets the heads again; the tree is the same")
    func repairsTheLog() async throws {
        try await SealBed.with("seal_log_gone") { bed in
            try await bed.append(300)
            try await bed.sealing([bed.sealer()]) {
                try await bed.sealed()
                let path = "\(bed.folder)/heads-2026-09-21.txt"
                #expect(unlink(path) == 0)
                try await bed.sealed()
            }
            for (shard, head) in try await bed.heads() {
                #expect(try await bed.naiveTree(shard).root(0..<Int(head.size)) == head.root)
            }
        }
    }

    @Test("the application's role may add tiles, and nobody may change them; readers may read")
    func tilesAreInsertOnly() async throws {
        try await SealBed.with("seal_roles") { bed in
            try await bed.append(2_000)
            let asApplication = "\(bed.store.database.url)&options=-c%20role%3Dappointments_app"
            try await bed.sealing([bed.sealer(url: asApplication)]) { try await bed.sealed() }
            #expect(try await bed.store.int("SELECT count(*) FROM seal_tiles") > 0)
            let changes = ["UPDATE seal_tiles SET tile = tile + 1", "DELETE FROM seal_tiles", "TRUNCATE seal_tiles"]
            for change in changes {
                await #expect(throws: PGError.self, "\(change)") { try await bed.store.run(change) }
                await #expect(throws: PGError.self, "\(change)") {
                    try await bed.store.run("SET ROLE appointments_app; \(change)")
                }
            }
            try await bed.store.run("SET ROLE event_reader; SELECT * FROM seal_tiles; RESET ROLE")
        }
    }

    /// Every head in the log begins with the one before it, and each list has the latest heads.
    private func expectConsistentLog(_ bed: SealBed) async throws {
        let read = Mutex<[SignedNote]>([])
        #expect(try await bed.log.read { record in read.withLock { $0.append(record.note) } } == 0)
        let publicKey = try bed.key.publicKey
        var latest: [String: Checkpoint] = [:]
        for note in read.withLock({ $0 }) {
            if note.origin == HeadList.origin {
                let list = try HeadList(note, signedBy: publicKey)
                #expect(list.heads == latest.values.sorted { $0.origin < $1.origin })
                continue
            }
            let head = try Checkpoint(note, signedBy: publicKey)
            let tree = try #require(SealedTree(origin: head.origin))
            if let before = latest[head.origin] {
                #expect(before.size < head.size)
                try await bed.store.pool.withSession { session in
                    let proof = try await TreeReader(tree, session).consistencyProof(from: before.size, to: head.size)
                    #expect(
                        MerkleProof.isConsistent(
                            from: before.size, root: before.root, to: head.size, root: head.root, proof: proof))
                }
            }
            latest[head.origin] = head
        }
    }
}

/// A log whose disk is full until it is repaired.
final class FailingLog: HeadLog {
    private let log: FileHeadLog
    private let isBroken = Mutex(true)

    init(_ log: FileHeadLog) { self.log = log }

    func repair() { isBroken.withLock { $0 = false } }

    func latest() async throws -> [String: SignedNote] { try await log.latest() }

    func append(
        _ heads: [SignedNote], list: @Sendable ([String: SignedNote]) throws -> SignedNote
    ) async throws -> [String: SignedNote] {
        if isBroken.withLock({ $0 }) { throw HeadLogError.refused(operation: "write to", path: "heads", code: ENOSPC) }
        return try await log.append(heads, list: list)
    }

    func latestList() async throws -> SignedNote? { try await log.latestList() }

    func read(_ each: @escaping @Sendable (HeadRecord) throws -> Void) async throws -> Int {
        try await log.read(each)
    }
}
