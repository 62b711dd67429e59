import Postgres
import Synchronization
import Testing

@Suite("COPY streams in both directions")
struct CopyTests {
    private struct Enough: Error {}

    private static let copyIn = SQLStatement(name: "copy_in", text: "COPY t FROM STDIN")
    private static let copyOut = SQLStatement(
        name: "copy_out", text: "COPY (SELECT id, name, key FROM t ORDER BY id) TO STDOUT (FORMAT binary)")

    @Test func rowsGoInAndComeOutUnchanged() async throws {
        try await withTable { session in
            let sent = Atomic(0)
            let taken = try await session.copyIn(Self.copyIn) {
                let id = sent.add(1, ordering: .relaxed).newValue
                return id > 20_000
                    ? nil : Array("\(id)\tname \(id)\t00000000-0000-0000-0000-00000000000\(id % 10)\n".utf8)
            }
            #expect(taken == 20_000)

            let sums = Mutex((rows: 0, ids: Int64(0), names: 0, keys: UInt64(0)))
            let sentBack = try await session.copyOut(Self.copyOut) { chunk in
                try PGBinaryCopy.withRow(chunk, fieldCount: 3) { row in
                    sums.withLock {
                        $0.rows += 1
                        $0.ids += row.int(0)
                        $0.names += row.text(1) == "name \(row.int(0))" ? 1 : 0
                        $0.keys += row.uuid(2).low
                    }
                }
            }
            #expect(sentBack == 20_000)
            let seen = sums.withLock { $0 }
            #expect(seen.rows == 20_000 && seen.names == 20_000)
            #expect(seen.ids == 20_000 * 20_001 / 2)
            #expect(seen.keys == 20_000 / 10 * 45)
        }
    }

    @Test func aReaderThatThrowsEndsTheCopyAtOnce() async throws {
        try await withTable { session in
            let endless = SQLStatement(
                name: "copy_out", text: "COPY (SELECT generate_series(1, 1000000000000)) TO STDOUT")
            await #expect(throws: Enough.self) { _ = try await session.copyOut(endless) { _ in throw Enough() } }
            #expect(session.isRetired)
        }
    }

    @Test func aSenderThatThrowsCopiesNothing() async throws {
        try await withTable { session in
            let sent = Atomic(0)
            await #expect(throws: Enough.self) {
                _ = try await session.copyIn(Self.copyIn) {
                    guard sent.add(1, ordering: .relaxed).newValue < 100 else { throw Enough() }
                    return Array("\(sent.load(ordering: .relaxed))\tx\t\\N\n".utf8)
                }
            }
            let kept = try await session.query("SELECT count(*) FROM t").int(0, 0)
            #expect(kept == 0)
        }
    }

    @Test func whatTheServerRefusesIsItsError() async throws {
        try await withTable { session in
            let sent = Atomic(0)
            let error = try await failure {
                _ = try await session.copyIn(Self.copyIn) {
                    sent.add(1, ordering: .relaxed).newValue > 2 ? nil : Array("1\tx\t\\N\n".utf8)
                }
            }
            #expect(error.isUniqueViolation && error.constraint == "t_pkey" && error.operation == "copy_in")
            let notCopy = try await failure {
                _ = try await session.copyOut(SQLStatement(name: "no_copy", text: "SELECT 1")) { _ in }
            }
            #expect(notCopy.operation == "no_copy")
            #expect(try await session.query("SELECT count(*) FROM t").int(0, 0) == 0)
        }
    }

    @Test func cancellingATaskStopsItsCopy() async throws {
        try await TestDatabase.with { database in
            let session = PGSession(url: database.url, label: "copy")
            let (started, start) = AsyncStream<Void>.makeStream()
            let copying = Task {
                try await session.copyOut(
                    SQLStatement(name: "endless", text: "COPY (SELECT generate_series(1, 1000000000000)) TO STDOUT")
                ) { _ in start.yield() }
            }
            for await _ in started { break }
            copying.cancel()
            await #expect(throws: CancellationError.self) { _ = try await copying.value }
            await session.close()
        }
    }

    private func withTable(_ body: (PGSession) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            let session = PGSession(url: database.url, label: "copy")
            _ = try await session.query("CREATE TABLE t (id int8 PRIMARY KEY, name text, key uuid)")
            try await body(session)
            await session.close()
        }
    }
}
