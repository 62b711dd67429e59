import Postgres
import Testing

@Suite("Values cross the wire in binary and keep their type")
struct ValueTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var value: PGValue
        var type: String
        var text: String?
    }

    private static let someUUID = PGUUID(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)

    /// What the server understood, in its own words.
    static let cases: [Case] = [
        Case(testDescription: "true", value: .bool(true), type: "boolean", text: "true"),
        Case(testDescription: "false", value: .bool(false), type: "boolean", text: "false"),
        Case(testDescription: "largest int8", value: .int(.max), type: "bigint", text: "9223372036854775807"),
        Case(testDescription: "smallest int8", value: .int(.min), type: "bigint", text: "-9223372036854775808"),
        Case(testDescription: "int4", value: .int4(-7), type: "integer", text: "-7"),
        Case(testDescription: "int2", value: .int2(-32768), type: "smallint", text: "-32768"),
        Case(testDescription: "double", value: .double(-0.1), type: "double precision", text: "-0.1"),
        Case(testDescription: "text", value: .text("Zoë 診療"), type: "text", text: "Zoë 診療"),
        Case(testDescription: "empty text is not NULL", value: .text(""), type: "text", text: ""),
        Case(testDescription: "bytes", value: .bytes([0, 1, 255]), type: "bytea", text: "\\x0001ff"),
        Case(testDescription: "no bytes are not NULL", value: .bytes([]), type: "bytea", text: "\\x"),
        Case(
            testDescription: "uuid", value: .uuid(someUUID.high, someUUID.low), type: "uuid",
            text: "00112233-4455-6677-8899-aabbccddeeff"),
        Case(
            testDescription: "microsecond", value: .timestamp(1_700_000_000_123_456),
            type: "timestamp with time zone", text: "2023-11-14 22:13:20.123456+00"),
        Case(
            testDescription: "before 1970", value: .timestamp(-1), type: "timestamp with time zone",
            text: "1969-12-31 23:59:59.999999+00"),
        Case(
            testDescription: "end of time", value: .timestamp(.max), type: "timestamp with time zone",
            text: "infinity"),
        Case(testDescription: "date", value: .date(20_000), type: "date", text: "2024-10-04"),
        Case(testDescription: "date before 1970", value: .date(-1), type: "date", text: "1969-12-31"),
        Case(testDescription: "bool[]", value: .boolArray([true, false]), type: "boolean[]", text: "{t,f}"),
        Case(testDescription: "int2[]", value: .int2Array([1, -2]), type: "smallint[]", text: "{1,-2}"),
        Case(testDescription: "int4[]", value: .int4Array([1, .min]), type: "integer[]", text: "{1,-2147483648}"),
        Case(testDescription: "int8[] with NULL", value: .intArray([1, nil]), type: "bigint[]", text: "{1,NULL}"),
        Case(testDescription: "empty array", value: .intArray([]), type: "bigint[]", text: "{}"),
        Case(
            testDescription: "float8[] with NULL", value: .doubleArray([0.5, nil]), type: "double precision[]",
            text: "{0.5,NULL}"),
        Case(
            testDescription: "text[] with NULL and comma", value: .textArray(["a,b", nil, ""]), type: "text[]",
            text: "{\"a,b\",NULL,\"\"}"),
        Case(
            testDescription: "bytea[] with NULL", value: .bytesArray([[1], nil, []]), type: "bytea[]",
            text: "{\"\\\\x01\",NULL,\"\\\\x\"}"),
        Case(
            testDescription: "uuid[] with NULL", value: .uuidArray([someUUID, nil]), type: "uuid[]",
            text: "{00112233-4455-6677-8899-aabbccddeeff,NULL}"),
        Case(
            testDescription: "timestamptz[] with NULL", value: .timestampArray([0, nil]),
            type: "timestamp with time zone[]", text: "{\"1970-01-01 00:00:00+00\",NULL}"),
        Case(
            testDescription: "date[] with NULL", value: .dateArray([0, nil]), type: "date[]",
            text: "{1970-01-01,NULL}"),
    ]

    @Test(arguments: cases)
    func serverUnderstands(_ example: Case) async throws {
        let pool = PGPool(url: try TestDatabase.serverURL(), label: "values", sessionsMax: 1)
        let rows = try await pool.withSession { session in
            try await session.execute(SQLStatement(name: "utc", text: "SET timezone TO 'UTC'"))
            return try await session.query("SELECT pg_typeof($1)::text, $1::text", [example.value])
        }
        #expect(rows.text(0, 0) == example.type)
        #expect(rows.textOrNil(0, 1) == example.text)
        await pool.close()
    }

    @Test func whatWasSentComesBack() async throws {
        let pool = PGPool(url: try TestDatabase.serverURL(), label: "values", sessionsMax: 1)
        let scalars = try await pool.query(
            "SELECT $1, $2, $3, $4, $5, $6, $7, $8, NULL::int8",
            [
                .int(-5), .bool(true), .double(1.25), .text("é"), .bytes([0, 9]), .uuid(1, 2), .timestamp(-123_456),
                .date(-40_000),
            ])
        #expect(scalars.int(0, 0) == -5)
        #expect(scalars.bool(0, 1))
        #expect(scalars.double(0, 2) == 1.25)
        #expect(scalars.text(0, 3) == "é")
        #expect(scalars.bytes(0, 4) == [0, 9])
        #expect(scalars.uuid(0, 5) == PGUUID(high: 1, low: 2))
        #expect(scalars.timestamp(0, 6) == -123_456)
        #expect(scalars.date(0, 7) == -40_000)
        #expect(scalars.intOrNil(0, 8) == nil)
        let arrays = try await pool.query(
            "SELECT $1, $2, $3, $4, $5, $6, $7, $8, '{\"a\": 1}'::jsonb, 7::int2, 1.5::float4",
            [
                .textArray(["x", nil]), .intArray([1, nil, 3]), .int2Array([4, 5]),
                .uuidArray([PGUUID(high: 3, low: 4)]),
                .bytesArray([[7], nil]), .timestampArray([-1, nil]), .dateArray([1, nil]), .boolArray([false, true]),
            ])
        #expect(arrays.textArrayWithNulls(0, 0) == ["x", nil])
        #expect(arrays.intArrayWithNulls(0, 1) == [1, nil, 3])
        #expect(arrays.intArray(0, 2) == [4, 5])
        #expect(arrays.uuidArray(0, 3) == [PGUUID(high: 3, low: 4)])
        #expect(arrays.bytesArrayWithNulls(0, 4) == [[7], nil])
        #expect(arrays.timestampArrayWithNulls(0, 5) == [-1, nil])
        #expect(arrays.dateArrayWithNulls(0, 6) == [1, nil])
        #expect(arrays.boolArray(0, 7) == [false, true])
        #expect(arrays.text(0, 8) == "{\"a\": 1}")
        #expect(arrays.int(0, 9) == 7)
        #expect(arrays.double(0, 10) == 1.5)
        await pool.close()
    }

    @Test("100,000 rows go as two parameters, where single values would meet the limit of 65,535")
    func setsGoAsArrays() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                _ = try await pool.query("CREATE TABLE t (id int8 PRIMARY KEY, name text)")
                let inserted = try await pool.query(
                    "INSERT INTO t SELECT * FROM unnest($1, $2)",
                    [.intArray((0..<100_000).map { $0 }), .textArray((0..<100_000).map { "name \($0)" })])
                #expect(inserted.affected == 100_000)
                let tooMany = try await failure {
                    let places = (1...70_000).map { "$\($0)" }.joined(separator: ",")
                    _ = try await pool.query("SELECT \(places)", Array(repeating: .int(1), count: 70_000))
                }
                #expect(tooMany.debugDescription.contains("65535") && !tooMany.isConnectionLost)
                #expect(try await pool.query("SELECT count(*) FROM t").int(0, 0) == 100_000)
            }
        }
    }
}
