import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@Suite("Idempotency: a key has one outcome (G3)")
struct IdempotencyTests {
    static func key(_ name: String, fingerprint: UInt8 = 1) -> IdempotencyKey {
        IdempotencyKey(country: .fr, caller: "patient-1", key: name, fingerprint: [fingerprint])
    }

    static let answer = StoredAnswer(
        status: 201,
        headers: [
            AnswerHeader(name: "Location", value: "/fr/v1/bookings/1"), AnswerHeader(name: "ETag", value: "\"1\""),
        ], body: Array("{\"café\": true}\n".utf8) + [0x00, 0xFF])

    private func lookup(_ keys: [IdempotencyKey], _ store: Store) async throws -> [KnownAnswer] {
        let step = IdempotencyStore.lookup(keys)
        return IdempotencyStore.answers(to: keys, try await store.pool.query(step.statement, step.parameters))
    }

    @Test("same request: the same answer, byte by byte; another request: said so; unknown: new")
    func answers() async throws {
        try await Store.with("idem") { store in
            _ = try await store.pool.pipeline([IdempotencyStore.insert([(Self.key("a"), .given(Self.answer))])])
            let known = try await lookup([Self.key("b"), Self.key("a"), Self.key("a", fingerprint: 2)], store)
            #expect(known == [.none, .given(Self.answer), .otherRequest])
            let other = IdempotencyKey(country: .fr, caller: "patient-2", key: "a", fingerprint: [1])
            let abroad = IdempotencyKey(country: .de, caller: "patient-1", key: "a", fingerprint: [1])
            #expect(try await lookup([other, abroad], store) == [.none, .none])
        }
    }

    @Test("of two pools that answer one key at once one commits, the other's change is rolled back whole")
    func races() async throws {
        try await Store.with("idem_race") { store in
            let make = EventMaker()
            let second = PGPool(url: store.database.url, label: "second", sessionsMax: 4)
            for round in 0..<20 {
                let outcomes = await withTaskGroup(of: EventStoreError?.self) { group in
                    for pool in [store.pool, second, store.pool, second] {
                        group.addTask {
                            let append = EventAppend([make.booking(round)])
                            let keep = IdempotencyStore.insert([
                                (Self.key("race-\(round)"), .given(Self.answer)),
                                (Self.key("neighbour-\(round)-\(make.ids.next().low)"), .given(Self.answer)),
                            ])
                            do {
                                _ = try await pool.pipeline(
                                    [PGStep(.begin)] + append.steps + [keep, PGStep(.commit)])
                                return nil
                            } catch {
                                return EventStoreError(error) ?? .wrongExpectedVersion
                            }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.filter { $0 == nil }.count == 1)
                #expect(outcomes.filter { $0 == .keyAnsweredMeanwhile }.count == 3)
            }
            await second.close()
            let events = try await store.int("SELECT count(*) FROM events")
            let keys = try await store.int("SELECT count(*) FROM idempotency")
            #expect(events == 20)
            #expect(keys == 40)
        }
    }

    @Test("a bound key keeps its change until its answer is given, once")
    func completesOwedAnswers() async throws {
        try await Store.with("idem_owed") { store in
            let key = Self.key("owed")
            _ = try await store.pool.pipeline([IdempotencyStore.insert([(key, .owed([1, 2, 3]))])])
            #expect(try await lookup([key], store) == [.owed([1, 2, 3])])
            let stranger = try await store.pool.pipeline([
                IdempotencyStore.complete(Self.key("owed", fingerprint: 9), with: Self.answer)
            ])
            #expect(stranger[0].count == 0)
            let completed = try await store.pool.pipeline([IdempotencyStore.complete(key, with: Self.answer)])
            #expect(completed[0].count == 1)
            let again = try await store.pool.pipeline([IdempotencyStore.complete(key, with: Self.answer)])
            #expect(again[0].count == 0)
            #expect(try await lookup([key], store) == [.given(Self.answer)])
        }
    }

    @Test("what is older than a day is forgotten in batches, owed answers later")
    func purges() async throws {
        try await Store.with("idem_purge") { store in
            for index in 0..<5 {
                _ = try await store.pool.pipeline([
                    IdempotencyStore.insert([(Self.key("given-\(index)"), .given(Self.answer))])
                ])
            }
            _ = try await store.pool.pipeline([IdempotencyStore.insert([(Self.key("owed"), .owed([1]))])])
            #expect(try await IdempotencyStore.purge(in: store.pool) == 0)
            try await store.run("UPDATE idempotency SET created_at = now() - interval '3 days'")
            #expect(try await IdempotencyStore.purge(in: store.pool, batch: 3) == 3)
            #expect(try await IdempotencyStore.purge(in: store.pool, batch: 3) == 2)
            #expect(try await IdempotencyStore.purge(in: store.pool, batch: 3) == 0)
            #expect(try await lookup([Self.key("owed")], store) == [.owed([1])])
        }
    }
}
