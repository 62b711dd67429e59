import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@Suite("Verification of the history: every alteration is found, and the first wrong row is named (G8)")
struct HistoryVerifierTests {
    /// What somebody with all rights did to the database.
    struct Crime: Sendable {
        let name: String
        let sql: String
        let kind: HistoryFinding.Kind
        /// The position that must be named first; nil: the finding has none.
        let position: Int64?

        init(_ name: String, _ sql: String, _ kind: HistoryFinding.Kind, at position: Int64?) {
            self.name = name
            self.sql = sql
            self.kind = kind
            self.position = position
        }
    }

    /// A position of the second tile, and one behind it.
    static let position: Int64 = 300
    static let other: Int64 = 305

    private static func set(_ change: String) -> Crime {
        Crime(
            "column changed: \(change)",
            "UPDATE events SET \(change) WHERE event_number = \(VerifyBed.event(position))", .rowChanged, at: position)
    }

    /// Every column but the number, by which the row is found.
    static let columns: [Crime] = [
        "country_code = 'it'", "recorded_at = recorded_at + interval '1 microsecond'", "event_id = gen_random_uuid()",
        "stream = stream || 'x'", "stream_version = stream_version + 1", "type = 'BookingCancelled'",
        "data_version = data_version + 1", "data = set_byte(data, 10, get_byte(data, 10) # 1)", "data = data || ' '",
        "occurred_at = occurred_at - interval '1 microsecond'", "correlation_id = ''", "causation_id = ''",
        "actor_role = 'patient'", "actor_subject = 'nobody'", "traceparent = ''", "zone_rules = NULL",
        "key = gen_random_uuid()", "second_key = key, second_shard = 1", "shard = 3",
        "relevant_until = relevant_until + 1", "relevant_until = 'infinity'", "relevant_until = NULL",
        "patient_id = gen_random_uuid()",
    ].map(set)

    static let rows: [Crime] = [
        Crime(
            "row of the last, incomplete tile changed",
            "UPDATE events SET type = 'x' WHERE event_number = \(VerifyBed.event(520))", .rowChanged, at: 520),
        Crime(
            "number changed",
            "UPDATE events SET event_number = 9000000 WHERE event_number = \(VerifyBed.event(position))",
            .rowMissing, at: position),
        Crime(
            "row deleted", "DELETE FROM events WHERE event_number = \(VerifyBed.event(position))", .rowMissing,
            at: position),
        Crime(
            "rows deleted, the first one named",
            "DELETE FROM events WHERE event_number IN "
                + "(\(VerifyBed.event(other)), \(VerifyBed.event(position)))", .rowMissing, at: position),
        Crime(
            "second row of a number",
            """
            INSERT INTO events_default SELECT (json_populate_record(e, '{"country_code": "it"}')).*
            FROM events e WHERE event_number = \(VerifyBed.event(position))
            """, .rowDoubled, at: position),
        Crime(
            "event inserted",
            """
            INSERT INTO events_default SELECT (json_populate_record(e, '{"country_code": "it", "event_number": 900}')).*
            FROM events e WHERE event_number = \(VerifyBed.event(position));
            UPDATE events SET event_number = 9000001 WHERE event_number = 900 AND country_code = 'it'
            """, .rowInserted, at: nil),
        Crime(
            "rows swapped under their numbers",
            """
            CREATE TEMP TABLE pair AS SELECT \(VerifyBed.event(position)) AS a, \(VerifyBed.event(other)) AS b;
            UPDATE events SET event_number = -1 WHERE event_number = (SELECT a FROM pair);
            UPDATE events SET event_number = (SELECT a FROM pair) WHERE event_number = (SELECT b FROM pair);
            UPDATE events SET event_number = (SELECT b FROM pair) WHERE event_number = -1; DROP TABLE pair
            """, .rowsSwapped, at: position),
    ]

    static let stamps: [Crime] = [
        Crime("positions swapped", swappedIDs(position, other), .rowsSwapped, at: position),
        Crime(
            "position given to another event",
            """
            UPDATE outbox_stamps SET outbox_ids[\(position) - first_position + 1] = 20000000
            WHERE shard = 2 AND \(position) BETWEEN first_position AND last_position
            """, .rowMissing, at: position),
        Crime(
            "position given to an event that has one",
            """
            UPDATE outbox_stamps SET outbox_ids[\(other) - first_position + 1] = \(VerifyBed.event(position)) * 2
            WHERE shard = 2 AND \(other) BETWEEN first_position AND last_position
            """, .stampAltered, at: other),
        Crime(
            "events hidden from readers by the bounds of time",
            """
            UPDATE outbox_stamps SET recorded_to = recorded_from - interval '1 day'
            WHERE shard = 2 AND first_position = 1
            """, .stampAltered, at: 1),
        Crime(
            "stamp in the middle deleted",
            "DELETE FROM outbox_stamps WHERE shard = 2 AND first_position = "
                + "(SELECT min(first_position) FROM outbox_stamps WHERE shard = 2 AND first_position > 1)",
            .stampAltered, at: nil),
    ]

    private static func swappedIDs(_ one: Int64, _ two: Int64) -> String {
        """
        CREATE TEMP TABLE pair AS SELECT \(VerifyBed.event(one)) AS a, \(VerifyBed.event(two)) AS b;
        UPDATE outbox_stamps SET outbox_ids = ARRAY(
            SELECT CASE x.id >> 1 WHEN (SELECT a FROM pair) THEN (SELECT b FROM pair) * 2 + (x.id & 1)
                                  WHEN (SELECT b FROM pair) THEN (SELECT a FROM pair) * 2 + (x.id & 1)
                                  ELSE x.id END
            FROM unnest(outbox_ids) WITH ORDINALITY AS x (id, place) ORDER BY place)
        WHERE shard = 2 AND (\(one) BETWEEN first_position AND last_position
                             OR \(two) BETWEEN first_position AND last_position);
        DROP TABLE pair
        """
    }

    static let trees: [Crime] = [
        Crime(
            "a leaf of the stored tree changed",
            "UPDATE seal_tiles SET hashes = set_byte(hashes, 32 * 44, get_byte(hashes, 32 * 44) # 1) "
                + "WHERE shard = 2 AND level = 0 AND tile = 1", .treeAltered, at: 301),
        Crime(
            "the root of a tile changed",
            "UPDATE seal_tiles SET root = set_byte(root, 0, get_byte(root, 0) # 1) "
                + "WHERE shard = 2 AND level = 0 AND tile = 1", .treeAltered, at: 257),
        Crime(
            "a tile deleted", "DELETE FROM seal_tiles WHERE shard = 2 AND level = 0 AND tile = 1", .treeAltered, at: 257
        ),
        Crime(
            "a leaf of the tree's edge changed",
            "UPDATE seal_edges SET hashes = set_byte(hashes, 32, get_byte(hashes, 32) # 1) WHERE shard = 2",
            .treeAltered, at: 514),
        Crime(
            "head row of a stream put forward",
            "UPDATE stream_heads SET version = version + 1 WHERE stream = "
                + "(SELECT stream FROM stream_heads ORDER BY stream LIMIT 1)", .versionGap, at: nil),
    ]

    @Test("each is found, is the first thing named, and names its event where it is still there")
    func findsEveryCrime() async throws {
        try await VerifyBed.with("verify_crimes") { bed in
            try await bed.remember()
            for crime in Self.columns + Self.rows + Self.stamps + Self.trees {
                let number = try await bed.bed.store.int("SELECT \(VerifyBed.event(Self.position))")
                try await bed.altered(crime.sql) {
                    let report = try await bed.verify()
                    let findings = report.allFindings
                    let first = findings.first { $0.kind == crime.kind }
                    #expect(first != nil, "\(crime.name): \(findings)")
                    guard let first else { return }
                    if let position = crime.position {
                        #expect(first.position == position, "\(crime.name): \(findings)")
                        #expect(first.shard == VerifyBed.shard, "\(crime.name)")
                        let before = findings.filter { $0.shard == VerifyBed.shard && $0.position ?? 0 < position }
                        #expect(before.filter { $0.position != nil }.isEmpty, "\(crime.name): \(before)")
                    }
                    if crime.kind == .rowChanged, crime.position == Self.position {
                        #expect(first.event?.number == number, "\(crime.name)")
                        #expect(first.event?.eventID != nil && first.event?.stream != nil, "\(crime.name)")
                    }
                    let elsewhere = findings.filter { $0.kind != .rowInserted && $0.shard != VerifyBed.shard }
                    if crime.kind != .versionGap {
                        #expect(elsewhere.filter { $0.kind != .versionGap }.isEmpty, "\(crime.name): \(elsewhere)")
                    }
                }
            }
            #expect(try await bed.verify().isGood, "after all was put back")
        }
    }

    @Test("row and stored tree altered alike: named between two heads, and said so; a lie alone in the tree is one")
    func narrowsWhatItCannotName() async throws {
        try await VerifyBed.with("verify_both") { bed in
            let sizes = try await bed.headSizes()
            let position = sizes[0] + 3
            try await bed.bed.tamper(
                """
                UPDATE events SET data = data || ' ' WHERE event_number = \(VerifyBed.event(position));
                UPDATE seal_tiles SET hashes = set_byte(hashes, 5, 1 + get_byte(hashes, 5) % 200) WHERE shard = 2
                """)
            let report = try await bed.verify()
            let finding = try #require(report.allFindings.first { $0.shard == VerifyBed.shard })
            // The stored tree lies before the first head already, where the rows are right.
            #expect(finding.kind == .treeAltered && finding.position == 1, "\(report.allFindings)")
            let next = try #require(report.allFindings.first { $0.kind == .stretchChanged || $0.kind == .rowChanged })
            #expect(next.position.map { $0 <= position && $0 > sizes[0] } == true, "\(next)")
            #expect((next.lastPosition ?? next.position ?? 0) >= position, "\(next)")
        }
    }

    @Test("a tail that was cut off is seen, with its rows or without, because heads are kept outside")
    func seesACutTail() async throws {
        try await VerifyBed.with("verify_tail") { bed in
            try await bed.remember()
            let cut = "DELETE FROM outbox_stamps WHERE shard = 2 AND first_position > 400"
            let rows = """
                DELETE FROM events WHERE event_number IN (
                    SELECT id >> 1 FROM outbox_stamps s, unnest(s.outbox_ids) AS id
                    WHERE s.shard = 2 AND s.first_position > 400)
                """
            for sql in [cut, "\(rows); \(cut)"] {
                try await bed.altered(sql) {
                    let last = try await bed.bed.store.int(
                        "SELECT max(last_position) FROM outbox_stamps WHERE shard = 2")
                    let findings = try await bed.verify().allFindings
                    let first = try #require(findings.first { $0.shard == VerifyBed.shard && $0.position != nil })
                    #expect(first.kind == .tailCut && first.position == last + 1, "\(findings)")
                }
            }
            #expect(try await bed.verify().isGood)
        }
    }

    @Test("a history that nobody touched passes while writers, relayer and sealer go on")
    func passesWhileItGrows() async throws {
        try await VerifyBed.with("verify_live") { bed in
            let ended = Tally()
            let writing = Task {
                while ended.count == 0 { try await bed.append(120) }
            }
            do {
                try await bed.bed.sealing([bed.bed.sealer()]) {
                    for _ in 0..<6 {
                        let report = try await bed.verify()
                        #expect(report.isGood, "\(report.allFindings)")
                    }
                }
            } catch {
                ended.add(1)
                throw error
            }
            ended.add(1)
            try await writing.value
            try await bed.bed.seal()
            let report = try await bed.verify()
            #expect(report.isGood)
            #expect(report.shards.allSatisfy { $0.provenThrough == $0.stampedThrough && $0.unsealedCount == 0 })
            let rows = try await bed.bed.store.int("SELECT count(*) FROM events")
            #expect(report.rowCount == rows)
        }
    }

    @Test("a part is proven by itself; what was verified is trusted and only the rest read")
    func verifiesParts() async throws {
        try await VerifyBed.with("verify_parts") { bed in
            let part = try await bed.verify(.positions(VerifyBed.shard, 290...310))
            #expect(part.isGood && part.shards.count == 1 && part.shards[0].firstPosition == 257)
            #expect(part.shards[0].provenThrough >= 310)
            let whole = try await bed.verify()
            let known = Dictionary(
                uniqueKeysWithValues: whole.shards.compactMap { shard in shard.verified.map { (shard.tree, $0) } })
            #expect(known.count == 6)
            try await bed.append(300)
            try await bed.bed.seal()
            let since = try await bed.verify(.since(known))
            #expect(since.isGood && since.rowCount < 600)
            #expect(since.shards.allSatisfy { $0.provenThrough == $0.stampedThrough })

            try await bed.bed.tamper(
                "UPDATE events SET actor_role = 'x' WHERE event_number = \(VerifyBed.event(Self.position))")
            let found = try await bed.verify(.positions(VerifyBed.shard, 290...310))
            #expect(found.allFindings.first?.position == Self.position)
            #expect(try await bed.verify(.positions(VerifyBed.shard, 520...530)).isGood)
            #expect(try await bed.verify(.since(known)).isGood, "what is trusted is not read again, and says so")
            let day = Instant(seconds: 0)..<Instant(seconds: 4_000_000_000)
            #expect(try await bed.verify(.time(day)).allFindings.first?.position == Self.position)
            await #expect(throws: HistoryNotCovered.self) {
                try await bed.verify(.positions(VerifyBed.shard, 90_000...90_001))
            }
        }
    }
}
