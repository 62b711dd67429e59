import Crypto
import Domain
import EventStore
import Observability
import Postgres
import TestSupport
import Testing

@Suite("A history that was altered is not sealed: nothing is signed over it (G8)", .serialized)
struct TamperTests {
    /// What somebody with all rights did to the database between two heads.
    struct Crime: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sql: String
        let says: String
    }

    /// The shard that is altered; its last row is at `stamped`, its last head at the same place.
    static let shard = Shard(2)

    /// Names a row of the shard by its position.
    static func event(_ position: String) -> String {
        """
        (SELECT ids.outbox_id >> 1 FROM outbox_stamps s, unnest(s.outbox_ids) WITH ORDINALITY AS ids (outbox_id, place)
         WHERE s.shard = 2 AND s.first_position + ids.place - 1 = \(position))
        """
    }

    static let crimes: [Crime] = [
        Crime(
            testDescription: "payload changed",
            sql: "UPDATE events SET data = data || 'x' WHERE event_number = \(event("3"))",
            says: "are not those that were signed"),
        Crime(
            testDescription: "metadata changed",
            sql: "UPDATE events SET actor_subject = 'nobody' WHERE event_number = \(event("3"))",
            says: "are not those that were signed"),
        Crime(
            testDescription: "a column that is not published changed",
            sql: "UPDATE events SET relevant_until = NULL WHERE event_number = \(event("3"))",
            says: "are not those that were signed"),
        Crime(
            testDescription: "row deleted", sql: "DELETE FROM events WHERE event_number = \(event("3"))",
            says: "the row of position 3 is missing"),
        Crime(
            testDescription: "row doubled",
            sql: """
                INSERT INTO events_default SELECT (json_populate_record(e, '{"country_code": "it"}')).*
                FROM events e WHERE event_number = \(event("3"))
                """, says: "position 3 has two rows"),
        Crime(
            testDescription: "two rows swapped",
            sql: """
                UPDATE outbox_stamps SET outbox_ids = ARRAY(SELECT id FROM unnest(outbox_ids)
                    WITH ORDINALITY AS x (id, place) ORDER BY CASE place WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE place END)
                WHERE shard = 2 AND first_position = 1
                """, says: "are not those that were signed"),
        Crime(
            testDescription: "tail cut",
            sql: """
                DELETE FROM outbox_stamps WHERE shard = 2
                    AND first_position = (SELECT max(first_position) FROM outbox_stamps WHERE shard = 2)
                """,
            says: "the last signed head"),
    ]

    @Test("a sealer that starts finds it and signs nothing for this shard, but all others", arguments: crimes)
    func startsAndFinds(_ crime: Crime) async throws {
        try await SealBed.with("seal_tamper") { bed in
            try await bed.append(300)
            try await bed.append(300)
            try await bed.seal()
            let before = try await bed.heads()
            try await bed.tamper(crime.sql)
            try await bed.store.append((0..<200).map { bed.make.booking($0) })
            try await expectRefusal(bed, crime, before)
        }
    }

    /// The rest of the story: another 200 events get positions where they can, and a sealer looks at them.
    private func expectRefusal(_ bed: SealBed, _ crime: Crime, _ before: [Shard: Checkpoint]) async throws {
        if crime.testDescription != "tail cut" { try await bed.append(0) }
        let metrics = Metrics()
        let sealer = try bed.sealer(metrics: metrics)
        try await bed.sealing([sealer]) {
            try await eventually("the sealer says so") { sealer.fault != nil }
            try await bed.sealed(except: [Self.shard])
        }
        #expect(sealer.fault?.contains(crime.says) == true, "\(sealer.fault ?? "")")
        #expect(sealer.fault?.contains("appointments/booking/2") == true)
        #expect(sealer.fault?.contains("; ") == false, "only the shard that was altered")
        let after = try await bed.heads()
        #expect(after[Self.shard] == before[Self.shard])
        let text = String(decoding: metrics.render(), as: UTF8.self)
        #expect(text.contains(#"history_seal_broken{database="booking"} 1"#))
    }

    @Test("a running sealer finds a cut tail before it signs anything else")
    func findsCutWhileRunning() async throws {
        try await SealBed.with("seal_cut_live") { bed in
            try await bed.append(300)
            let sealer = try bed.sealer()
            try await bed.sealing([sealer]) {
                try await bed.sealed()
                try await bed.tamper("DELETE FROM outbox_stamps WHERE shard = 2")
                try await eventually("the sealer says so") {
                    sealer.fault?.contains("the store has 0 positions") == true
                }
            }
        }
    }

    @Test("a tile with other hashes than the rows give stops the shard")
    func findsForeignTile() async throws {
        try await SealBed.with("seal_tile") { bed in
            try await bed.append(3_000)
            try await bed.seal()
            try await bed.append(3_000)
            try await bed.store.run(
                """
                INSERT INTO seal_tiles (shard, level, tile, root, hashes)
                SELECT shard, level, (SELECT max(tile) + 1 FROM seal_tiles WHERE shard = 2 AND level = 0), root, hashes
                FROM seal_tiles WHERE shard = 2 AND level = 0 ORDER BY tile LIMIT 1
                """)
            let sealer = try bed.sealer()
            try await bed.sealing([sealer]) {
                try await eventually("the sealer says so") {
                    sealer.fault?.contains("of level 0 was made from") == true
                }
                try await bed.sealed(except: [Self.shard])
            }
        }
    }

    /// What somebody did to the log of heads.
    struct Forgery: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let size: Int64
        let isOurs: Bool
        let says: String
    }

    static let forgeries: [Forgery] = [
        Forgery(
            testDescription: "a head of another key", size: 1_000_000, isOurs: false,
            says: "is not signed by this system's key"),
        Forgery(
            testDescription: "a head with our key over more than there is: an old copy of the database",
            size: 1_000_000,
            isOurs: true, says: "the last signed head 1000000"),
        Forgery(
            testDescription: "a head with our key and another root: two histories", size: 70, isOurs: true,
            says: "the first 70 positions are not those that were signed"),
    ]

    @Test("a head that contradicts the store stops the shard", arguments: forgeries)
    func findsForgedHead(_ forgery: Forgery) async throws {
        try await SealBed.with("seal_forged") { bed in
            try await bed.append(300)
            try await bed.seal()
            try await bed.append(300)
            let key = forgery.isOurs ? bed.key : try Ed25519PrivateKey()
            let forged = Checkpoint(
                origin: SealedTree(database: "booking", shard: Self.shard).origin, size: forgery.size,
                root: TreeHasher.emptyRoot)
            _ = try await bed.log.append([forged.signed(by: key)]) { _ in
                try HeadList(signedAt: Instant(seconds: 0), heads: []).signed(by: key)
            }
            let sealer = try bed.sealer()
            try await bed.sealing([sealer]) {
                try await eventually("the sealer says so") { sealer.fault?.contains(forgery.says) == true }
                try await bed.sealed(except: [Self.shard])
            }
        }
    }
}
