import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@Suite("Appending: events, heads and outbox rows commit together or not at all")
struct AppendTests {
    let make = EventMaker()

    @Test("what was appended is read back byte by byte, with its outbox row (G2)")
    func appends() async throws {
        try await Store.with("append") { store in
            let created = make.created(make.practitioners[0])
            let metadata = make.metadata(trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            let event = EventToAppend(.created(created), version: 1, metadata: metadata)
            let recorded = try await store.append([event])

            let stored = try await EventReader(store.pool).stream(country: .fr, StreamName(created.bookingID))
            #expect(stored.count == 1)
            #expect(stored[0].data == event.data)
            #expect(stored[0].metadata == metadata)
            #expect(stored[0].number == recorded.eventNumbers[0])
            #expect(stored[0].recordedAt == recorded.recordedAt)
            #expect(stored[0].keys == [RecordKey(make.practitioners[0])])
            #expect(try EventCodec.bookingEvent(stored[0].wireType, stored[0].data) == .created(created))
            #expect(
                try await store.int("SELECT count(*) FROM outbox WHERE outbox_id = \(recorded.eventNumbers[0] * 2)")
                    == 1)
        }
    }

    @Test("a move between practitioners has one event and two outbox rows, the side that was left first")
    func moves() async throws {
        try await Store.with("append_move") { store in
            let created = make.created(make.practitioners[0])
            try await store.append([EventToAppend(.created(created), version: 1, metadata: make.metadata())])
            let moved = BookingRescheduled(
                bookingID: created.bookingID, patientID: created.patientID, country: .fr,
                from: make.place(make.practitioners[0]), to: make.place(make.practitioners[1]))
            let recorded = try await store.append([
                EventToAppend(.rescheduled(moved), version: 2, metadata: make.metadata())
            ])
            let rows = try await store.pool.query(
                SQLStatement(
                    name: "outbox",
                    text: """
                        SELECT outbox_id, shard FROM outbox WHERE event_number = \(recorded.eventNumbers[0])
                        ORDER BY outbox_id
                        """))
            let shards = make.practitioners[0...1].map { Int64(RecordKey($0).shard.number) }
            #expect((0..<rows.count).map { rows.int($0, 0) } == [0, 1].map { recorded.eventNumbers[0] * 2 + $0 })
            #expect((0..<rows.count).map { rows.int($0, 1) } == shards)
        }
    }

    struct WrongVersion: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let version: Int64
    }

    @Test(
        "a stream that is not as it was read refuses, and nothing of its neighbours is committed either",
        arguments: [
            WrongVersion(testDescription: "claimed as new, but it exists", version: 1),
            WrongVersion(testDescription: "one version ahead", version: 3),
            WrongVersion(testDescription: "far ahead", version: 9),
        ])
    func refusesWrongVersion(_ example: WrongVersion) async throws {
        try await Store.with("append_version") { store in
            let created = make.created(make.practitioners[0])
            try await store.append([EventToAppend(.created(created), version: 1, metadata: make.metadata())])
            let again = EventToAppend(.created(created), version: example.version, metadata: make.metadata())
            let failure = await #expect(throws: PGError.self) {
                try await store.append([make.booking(1), again, make.booking(2)])  // COMMIT rides in the pipeline
            }
            #expect(failure.flatMap { EventStoreError($0) } == .wrongExpectedVersion)
            #expect(try await store.int("SELECT count(*) FROM events") == 1)
            #expect(try await store.int("SELECT count(*) FROM stream_heads") == 1)
            #expect(try await store.int("SELECT count(*) FROM outbox") == 1)
        }
    }

    @Test("of many writers that read the same version one wins, for a new stream as for a known one")
    func racesForAVersion() async throws {
        try await Store.with("append_race") { store in
            let created = make.created(make.practitioners[0])
            for version in 1...3 as ClosedRange<Int64> {
                let won = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            let event = EventToAppend(
                                .created(created), version: version, metadata: make.metadata())
                            return (try? await store.append([event])) != nil
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(won == 1)
            }
            let stored = try await EventReader(store.pool).stream(country: .fr, StreamName(created.bookingID))
            #expect(stored.map(\.version) == [1, 2, 3])
        }
    }

    @Test("5,000 events are one statement with 20 parameters, where 65,535 would be the protocol's end")
    func appendsManyAtOnce() async throws {
        try await Store.with("append_many") { store in
            let recorded = try await store.append(make.bookings(5_000))
            #expect(recorded.eventNumbers == recorded.eventNumbers.sorted())
            #expect(try await store.int("SELECT count(*) FROM outbox") == 5_000)
        }
    }

    @Test("several events of one stream in one append get consecutive versions and ascending numbers")
    func appendsAStream() async throws {
        try await Store.with("append_stream") { store in
            let id = make.practitioners[0]
            let events = (1...4).map { version in
                EventToAppend(
                    version % 2 == 1
                        ? .deactivated(PractitionerDeactivated(practitionerID: id, country: .de))
                        : .activated(PractitionerActivated(practitionerID: id, country: .de)),
                    version: Int64(version), metadata: make.metadata())
            }
            try await store.append(Array(events[0..<1]))
            try await store.append(Array(events[1...]))
            let reader = EventReader(store.pool)
            let stored = try await reader.stream(country: .de, StreamName(id))
            #expect(stored.map(\.version) == [1, 2, 3, 4])
            #expect(stored.map(\.number) == stored.map(\.number).sorted())
            #expect(try await reader.stream(country: .de, StreamName(id), from: 3, limit: 1).map(\.version) == [3])
            #expect(try await reader.stream(country: .fr, StreamName(id)).isEmpty)
        }
    }

    @Test("a country or a month without a partition is taken by DEFAULT and blocks nobody")
    func appendsWithoutPartition() async throws {
        try await Store.with("append_default") { store in
            try await store.append([make.booking(0, country: .es)])
            #expect(try await store.int("SELECT count(*) FROM events_default") == 1)
            let made = try await Partitions.ensure(countries: [.es], months: 1, in: store.pool)
            #expect(made.inDefault == ["stream_heads_es", "events_es"], "their rows stay findable where they are")
            try await store.append([make.booking(1, country: .es)])
            #expect(try await store.int("SELECT count(*) FROM events WHERE country_code = 'es'") == 2)
        }
    }
}
