import Domain
import EventStore
import Kafka
import Observability
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

@testable import AvailabilityProjection
@testable import ProjectionRunner

/// Live projection of availability in several epochs, over the servers of one test.
struct LiveBed: Sendable {
    static let model = "availability"

    let bed: AvailabilityBed

    static func with(_ body: (LiveBed, Clinic) async throws -> Void) async throws {
        try await AvailabilityBed.with { bed in try await body(LiveBed(bed: bed), Clinic(bed)) }
    }

    var registry: EpochRegistry { EpochRegistry(bed.practitioners) }

    /// The pages of one epoch; a publisher makes it tell others where it is served.
    func pages(_ epoch: Int64, publisher: AvailabilityPublisher? = nil) -> AvailabilityModel {
        AvailabilityModel(
            redis: bed.redis, bookings: bed.bookings, practitioners: bed.practitioners, places: bed.places,
            publisher: publisher, cold: bed.cold, countries: [.fr: AvailabilityBed.france],
            zones: AvailabilityBed.zones, clock: bed.clock, epoch: epoch)
    }

    /// Live projection; `watched` may look at each epoch's model on the way.
    func live(
        _ owner: String = "live",
        watched: @escaping @Sendable (Int64, any ProjectionModel) -> any ProjectionModel = { $1 }
    ) -> LiveEpochs {
        let publisher = bed.publisher
        let kafka: @Sendable () async throws -> KafkaSettings = { [bed] in bed.kafka }
        let pages: @Sendable (Int64) -> any ProjectionModel = { watched($0, self.pages($0, publisher: publisher)) }
        return LiveEpochs(
            Self.model, topics: AvailabilityModel.topics, registry: registry, url: bed.urls.practitioners,
            stores: bed.stores, kafka: kafka, owner: owner, log: .silent, make: pages)
    }

    /// Runs live projection, and relayers for what is appended, until `body` returns.
    func running(
        watched: @escaping @Sendable (Int64, any ProjectionModel) -> any ProjectionModel = { $1 },
        _ body: (ProjectionRunner) async throws -> Void
    ) async throws {
        let live = live(watched: watched)
        let runner = ProjectionRunner(
            live, stores: bed.stores, kafka: { self.bed.kafka }, groupID: "availability", log: .silent,
            metrics: ProjectionMetrics(Metrics()), clock: bed.clock)
        let figures = RelayMetrics(Metrics())
        let kafka = bed.kafka
        let relayers = [
            ("booking", bed.urls.bookings, Topic.bookingEvents),
            ("practitioner", bed.urls.practitioners, .practitionerEvents),
        ].map { role, url, topic in
            Relayer(
                RelayerSettings(databaseURL: url, role: role, topic: topic, owner: "\(role)-live", kafka: { kafka }),
                metrics: figures, log: .silent)
        }
        for relayer in relayers { await relayer.start() }
        let outcome = await withTaskGroup(of: Void.self) { group -> Result<Void, any Error> in
            group.addTask { await live.run() }
            group.addTask { await runner.run() }
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(runner)) } catch { outcome = .failure(error) }
            group.cancelAll()
            return outcome
        }
        for relayer in relayers { await relayer.stop() }
        try outcome.get()
    }

    /// Builds an epoch beside the served one, as a rebuild does, and asks for its adoption.
    func shadow() async throws -> Int64 {
        let epoch = try await registry.createShadow(
            Self.model, source: "the stores", by: "anna", lease: .seconds(60)
        ).number
        let pages = pages(epoch)
        for shard in Shard.all { _ = try await pages.takeBaseline(of: shard, ends: [:]) }
        try await registry.change(Self.model, epoch, to: .tailing, by: "anna")
        try await registry.requestAdoption(Self.model, epoch)
        return epoch
    }

    func adopted(_ epoch: Int64) async throws {
        try await eventually("every lane has adopted epoch \(epoch)") {
            try await registry.adoptedPartitions(Self.model, epoch).count == Shard.count
        }
    }

    /// Says that the epoch was proved.
    func ready(_ epoch: Int64) async throws {
        try await registry.recordDigests(Self.model, epoch, held: "1:1", folded: "1:1", by: "anna")
        try await registry.change(Self.model, epoch, to: .ready, by: "anna")
    }

    @discardableResult
    func swap(to epoch: Int64, _ kind: EpochSwap.Kind = .swap) async throws -> (swap: EpochSwap, took: Duration) {
        let fence = try await registry.epochs(of: Self.model).fence
        let redis = bed.redis
        return try await registry.swap(Self.model, to: epoch, expecting: fence, kind, by: "anna") {
            target, served, partition in
            let first = try await AvailabilityContent(redis: redis, epoch: target).standing(of: partition)?.progress
            let second = try await AvailabilityContent(redis: redis, epoch: served).standing(of: partition)?.progress
            return EpochStanding(target: first, served: second)
        }
    }

    /// Waits until an epoch has all that the stores have stamped, in all partitions.
    func caughtUp(_ epoch: Int64, within deadline: Duration = .seconds(30)) async throws {
        try await eventually("epoch \(epoch) has everything", within: deadline) {
            for pool in [bed.bookings, bed.practitioners] {
                let waiting = try await pool.query(SQLStatement(name: "t", text: "SELECT count(*) FROM outbox"))
                if waiting.int(0, 0) > 0 { return false }
            }
            let heads = (try await EventReader(bed.bookings).heads(), try await EventReader(bed.practitioners).heads())
            for shard in Shard.all {
                guard let at = try await checkpoint(epoch, shard) else { return false }
                if at[.bookingEvents].sequence < heads.0[shard.number].stamped { return false }
                if at[.practitionerEvents].sequence < heads.1[shard.number].stamped { return false }
            }
            return true
        }
    }

    func checkpoint(_ epoch: Int64, _ shard: Shard) async throws -> ProjectionCheckpoint? {
        try await AvailabilityContent(redis: bed.redis, epoch: epoch).standing(of: shard)?.progress
    }

    /// Whether an epoch is what a fold of the stores says, in all partitions.
    func equalsFold(_ epoch: Int64) async throws -> Bool {
        let pages = pages(epoch)
        for shard in Shard.all {
            if try await pages.digest(of: shard) != pages.digestOfStores(of: shard) { return false }
        }
        return true
    }

    func keys(of epoch: Int64) async throws -> Int {
        try await bed.redis.call(RedisCommand("KEYS", [.text("av:\(epoch):*")])).array?.count ?? -1
    }

    /// What was told of one partition so far.
    func told(_ shard: Shard) async throws -> [AvailabilityChanged] {
        let place = KafkaPartition(topic: Topic.availabilityEvents.name, number: Int32(shard.number))
        let high = try await KafkaAdmin(bed.kafka).watermarks(of: place).high
        if high == 0 { return [] }
        let consumer = try KafkaConsumer(bed.kafka, clientID: "test", assigning: [place: .beginning])
        var events: [AvailabilityChanged] = []
        do {
            try await eventually("everything that was told was read") {
                for record in try await consumer.poll(max: 1_000, timeout: .milliseconds(100)) {
                    events.append(try EventCodec.availabilityChanged(AvailabilityChanged.wireType, record.value))
                }
                return events.count >= high
            }
        } catch {
            await consumer.close()
            throw error
        }
        await consumer.close()
        return events
    }
}
