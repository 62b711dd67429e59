import Crypto
import Domain
import Foundation
import Postgres
import TestSupport
import Testing

@testable import EventStore

@Suite("Verification of heads: forged, foreign, old and forked ones are found (G8)")
struct HeadCrimeTests {
    private static let tree = SealedTree(database: "booking", shard: VerifyBed.shard)

    /// Adds notes to the log's file as they are, past everything that the log checks.
    private func add(_ notes: [SignedNote], to bed: VerifyBed) throws {
        let name = try #require(try bed.logFiles().keys.max())
        let file = try FileHandle(forWritingTo: URL(filePath: "\(bed.bed.folder)/\(name)"))
        try file.seekToEnd()
        for note in notes { try file.write(contentsOf: Data(HeadFile.record(note, at: bed.bed.clock.now()))) }
        try file.close()
    }

    private func head(_ bed: VerifyBed, size: Int64) async throws -> Checkpoint {
        let root = try await bed.bed.store.pool.withSession { try await TreeReader(Self.tree, $0).root(size: size) }
        return Checkpoint(origin: Self.tree.origin, size: size, root: root)
    }

    private func fork(_ size: Int64) -> Checkpoint {
        Checkpoint(origin: Self.tree.origin, size: size, root: TreeHasher.emptyRoot)
    }

    @Test("each crime against the log of heads is named with its place; rows stay proven")
    func findsCrimesAgainstTheLog() async throws {
        try await VerifyBed.with("verify_heads") { bed in
            let (key, other) = (bed.bed.key, try Ed25519PrivateKey())
            let files = try bed.logFiles()
            let sizes = try await bed.headSizes()
            let last = try #require(sizes.last)
            let true0 = try await head(bed, size: sizes[0])
            let signed = try await head(bed, size: last).signed(by: key)
            let signature = try #require(signed.signatures.first)
            let forged = SignedNote(text: fork(last + 1).text, signatures: [signature])
            let oldList = try HeadList(signedAt: Instant(seconds: 1), heads: [true0]).signed(by: key)
            let crimes: [(name: String, notes: [SignedNote], kind: HistoryFinding.Kind, position: Int64?)] = [
                ("the signature of another head", [forged], .headForged, last + 1),
                ("another key", [try fork(last + 1).signed(by: other)], .headOfAnotherKey, last + 1),
                ("an old head again", [try true0.signed(by: key)], .headOutOfOrder, sizes[0]),
                ("an old list again", [oldList], .headOutOfOrder, sizes[0]),
                ("two heads of one size", [try fork(last).signed(by: key)], .headForked, last),
                (
                    "no tree of ours", [try Checkpoint(origin: "x", size: 1, root: true0.root).signed(by: key)],
                    .headUnreadable, 1
                ),
            ]
            for crime in crimes {
                try add(crime.notes, to: bed)
                let book = try await bed.book()
                let found = try #require(book.findings.kept.first, "\(crime.name)")
                #expect(found.kind == crime.kind && found.position == crime.position, "\(crime.name): \(found)")
                #expect(found.detail.contains("heads-"), "\(crime.name) says where: \(found.detail)")
                try bed.restoreLog(files)
            }
            let report = try await bed.verify()
            #expect(report.isGood)
        }
    }

    @Test("a signed head of another history: named as one, also between heads; at the end it counts against the rows")
    func findsAFork() async throws {
        try await VerifyBed.with("verify_fork") { bed in
            let files = try bed.logFiles()
            let sizes = try await bed.headSizes()
            try add([try fork(sizes[1] - 10).signed(by: bed.bed.key)], to: bed)
            let book = try await bed.book()
            #expect(book.findings.kept.map(\.kind) == [.headOutOfOrder])
            let report = try await bed.verify(book: book)
            #expect(report.allFindings.map(\.kind) == [.headForked], "\(report.allFindings)")
            #expect(report.allFindings.first?.position == sizes[1] - 10)
            try bed.restoreLog(files)

            let last = try #require(sizes.last)
            try await bed.append(300)
            try add([try fork(last + 5).signed(by: bed.bed.key)], to: bed)
            let atEnd = try await bed.verify().allFindings
            #expect(atEnd.map(\.kind) == [.stretchChanged], "\(atEnd)")
            #expect(atEnd.first?.position == last + 1 && atEnd.first?.lastPosition == last + 5)
        }
    }

    @Test("what was verified is not looked at again; but an old head behind it is one, and a list speaks for its heads")
    func beginsAtWhatWasVerified() async throws {
        try await VerifyBed.with("verify_floor") { bed in
            let (key, log) = (bed.bed.key, bed.bed.log)
            let sizes = try await bed.headSizes()
            let floors = [Self.tree: sizes[1]]
            let book = try await HeadBook.read(log, publicKey: key.publicKey, trees: [Self.tree], floors: floors)
            #expect(book.heads[Self.tree]?.map(\.size) == Array(sizes[1...]) && book.findings.isEmpty)
            try add([try await head(bed, size: sizes[0]).signed(by: key)], to: bed)
            let again = try await HeadBook.read(log, publicKey: key.publicKey, trees: [Self.tree], floors: floors)
            #expect(again.findings.kept.map(\.kind) == [.headOutOfOrder])

            let next = fork(try #require(sizes.last) + 1)
            let unsigned = SignedNote(text: next.text, signatures: try fork(1).signed(by: key).signatures)
            let list = try HeadList(signedAt: bed.bed.clock.now(), heads: [next]).signed(by: key)
            try add([unsigned, list], to: bed)
            let listed = try await HeadBook.read(log, publicKey: key.publicKey, trees: [Self.tree], floors: floors)
            #expect(listed.findings.count == 1 && listed.sealedSize(Self.tree) == next.size)
        }
    }

    @Test("a log that was emptied, or put back to an older one, is not silently trusted by --since-last")
    func missesWhatWasVerified() async throws {
        try await VerifyBed.with("verify_lost_heads") { bed in
            let whole = try await bed.verify()
            let known = Dictionary(
                uniqueKeysWithValues: whole.shards.compactMap { shard in shard.verified.map { (shard.tree, $0) } })
            for name in try bed.logFiles().keys {
                try FileManager.default.removeItem(atPath: "\(bed.bed.folder)/\(name)")
            }
            let findings = try await bed.verify(.since(known)).allFindings
            #expect(findings.count == known.count && findings.allSatisfy { $0.kind == .verifiedHeadGone })
        }
    }
}
