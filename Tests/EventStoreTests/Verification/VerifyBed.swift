import Crypto
import Domain
import EventStore
import Foundation
import Kafka
import Postgres
import TestSupport

/// A sealed history that is altered and put back, again and again.
struct VerifyBed: Sendable {
    /// The shard that is altered.
    static let shard = Shard(2)
    private static let tables = ["events", "outbox_stamps", "seal_tiles", "seal_edges", "stream_heads", "outbox"]

    let bed: SealBed

    /// A history of three sealed stretches, of some 600 positions a shard, with moves between practitioners in it.
    static func with(_ suite: String, _ body: (VerifyBed) async throws -> Void) async throws {
        try await SealBed.with(suite) { bed in
            let verify = VerifyBed(bed: bed)
            for count in [1_500, 1_500, 600] {
                try await verify.append(count)
                try await bed.seal()
            }
            try await body(verify)
        }
    }

    /// Bookings, every tenth moved to another practitioner, with all positions given.
    func append(_ count: Int) async throws {
        let make = bed.make
        var events: [EventToAppend] = []
        for index in 0..<count {
            let from = make.practitioners[index % make.practitioners.count]
            let created = make.created(from)
            events.append(EventToAppend(.created(created), version: 1, metadata: make.metadata(trace: nil)))
            guard index % 10 == 0 else { continue }
            let to = make.practitioners[(index + 7) % make.practitioners.count]
            let moved = BookingRescheduled(
                bookingID: created.bookingID, patientID: created.patientID, country: .fr, from: make.place(from),
                to: make.place(to, slot: 5))
            events.append(EventToAppend(.rescheduled(moved), version: 2, metadata: make.metadata(trace: "00-trace")))
        }
        for start in stride(from: 0, to: events.count, by: 1_000) {
            try await bed.store.append(Array(events[start..<min(start + 1_000, events.count)]))
        }
        let relayer = bed.store.relayer("stamper", topic: nil, kafka: KafkaSettings(bootstrapServers: "127.0.0.1:1"))
        try await bed.store.relaying([relayer]) { _ in
            try await eventually("everything has a position", within: .seconds(20)) {
                try await bed.store.int("SELECT count(*) FROM outbox") == 0
            }
        }
    }

    func book() async throws -> HeadBook { try await HeadBook.read(bed.log, publicKey: bed.key.publicKey) }

    /// What `verify` says now.
    func verify(_ scope: HistoryScope = .whole, book: HeadBook? = nil) async throws -> HistoryReport {
        let heads = if let book { book } else { try await self.book() }
        return try await HistoryVerifier(database: "booking", pool: bed.store.pool, book: heads).verify(scope)
    }

    /// The positions that signed heads of the altered shard end at, the smaller ones first.
    func headSizes() async throws -> [Int64] {
        try await book().heads[SealedTree(database: "booking", shard: Self.shard)]?.map(\.size) ?? []
    }

    /// Event number, id, and place in its stamp of a position of the altered shard, as SQL.
    static func event(_ position: Int64) -> String {
        """
        (SELECT ids.outbox_id >> 1 FROM outbox_stamps s, unnest(s.outbox_ids) WITH ORDINALITY AS ids (outbox_id, place)
         WHERE s.shard = \(shard.number) AND s.first_position + ids.place - 1 = \(position))
        """
    }

    // MARK: altering and putting back

    /// Remembers everything as it is.
    func remember() async throws {
        try await bed.store.run("DROP SCHEMA IF EXISTS memory CASCADE; CREATE SCHEMA memory")
        for table in Self.tables { try await bed.store.run("CREATE TABLE memory.\(table) AS SELECT * FROM \(table)") }
    }

    /// Puts everything back.
    func restore() async throws {
        for table in Self.tables {
            try await bed.tamper("TRUNCATE \(table); INSERT INTO \(table) SELECT * FROM memory.\(table)")
        }
    }

    /// Alters the history, lets `body` look at it, and puts it back.
    func altered(_ sql: String, _ body: () async throws -> Void) async throws {
        try await bed.tamper(sql)
        try await body()
        try await restore()
    }

    /// The files of the log by name.
    func logFiles() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: bed.folder) where name.hasSuffix(".txt") {
            files[name] = try Data(contentsOf: URL(filePath: "\(bed.folder)/\(name)"))
        }
        return files
    }

    /// Puts the log's files back.
    func restoreLog(_ files: [String: Data]) throws {
        for (name, data) in files { try data.write(to: URL(filePath: "\(bed.folder)/\(name)")) }
    }
}
