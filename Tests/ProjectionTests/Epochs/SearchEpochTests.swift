import Domain
import EventStore
import Postgres
import ProjectionRunner
import Synchronization
import TestSupport
import Testing

@testable import SearchProjection

/// Search by the epoch that is served: pages of a list across a swap, and writers that are late.
@Suite("G7 search in several epochs")
struct SearchEpochTests {
    private static let people = (1...7).map { number in
        SearchPerson(number: UInt64(number), latitude: 48.8566 + Double(number) * 0.01)
    }

    @Test("a list that was begun in one epoch goes on in the next, with nobody twice and nobody left out")
    func cursorsOutliveASwap() async throws {
        try await SearchBed.with { bed in
            try await bed.index(Self.people.map { $0.registration() })
            let next = SearchBed(
                pool: bed.pool, engine: bed.engine.over(epoch: 2), queries: bed.queries, clock: bed.clock)
            try await next.index(Self.people.map { $0.registration() })
            let served = Mutex(Int64(1))
            let queries = SearchQueries(
                engine: bed.engine, zones: SearchBed.zones, clock: bed.clock, epoch: { served.withLock { $0 } })
            let question = SearchQuestion(near: .point(latitude: 48.8566, longitude: 2.3522), order: .distance)
            var found: [PractitionerID] = []
            var cursor: [UInt8]?
            repeat {
                let page = try await queries.search(question, in: SearchBed.france, limit: 2, after: cursor)
                found += page.hits.map(\.document.key.practitioner)
                cursor = page.next
                served.withLock { $0 = 3 - $0 }
            } while cursor != nil
            #expect(found == Self.people.map(\.id))
        }
    }

    @Test("each question sees one epoch only, and the epochs do not touch each other")
    func epochsAreApart() async throws {
        try await SearchBed.with { bed in
            try await bed.index([Self.people[0].registration()])
            let next = bed.engine.over(epoch: 2)
            let apart = SearchBed(pool: bed.pool, engine: next, queries: bed.queries, clock: bed.clock)
            try await apart.index(Self.people.dropFirst().map { $0.registration() })
            for (epoch, count) in [(Int64(1), 1), (2, 6)] {
                let queries = SearchQueries(
                    engine: bed.engine, zones: SearchBed.zones, clock: bed.clock, epoch: { epoch })
                let found = try await queries.search(SearchQuestion(), in: SearchBed.france, limit: 50)
                #expect(found.hits.count == count)
            }
        }
    }

    @Test("what was dropped stays dropped: a late batch finds no checkpoint and writes nothing")
    func lateWritersWriteNothing() async throws {
        try await SearchBed.with { bed in
            let next = SearchBed(
                pool: bed.pool, engine: bed.engine.over(epoch: 2), queries: bed.queries, clock: bed.clock)
            try await bed.index(Self.people.map { $0.registration() })
            try await next.index(Self.people.map { $0.registration() })
            let eraser = DocumentEraser(pool: bed.pool, epoch: 2)
            try await eraser.disown()
            let late = Self.people[0]
            await #expect(throws: ProjectionFault.modelLost) {
                try await next.engine.index(
                    [late.free(["2026-11-23": [1]])], partition: Shard(of: late.id),
                    checkpoint: ProjectionCheckpoint(positions: []))
            }
            // Documents and the words that they are found by.
            #expect(try await eraser.erase() > Self.people.count)
            #expect(try await eraser.erase() == 0)
            await #expect(throws: ProjectionFault.modelLost) {
                try await next.engine.index(
                    [late.registration()], partition: Shard(of: late.id),
                    checkpoint: ProjectionCheckpoint(positions: []))
            }
            let statement = SQLStatement(
                name: "t", text: "SELECT count(*) FILTER (WHERE epoch = 1), count(*) FROM search_documents")
            let rows = try await bed.pool.query(statement)
            #expect(rows.int(0, 0) == 7 && rows.int(0, 1) == 7)
        }
    }
}
