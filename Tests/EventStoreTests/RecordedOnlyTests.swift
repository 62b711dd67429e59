import Domain
import EventStore
import Kafka
import Observability
import Postgres
import TestSupport
import Testing

@Suite("Facts about operations: positions and seals like everything, in Kafka never (G4, G8)")
struct RecordedOnlyTests {
    let make = EventMaker()
    let actor = OperationActor(role: "operator", subject: "ada@ops-1")

    private func log(_ store: Store) -> OperationsLog {
        OperationsLog(booking: store.pool, identifiers: make.ids, clock: FixedClock(Instant(seconds: 1_790_000_000)))
    }

    private func fact(_ operation: OperationID, _ phase: OperationPhase) -> OperationFact {
        OperationFact(
            operation: operation, .rebuild, phase, by: actor, reason: "ticket 4711",
            details: [OperationDetail("model", "availability"), OperationDetail("events", 5)])
    }

    @Test("the facts of an operation are one stream, with who did it, and can be read back")
    func recordsAStream() async throws {
        try await Store.with("operations") { store in
            let operation = OperationID(from: make.ids)
            for phase in [OperationPhase.requested, .started, .finished] {
                try await log(store).record(fact(operation, phase))
            }
            let stored = try await EventReader(store.pool).stream(country: .nowhere, StreamName(operation))
            let facts = try stored.map { try EventCodec.operation($0.wireType, $0.data) }
            #expect(stored.map(\.version) == [1, 2, 3])
            #expect(stored.map(\.stream.text) == [String](repeating: "operations-\(operation)", count: 3))
            #expect(facts.map(\.phase) == [.requested, .started, .finished])
            #expect(facts.allSatisfy { $0 == fact(operation, $0.phase).event })
            #expect(
                stored.allSatisfy { $0.metadata.actorRole == "operator" && $0.metadata.actorSubject == "ada@ops-1" })
            #expect(try await store.int("SELECT count(*) FROM outbox WHERE shard = 6") == 3)
        }
    }

    @Test("many writers of one operation all get their version")
    func recordsSideBySide() async throws {
        try await Store.with("operations_race") { store in
            let operation = OperationID(from: make.ids)
            try await log(store).record(fact(operation, .requested))
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask { _ = try? await log(store).record(fact(operation, .started)) }
                }
            }
            let stored = try await EventReader(store.pool).stream(country: .nowhere, StreamName(operation))
            #expect(stored.map(\.version) == [1, 2, 3])
        }
    }

    @Test("a role that may only read is told so, and nothing is half written")
    func refusesReadOnlyRole() async throws {
        try await Store.with("operations_role") { store in
            let url = store.database.url + "&options=-c%20role%3Devent_reader"
            let pool = PGPool(url: url, label: "reader", sessionsMax: 1)
            let log = OperationsLog(booking: pool, identifiers: make.ids, clock: FixedClock(Instant(seconds: 0)))
            await #expect(throws: OperationsLogError.notPermitted) {
                try await log.record(fact(OperationID(from: make.ids), .started))
            }
            await pool.close()
            let count = try await store.int("SELECT count(*) FROM events")
            #expect(count == 0)
        }
    }

    @Test("beside bookings they get dense positions of their own shard, acknowledged at once, and no record (G4)")
    func relaysBesideBookings() async throws {
        try await Store.with("operations_relay") { store in
            let topics = [(name: Topic.bookingEvents.name, partitions: Topic.partitionsPerTopic)]
            let broker = try EmbeddedBroker(topics: topics)
            try await store.relaying([store.relayer("one", topic: .bookingEvents, kafka: broker.settings)]) { _ in
                for round in 0..<10 {
                    try await store.append((0..<5).map { make.booking(round * 5 + $0) })
                    try await log(store).record(fact(OperationID(from: make.ids), .finished))
                }
                try await store.drained()
            }
            let reader = EventReader(store.pool)
            let heads = try await reader.heads()
            let published = try await Published.read(Topic.bookingEvents.name, from: broker.settings, upTo: heads)
            #expect(heads.map(\.shard) == Shard.sealed)
            #expect(heads[Shard.recordedOnly.number].stamped == 10)
            #expect(heads[Shard.recordedOnly.number].acknowledged == 10)
            #expect(published.places.count == 50, "some may be there twice, where an answer of the broker came late")
            #expect(published.records.allSatisfy { $0.subject.hasPrefix("booking-") })
            let facts = try await reader.positions(of: .recordedOnly, after: 0)
            #expect(facts.map(\.position) == Array(1...10))
        }
    }

    @Test("a successor takes over what was stamped of them without publishing it")
    func takesOver() async throws {
        try await Store.with("operations_takeover") { store in
            let topics = [(name: Topic.bookingEvents.name, partitions: Topic.partitionsPerTopic)]
            let broker = try EmbeddedBroker(topics: topics)
            try await log(store).record(fact(OperationID(from: make.ids), .started))
            let first = store.relayer("first", topic: .bookingEvents, kafka: broker.settings)
            let second = store.relayer("second", topic: .bookingEvents, kafka: broker.settings)
            let metrics = Metrics()
            try await store.relaying([first]) { _ in try await store.drained() }
            try await store.relaying([second], metrics: metrics) { relayers in
                try await eventually("it has all shards") { relayers[0].shards == Shard.sealed }
                try await log(store).record(fact(OperationID(from: make.ids), .started))
                try await store.drained()
            }
            #expect(try await EventReader(store.pool).positions(of: .recordedOnly, after: 0).map(\.position) == [1, 2])
            let text = String(decoding: metrics.render(), as: UTF8.self)
            #expect(!text.contains("relay_republished_total{database=\"booking\"} 1"))
        }
    }

    @Test("a baseline holds none of them unless it asks for their shard")
    func baselineLeavesThemOut() async throws {
        try await Store.with("operations_baseline") { store in
            try await store.append(make.bookings(3))
            try await log(store).record(fact(OperationID(from: make.ids), .started))
            let settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: "127.0.0.1:1"))
            try await store.relaying([settings]) { _ in
                try await eventually("all are stamped") { try await store.int("SELECT count(*) FROM outbox") == 0 }
            }
            let counts = try await Baseline.withSnapshot(of: store.pool) { baseline in
                let everything = try await baseline.read(BaselineFilter()) { _ in }
                return [everything, try await baseline.read(BaselineFilter(shards: Shard.sealed)) { _ in }]
            }
            #expect(counts == [3, 4])
        }
    }

    @Test("a booking event says whose it is in a column of its own; a patient's own event needs none")
    func namesThePatient() async throws {
        try await Store.with("patient_column") { store in
            let created = make.created(make.practitioners[0])
            try await store.append([
                EventToAppend(.created(created), version: 1, metadata: make.metadata()),
                EventToAppend(
                    .registered(PatientChange(patientID: created.patientID, country: .fr, changedFields: [])),
                    version: 1, metadata: make.metadata()),
            ])
            let condition = "patient_id = '\(created.patientID)' AND stream = 'booking-\(created.bookingID)'"
            #expect(try await store.int("SELECT count(*) FROM events WHERE \(condition)") == 1)
            #expect(try await store.int("SELECT count(*) FROM events WHERE patient_id IS NULL") == 1)
        }
    }
}
