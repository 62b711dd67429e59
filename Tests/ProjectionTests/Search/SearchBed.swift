import Domain
import EventStore
import Foundation
import Postgres
import ProjectionRunner
import TestSupport

@testable import SearchProjection

/// A practitioner database with search's tables, an engine over them, and a clock that stands still.
struct SearchBed {
    /// Of the database; nil in a bed over another engine.
    var url: String?
    let pool: PGPool
    let engine: PostgresSearchEngine
    let queries: SearchQueries
    let clock: SteppingClock

    static let zones = ZoneDatabase(version: "test") { zone in
        [UInt8](try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(zone)")))
    }

    static let france = Country(code: code("fr"), languages: ["fr", "en"], timeZone: "Europe/Paris")

    /// Friday, 20 November 2026, 08:00 in Paris.
    static let now = instant("2026-11-20T07:00:00Z")

    static func with(
        now: Instant = now, country: Country = france, _ body: (SearchBed) async throws -> Void
    ) async throws {
        try await TestDatabase.with("search") { database in
            let pool = PGPool(url: database.url, label: "search-tests", sessionsMax: 3)
            do {
                try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
                try await Migrations.apply(SearchSchema.migrations, component: SearchSchema.component, in: pool)
                try await Migrations.apply(
                    ProjectionSchema.migrations, component: ProjectionSchema.component, in: pool)
                try await SearchSchema.ensurePartitions(countries: [country.code], in: pool)
                let engine = PostgresSearchEngine(pool: pool, zones: zones, countries: [country])
                let clock = SteppingClock(now)
                let queries = SearchQueries(engine: engine, zones: zones, clock: clock)
                try await body(SearchBed(url: database.url, pool: pool, engine: engine, queries: queries, clock: clock))
                await pool.close()
            } catch {
                await pool.close()
                throw error
            }
        }
    }

    /// Indexes changes of any practitioners, partition by partition, as one batch each.
    func index(_ changes: [SearchChange], sequence: Int64 = 100) async throws {
        for (partition, part) in Dictionary(grouping: changes, by: { Shard(of: $0.key.practitioner) }) {
            let checkpoint = ProjectionCheckpoint(
                positions: [
                    TopicPosition(topic: .practitionerEvents, sequence: sequence, nextOffset: sequence),
                    TopicPosition(topic: .availabilityEvents, sequence: 0, nextOffset: sequence),
                ], asOf: part.map(\.occurredAt).max())
            try await begin(partition)
            try await engine.index(part, partition: partition, checkpoint: checkpoint)
        }
    }

    /// What comes before the first batch of a partition: a baseline, here of nothing.
    func begin(_ partition: Shard) async throws {
        guard try await engine.checkpoint(of: partition) == nil else { return }
        let start = ProjectionCheckpoint(positions: [
            TopicPosition(topic: .practitionerEvents, sequence: 0, nextOffset: 0),
            TopicPosition(topic: .availabilityEvents, sequence: 0, nextOffset: 0),
        ])
        try await engine.replace(partition, by: [], checkpoint: start)
    }

    /// Names of those that are found, in order.
    func found(
        _ question: SearchQuestion, in country: Country = SearchBed.france, limit: Int = 20
    ) async throws -> [String] {
        try await queries.search(question, in: country, limit: limit).hits.map(\.profile.displayName)
    }
}

/// A practitioner in the making: what a test does not name is the same for all.
struct SearchPerson {
    var number: UInt64
    var name = "Dr Camille Martin"
    var specialty = "cardiology"
    var languages = ["fr"]
    var latitude = 48.8566
    var longitude = 2.3522
    var timeZone = "Europe/Paris"
    var country = code("fr")

    var id: PractitionerID { PractitionerID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | number) }
    var key: SearchKey { SearchKey(country, id) }

    var registered: PractitionerRegistered {
        PractitionerRegistered(
            practitionerID: id, country: country, number: Int(number), displayName: name, specialty: specialty,
            languages: languages,
            location: Location(
                latitude: latitude, longitude: longitude, street: "1 rue de la Paix", postalCode: "75002", city: "Paris"
            ),
            timeZone: timeZone, dayStart: .eight, slotMinutes: 30, consultationTypes: [.standard],
            acceptsNewPatients: true, zoneRules: "test")
    }

    func registration(sequence: Int64 = 1) -> SearchChange { profile(.registered(registered), sequence: sequence) }

    func profile(_ event: PractitionerEvent, sequence: Int64) -> SearchChange {
        SearchChange(key, occurredAt: SearchBed.now, .profile(event, sequence: sequence))
    }

    /// Slots that are free, by date; `next` is what the projector would have said.
    func free(
        _ days: [String: [Int]], next: String? = nil, booking: Int64 = 1, practitioner: Int64 = 1,
        at occurredAt: Instant = SearchBed.now
    ) -> SearchChange {
        SearchChange(
            key, occurredAt: occurredAt,
            .availability(availability(days, next: next, booking: booking, practitioner: practitioner)))
    }

    func availability(
        _ days: [String: [Int]], next: String?, booking: Int64, practitioner: Int64
    ) -> AvailabilityChanged {
        AvailabilityChanged(
            practitionerID: id, country: country,
            days: days.sorted { $0.key < $1.key }.map { date, slots in
                AvailabilityChanged.Day(date: day(date), free: SlotMask(indices: slots) ?? .empty)
            },
            nextAvailable: next.map(instant), cause: EventID(high: 1, low: 1),
            sources: [
                AvailabilityChanged.Source(topic: .bookingEvents, sequence: booking),
                AvailabilityChanged.Source(topic: .practitionerEvents, sequence: practitioner),
            ])
    }
}

extension Shard {
    init(of practitioner: PractitionerID) { self.init(Int(KafkaPartitioner.partition(of: practitioner))) }
}

func code(_ text: String) -> CountryCode {
    guard let code = CountryCode(text) else { preconditionFailure("\(text) is no country code") }
    return code
}

func instant(_ text: String) -> Instant {
    guard let time = try? ParsedTime(text) else { preconditionFailure("\(text) is no time") }
    return time.instant
}

func day(_ text: String) -> LocalDate {
    guard let date = LocalDate(text) else { preconditionFailure("\(text) is no date") }
    return date
}
