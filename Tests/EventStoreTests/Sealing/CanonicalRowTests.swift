import Crypto
import Domain
import EventStore
import Postgres
import Testing

@Suite("Canonical row: what a leaf hashes, field by field (G8)")
struct CanonicalRowTests {
    static let values: [SealedRow.Value] = [
        .number(7), .number(0), .text("fr"), .number(1_790_000_000_000_001), .number(42), .bytes(uuid(1)),
        .text("booking-1"), .number(3), .text("BookingCreated"), .number(1), .bytes([0x7B, 0x7D]), .number(-1),
        .text("corr"), .null, .text("staff"), .text("staff-1"), .null, .text("2026a"), .bytes(uuid(2)), .null,
        .number(4), .null, .number(20_717), .bytes(uuid(3)),
    ]

    static func uuid(_ last: UInt8) -> [UInt8] { [UInt8](repeating: 0, count: 15) + [last] }

    @Test("the bytes of version 1 never change: this row's are written down here")
    func bytesAreFixed() throws {
        let row = try SealedRow(database: "booking", shard: 4, values: Self.values)
        let expected = [
            "00000012", hexadecimal(Array("appointments-row/1".utf8)), "00000007", hexadecimal(Array("booking".utf8)),
            "00000008", "0000000000000004",  // shard of the tree
            "00000008", "0000000000000007",  // position
            "00000008", "0000000000000000",  // side
            "00000002", "6672", "00000008", "00065bfeda25e001", "00000008", "000000000000002a",
            "00000010", "00000000000000000000000000000001", "00000009", hexadecimal(Array("booking-1".utf8)),
            "00000008", "0000000000000003", "0000000e", hexadecimal(Array("BookingCreated".utf8)),
            "00000008", "0000000000000001", "00000002", "7b7d", "00000008", "ffffffffffffffff",
            "00000004", "636f7272", "ffffffff", "00000005", "7374616666", "00000007", "73746166662d31",
            "ffffffff", "00000005", "3230323661", "00000010", "00000000000000000000000000000002", "ffffffff",
            "00000008", "0000000000000004", "ffffffff", "00000008", "00000000000050ed",
            "00000010", "00000000000000000000000000000003",
        ].joined()
        #expect(hexadecimal(row.canonicalBytes) == expected)
        #expect(try CanonicalRow.row(reading: row.canonicalBytes) == row)
        #expect(row.position == 7)
        #expect(row.value("relevant_until") == .number(20_717))
        #expect(row.value("nothing") == nil)
    }

    /// A change of one value by which the bytes must differ, or the row be refused.
    @Test("every column is in the bytes: changing any one changes them", arguments: 0..<24)
    func everyColumnCounts(_ column: Int) throws {
        let row = try SealedRow(database: "booking", shard: 4, values: Self.values)
        var values = Self.values
        values[column] =
            switch values[column] {
            case .null: [19].contains(column) ? .bytes(Self.uuid(9)) : column == 21 ? .number(0) : .text("")
            case .text(let text): .text(text + "x")
            case .number(let number): .number(number + 1)
            case .bytes(let bytes): .bytes(bytes.dropLast() + [0xFF])
            }
        let changed = try SealedRow(database: "booking", shard: 4, values: values)
        #expect(changed.canonicalBytes != row.canonicalBytes)
        #expect(row.columns.count == 24)
    }

    @Test("moving a byte from one field to the next gives other bytes, and NULL is not empty")
    func fieldsCannotRunTogether() throws {
        func row(_ role: String, _ subject: String, _ cause: SealedRow.Value) throws -> [UInt8] {
            var values = Self.values
            values[13] = cause
            values[14] = .text(role)
            values[15] = .text(subject)
            return try SealedRow(database: "booking", shard: 4, values: values).canonicalBytes
        }
        #expect(try row("staff", "s", .null) != row("staf", "fs", .null))
        #expect(try row("staff", "s", .null) != row("staff", "s", .text("")))
    }

    @Test("bytes that were cut, have more, or are of another format are refused; so are values of another kind")
    func refusesOthers() throws {
        let bytes = try SealedRow(database: "booking", shard: 4, values: Self.values).canonicalBytes
        for count in 0..<bytes.count {
            #expect(throws: SealedRowError.self) { try CanonicalRow.row(reading: Array(bytes.prefix(count))) }
        }
        #expect(throws: SealedRowError.malformed(at: "end")) { try CanonicalRow.row(reading: bytes + [0]) }
        var other = bytes
        other[21] = UInt8(ascii: "2")
        #expect(throws: SealedRowError.unknownFormat) { try CanonicalRow.row(reading: other) }
        var values = Self.values
        values[2] = .null
        #expect(throws: SealedRowError.malformed(at: "country_code")) {
            try SealedRow(database: "booking", shard: 4, values: values)
        }
    }

    @Test("a row of the database, of a COPY and read back have the same bytes; every column of the table is in it")
    func sameFromEverywhere() async throws {
        try await Store.with("canonical_row") { store in
            let make = EventMaker()
            var metadata = make.metadata(trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            metadata.causationID = "cause"
            let event = make.created(make.practitioners[3], country: .de)
            try await store.append([EventToAppend(.created(event), version: 1, metadata: metadata)])
            let bed = SealBed(store: store, folder: "", key: try Ed25519PrivateKey())
            try await bed.append(1)
            let shard = RecordKey(make.practitioners[3]).shard
            let tree = SealedTree(database: "booking", shard: shard)
            let row = try await store.pool.withSession { session in
                try await SealedRows.row(of: tree, at: 1, on: session)
            }
            let sealed = try #require(row)
            #expect(sealed.value("data") == .bytes(EventCodec.encode(.created(event) as BookingEvent)))
            #expect(sealed.value("causation_id") == .text("cause"))
            #expect(sealed.value("shard") == .number(Int64(shard.number)))
            let columns = try await store.pool.query(
                SQLStatement(
                    name: "test",
                    text: """
                        SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute
                        WHERE attrelid = 'events'::regclass AND attnum > 0 AND NOT attisdropped
                        """)
            ).textArray(0, 0)
            #expect(sealed.columns.map(\.name) == ["position", "side"] + columns)
        }
    }
}
