import Domain
import EventStore
import Postgres
import Synchronization

/// Streams the documents of some partitions in few words each, by several sessions of one snapshot: each takes the next
/// pages of the tables when it is done with its last ones.
struct BriefScan: Sendable {
    /// Some pages of one table.
    private struct Stretch: Sendable {
        let table: String
        let pages: Range<Int64>
    }

    /// 8 MiB: enough that a statement more is not to be seen, and few enough that sessions end together.
    private static let stretchPages: Int64 = 1_024

    private let epoch: Int64
    private let partitions: String
    private let gridHashes: [Int32: UInt64]
    private let rest: Rest

    /// What is still to be read.
    private final class Rest: Sendable {
        private let stretches: Mutex<ArraySlice<Stretch>>

        init(_ stretches: [Stretch]) { self.stretches = Mutex(stretches[...]) }

        func next() -> Stretch? { stretches.withLock { $0.popFirst() } }
    }

    /// Finds out what there is to be read, in the snapshot of the session's transaction.
    ///
    /// - Throws: `PGError`.
    init(epoch: Int64, _ shards: [Shard], on session: PGSession) async throws {
        self.epoch = epoch
        partitions = shards.map { "\($0.number)" }.joined(separator: ", ")
        let read = try await session.pipeline([PGStep(SQL.readGridHashes), PGStep(SQL.listTables)])
        let (grids, tables) = (read[0], read[1])
        gridHashes = (0..<grids.count).reduce(into: [:]) { hashes, row in
            hashes[Int32(truncatingIfNeeded: grids.int(row, 0))] = UInt64(bitPattern: grids.int(row, 1))
        }
        rest = Rest(
            (0..<tables.count).flatMap { row in
                let (table, pages) = (tables.text(row, 0), tables.int(row, 1))
                return stride(from: 0, to: pages, by: Int(Self.stretchPages)).map { first in
                    Stretch(table: table, pages: first..<min(first + Self.stretchPages, pages))
                }
            })
    }

    /// Reads until nothing is left, by one session of the snapshot; several do so beside each other.
    ///
    /// - Throws: What `each` throws; `PGError`.
    func run(on session: PGSession, _ each: @escaping @Sendable (DocumentInBrief) throws -> Void) async throws {
        let gridHashes = gridHashes
        while let stretch = rest.next() {
            _ = try await session.copyOut(copy(stretch)) { chunk in
                try PGBinaryCopy.withRow(chunk, fieldCount: DocumentInBrief.fieldCount) { row in
                    try each(DocumentInBrief(row: row, gridHashes: gridHashes))
                }
            }
        }
    }

    private func copy(_ stretch: Stretch) -> SQLStatement {
        let values = [
            "{table}": stretch.table, "{first}": "\(stretch.pages.lowerBound)",
            "{next}": "\(stretch.pages.upperBound)", "{epoch}": "\(epoch)", "{partitions}": partitions,
        ]
        return SQLStatement(
            name: SQL.copyWords.name, text: values.reduce(SQL.copyWords.text) { $0.replacing($1.key, with: $1.value) })
    }
}
