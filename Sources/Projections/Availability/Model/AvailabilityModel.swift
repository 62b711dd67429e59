package import Domain
package import EventStore
package import Observability
package import Postgres
package import ProjectionRunner
package import Redis
import Synchronization

/// Free slots in Redis, kept in step with booking-events and practitioner-events.
package final class AvailabilityModel: ProjectionModel {
    /// What it reads.
    package static let topics: [Topic] = [.bookingEvents, .practitionerEvents]

    let parts: AvailabilityParts
    let epoch: Int64
    private let partitions = Mutex<[Shard: AvailabilityPartition]>([:])

    /// Writes one epoch of the pages.
    ///
    /// - Parameters:
    ///   - redis: Where the pages are.
    ///   - bookings: Reads events of the booking database.
    ///   - practitioners: Reads events of the practitioner database.
    ///   - places: Calendars of the practitioner database.
    ///   - publisher: Of `AvailabilityChanged`; nil: nobody is told, as for pages that nobody reads.
    ///   - cold: What booking says about days without pages.
    ///   - countries: The rules of each country.
    ///   - zones: The rules of each zone.
    ///   - clock: Decides which days are hot.
    ///   - epoch: Which pages these are; never used again for others.
    ///   - journal: Records when which positions went into the pages; nil: nobody will ask.
    ///   - log: Told of practitioners who wait.
    ///   - upcasters: How other versions of events are read.
    package init(
        redis: RedisClient, bookings: PGPool, practitioners: PGPool, places: PractitionerPlaces,
        publisher: AvailabilityPublisher?, cold: any ColdDays, countries: [CountryCode: Country], zones: ZoneDatabase,
        clock: any WallClock, epoch: Int64 = 1, journal: ProgressJournal? = nil, log: Log = .silent,
        upcasters: Upcasters = .standard
    ) {
        let quarantine = Quarantine(
            model: "availability", epoch: epoch, pool: practitioners,
            databases: [.bookingEvents: bookings, .practitionerEvents: practitioners], log: log)
        parts = AvailabilityParts(
            redis: redis, places: places,
            fold: PartitionFold(
                bookings: bookings, practitioners: practitioners, places: places, zones: zones,
                skips: { try await quarantine.readSkips() }, upcasters: upcasters),
            publisher: publisher, cold: cold, countries: countries, clock: clock, builders: Permits(2),
            progress: PageProgress(journal: journal, model: "availability", epoch: epoch), bookings: bookings,
            quarantine: quarantine, upcasters: upcasters)
        self.epoch = epoch
    }

    package var name: String { "availability" }
    package var topics: [Topic] { Self.topics }

    package func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        try await self.partition(partition).start()
    }

    package func apply(_ batch: ProjectionBatch) async throws {
        try await partition(batch.partition).apply(batch)
    }

    package func takeBaseline(of partition: Shard, ends: LogEnds) async throws -> ProjectionCheckpoint {
        try await self.partition(partition).build(ends)
    }

    package func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws {
        try await self.partition(partition).tick(progress)
    }

    package func released(_ partition: Shard) async {
        partitions.withLock { $0[partition] = nil }
        parts.quarantine.forget(partition)
        await parts.progress.end(partition)
    }

    package func digest(of partition: Shard) async throws -> ModelDigest {
        try await self.partition(partition).digest()
    }

    /// The digest that the model should have: the same days and countries, folded from the event stores.
    ///
    /// - Throws: `PGError`, `RedisError`; `ProjectionFault.modelLost` where the partition was never built.
    package func digestOfStores(of partition: Shard) async throws -> ModelDigest {
        try await self.partition(partition).digestOfStores()
    }

    package func quarantined(in partition: Shard) -> Int { parts.quarantine.count(of: partition) }

    func partition(_ shard: Shard) throws -> AvailabilityPartition {
        try partitions.withLock { partitions in
            if let known = partitions[shard] { return known }
            let made = try AvailabilityPartition(shard, parts, epoch: epoch)
            partitions[shard] = made
            return made
        }
    }
}

/// What all partitions share.
struct AvailabilityParts: Sendable {
    let redis: RedisClient
    let places: PractitionerPlaces
    let fold: PartitionFold
    let publisher: AvailabilityPublisher?
    let cold: any ColdDays
    let countries: [CountryCode: Country]
    let clock: any WallClock
    /// How many partitions may be folded at once: each takes the memory of a partition.
    let builders: Permits
    let progress: PageProgress
    /// Reads events of the booking database.
    let bookings: PGPool
    let quarantine: Quarantine
    let upcasters: Upcasters
}

/// When which positions went into the pages of an epoch.
struct PageProgress: Sendable {
    let journal: ProgressJournal?
    let model: String
    let epoch: Int64

    /// The partition is ours and has this now; not exactly this where a batch may have been left unfinished.
    func begin(_ partition: Shard, at checkpoint: ProjectionCheckpoint, isExact: Bool) {
        journal?.begin(model, epoch: epoch, partition, at: checkpoint, isExact: isExact)
    }

    /// All pages show everything up to `checkpoint`; some may have since `began`.
    func note(_ partition: Shard, _ checkpoint: ProjectionCheckpoint, since began: Instant) {
        journal?.note(model, epoch: epoch, partition, checkpoint, since: began)
    }

    /// Has it written, without waiting.
    func flush(_ partition: Shard, hasAll: Bool) {
        journal?.flush(model, epoch: epoch, partition, hasAll: hasAll)
    }

    /// The partition is ours no longer.
    func end(_ partition: Shard) async { await journal?.end(model, epoch: epoch, partition) }
}
