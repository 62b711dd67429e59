import BookingCommands
import Configuration
import Domain
import EventStore
import Kafka
import Observability
import Postgres
import PractitionerCommands
import ProjectionRunner
import TestSupport
import Testing

@testable import appointments

/// The calendars of the booking role as a process has them: the practitioners' events come out of a log, and bookings
/// are made by what the calendars say.
struct CalendarBed: Sendable {
    let booking: PGPool
    let practitioners: PGPool
    let broker: EmbeddedBroker
    let zones: ZoneDatabase
    let clock: FixedClock
    let identifiers = SeededIdentifiers(seed: 17)
    /// Two practitioners of one partition.
    let sick: PractitionerID
    let well: PractitionerID
    private let writer: BookingWriter
    private let versions = Versions()

    /// The last version of each practitioner's stream.
    private actor Versions {
        private var last: [PractitionerID: Int64] = [:]

        func next(_ id: PractitionerID) -> Int64 {
            last[id, default: 0] += 1
            return last[id, default: 0]
        }
    }

    private struct Everybody: PatientDirectory {
        func exists(_ patient: PatientID, in country: CountryCode) async throws -> Bool { true }
    }

    private struct NoHint: SlotHint {
        func looksTaken(_ stored: StoredCalendar, at start: Instant) async -> Bool { false }
    }

    /// The day on which tests book, a Monday.
    static let day = LocalDate(days: 20_780)
    static let france = Country(code: code, languages: ["fr"], timeZone: "Europe/Paris")
    static let code = CountryCode("fr") ?? { preconditionFailure("fr is a country code") }()

    /// Lends prepared databases with a broker and a relayer.
    static func with(_ body: (CalendarBed) async throws -> Void) async throws {
        try await TestDatabase.with("calendar_b") { booking in
            try await TestDatabase.with("calendar_p") { practitioners in
                let broker = try EmbeddedBroker(
                    topics: Topic.allCases.map { (name: $0.name, partitions: Topic.partitionsPerTopic) })
                let bed = try CalendarBed(booking.url, practitioners.url, broker)
                do {
                    try await bed.relaying(practitioners.url) { try await body(bed) }
                } catch {
                    await bed.close()
                    throw error
                }
                await bed.close()
            }
        }
    }

    private init(_ bookingURL: String, _ practitionersURL: String, _ broker: EmbeddedBroker) throws {
        self.broker = broker
        booking = PGPool(url: bookingURL, label: "booking", sessionsMax: 6)
        practitioners = PGPool(url: practitionersURL, label: "practitioners", sessionsMax: 6)
        zones = try SystemZones.database()
        clock = FixedClock(Instant(seconds: Int64(Self.day.days - 3) * 86_400 + 8 * 3_600))
        sick = PractitionerID(from: identifiers)
        var other = PractitionerID(from: identifiers)
        while RecordKey(other).shard != RecordKey(sick).shard { other = PractitionerID(from: identifiers) }
        well = other
        let transaction = BookingTransaction(
            pool: booking, zones: zones, cache: CalendarCache(), clock: clock, identifiers: identifiers,
            committed: {}, log: .silent)
        writer = BookingWriter(transaction: transaction, patients: Everybody(), hint: NoHint())
    }

    private func close() async {
        await booking.close()
        await practitioners.close()
        await broker.close()
    }

    private func relaying(_ url: String, _ body: () async throws -> Void) async throws {
        for pool in [booking, practitioners] {
            try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
        }
        try await Migrations.apply(BookingSchema.migrations, component: "booking", in: booking)
        try await Migrations.apply(ProjectionSchema.migrations, component: ProjectionSchema.component, in: booking)
        let broker = broker
        let relayer = Relayer(
            RelayerSettings(databaseURL: url, role: "practitioner", topic: .practitionerEvents, owner: "calendar-bed") {
                broker.settings
            }, metrics: RelayMetrics(Metrics()), log: .silent)
        await relayer.start()
        do { try await body() } catch {
            await relayer.stop()
            throw error
        }
        await relayer.stop()
    }

    // MARK: the model

    var partition: Shard { RecordKey(sick).shard }

    /// The model of a process that has just started.
    func model() -> CalendarModel {
        CalendarModel(
            applier: CalendarApplier(
                pool: booking, zones: zones,
                history: LocalPractitioners(stream: PractitionerStream(pool: practitioners)), clock: clock,
                identifiers: identifiers, committed: {}),
            checkpoints: CalendarCheckpoints(pool: booking), practitionerEvents: practitioners, zones: zones,
            bookings: booking, log: .silent)
    }

    /// Lets a new process follow the log until `body` returns.
    func following(_ body: (CalendarModel) async throws -> Void) async throws {
        let (model, broker) = (self.model(), broker)
        let runner = ProjectionRunner(
            model, stores: [.practitionerEvents: EventReader(practitioners)], kafka: { broker.settings },
            reading: .alone(name: "calendars", [partition]), log: .silent, metrics: ProjectionMetrics(Metrics()),
            clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run() }
            defer { group.cancelAll() }
            try await body(model)
        }
    }

    /// Those whose calendars wait.
    func waiting() async throws -> [QuarantineEntry] {
        try await QuarantineOffice(booking).entries(model: "calendars")
    }

    /// Asks as an operator does, and waits for the answer of the lane.
    func ask(_ wish: QuarantineOffice.Wish, for entry: QuarantineEntry) async throws -> QuarantineOffice.Answer {
        let office = QuarantineOffice(booking)
        let requests = try await office.request(wish, for: [entry.id], reason: "a test", by: "tester@here")
        return try await eventually("the lane has answered", within: .seconds(60)) {
            try await office.answers(to: Array(requests.values)).first
        }
    }

    // MARK: what happens

    /// Appends the next event of a practitioner's stream.
    @discardableResult
    func append(_ event: PractitionerEvent) async throws -> EventID {
        let metadata = metadata()
        let version = await versions.next(event.practitionerID)
        try await append(EventToAppend(event, version: version, metadata: metadata))
        return metadata.eventID
    }

    /// Appends a schedule as a newer program writes it.
    func appendUnreadable(_ id: PractitionerID) async throws {
        try await append(
            EventToAppend(
                country: Self.code, stream: StreamName(id), version: await versions.next(id),
                wireType: WireType("ScheduleSet", dataVersion: 99), data: Array("{}".utf8), metadata: metadata(),
                keys: [RecordKey(id)]))
    }

    private func append(_ event: EventToAppend) async throws {
        let append = EventAppend([event])
        let results = try await practitioners.pipeline([PGStep(.begin)] + append.steps + [PGStep(.commit)])
        _ = try append.verify(results.dropFirst().dropLast())
    }

    private func metadata() -> EventMetadata {
        EventMetadata(
            eventID: EventID(from: identifiers), occurredAt: clock.now(), correlationID: "test", actorRole: "staff",
            actorSubject: "staff-1")
    }

    /// Registers somebody who works from 08:00 to 20:00 every day.
    func open(_ id: PractitionerID) async throws {
        try await append(
            .registered(
                PractitionerRegistered(
                    practitionerID: id, country: Self.code, number: id == sick ? 0 : 1, displayName: "Dr Test",
                    specialty: "cardiology", languages: ["fr"],
                    location: Location(latitude: 48, longitude: 2, street: "1", postalCode: "75001", city: "Paris"),
                    timeZone: "Europe/Paris", dayStart: .eight, slotMinutes: 30, consultationTypes: [.standard],
                    acceptsNewPatients: true, zoneRules: zones.version)))
        try await append(schedule(id, "08:00", "20:00"))
    }

    func schedule(_ id: PractitionerID, _ start: String, _ end: String) throws -> PractitionerEvent {
        let session = Session(start: try #require(LocalTime(start)), end: try #require(LocalTime(end)))
        let days = Weekday.allCases.map { DaySessions(day: $0, sessions: [session]) }
        return .scheduleSet(
            ScheduleSet(
                practitionerID: id, country: Self.code,
                schedule: WeeklySchedule(validFrom: LocalDate(days: 20_000), days: days), zoneRules: zones.version))
    }

    /// Closes the day on which tests book.
    func closure(_ id: PractitionerID) -> PractitionerEvent {
        .exceptionAdded(
            ExceptionAdded(
                practitionerID: id, country: Self.code,
                exception: ScheduleException(
                    id: ExceptionID(from: identifiers), from: Self.day, to: Self.day.adding(days: 1), kind: .closed,
                    sessions: [])))
    }

    /// Books a visit at a full hour of the day, under a new key: `created`, `refused …`, or `unavailable …`.
    func book(_ id: PractitionerID, _ hour: Int, daysLater days: Int = 0) async throws -> String {
        let date = Self.day.adding(days: days)
        let start = try ParsedTime("\(date)T\(hour < 10 ? "0" : "")\(hour):00:00+01:00")
        let request = BookingRequest(
            command: .create(
                BookingCommand.Create(
                    bookingID: BookingID(from: identifiers), practitionerID: id,
                    patientID: PatientID(from: identifiers),
                    slotStart: start, consultationType: "standard")),
            country: Self.france, access: .everyone, actor: BookingActor(role: .staff, subject: "staff-1"),
            trace: .internalWork,
            idempotency: IdempotencyKey(
                country: Self.code, caller: "staff-1", key: "\(EventID(from: identifiers))", fingerprint: [1]),
            acceptedVersions: nil, render: Self.render)
        do throws(BookingFailure) {
            return String(decoding: try await writer.execute(request).answer.body, as: UTF8.self)
        } catch {
            if case .unavailable(let dependency) = error { return "unavailable \(dependency)" }
            return "\(error)"
        }
    }

    private static func render(_ outcome: BookingOutcome) -> StoredAnswer {
        let text =
            switch outcome {
            case .created: "created"
            case .changed: "changed"
            case .refused(let refusal): "refused \(refusal)"
            case .taken: "taken"
            case .notFound: "not found"
            }
        return StoredAnswer(status: 200, headers: [], body: Array(text.utf8))
    }

    func int(_ sql: String, _ pool: PGPool) async throws -> Int64 {
        try await pool.query(SQLStatement(name: "test", text: sql)).int(0, 0)
    }

    /// Replaces what nobody could read by a schedule, as the repair of a damaged row does, past the triggers.
    func repair(_ id: PractitionerID) async throws {
        guard case .scheduleSet(let schedule) = try schedule(id, "08:00", "20:00") else { return }
        let data = EventCodec.encode(PractitionerEvent.scheduleSet(schedule))
        try await practitioners.withSession { session in
            try await session.execute(
                SQLStatement(name: "past_triggers", text: "SET session_replication_role = replica"))
            _ = try await session.query(
                SQLStatement(
                    name: "repair", text: "UPDATE events SET data_version = 1, data = $1 WHERE data_version = 99"),
                [.bytes(data)])
            try await session.execute(SQLStatement(name: "as_before", text: "RESET session_replication_role"))
        }
    }
}
