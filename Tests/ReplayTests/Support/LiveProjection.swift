import AvailabilityProjection
import Configuration
import Domain
import EventStore
import Kafka
import Observability
import ProjectionRunner
import SearchProjection

extension ReplayBed {
    /// Runs live projection of both models, as the role `projection` of a release does, until `body` returns.
    func projecting(_ release: Upcasters = .standard, _ body: () async throws -> Void) async throws {
        let clock = SystemClock()
        let stores: [Topic: EventReader] = [
            .bookingEvents: EventReader(bookings), .practitionerEvents: EventReader(practitioners),
        ]
        let broker = broker
        let kafka: @Sendable () async throws -> KafkaSettings = { broker.settings }
        let registry = EpochRegistry(practitioners)
        func live(
            _ name: String, _ topics: [Topic], _ make: @escaping @Sendable (Int64) -> any ProjectionModel
        ) -> LiveEpochs {
            LiveEpochs(
                name, topics: topics, registry: registry, url: urls[1],
                stores: stores.filter { topics.contains($0.key) }, kafka: kafka, owner: "test", log: .silent, make: make
            )
        }
        let (availabilityOf, search) = (availabilityOf, search)
        let models = [
            live("availability", AvailabilityModel.topics) { availabilityOf($0, release) },
            live("search", [.practitionerEvents, .availabilityEvents]) { search($0) },
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for model in models {
                let runner = ProjectionRunner(
                    model, stores: stores.filter { model.topics.contains($0.key) }, kafka: kafka,
                    groupID: "live-\(model.name)", log: .silent, metrics: ProjectionMetrics(Metrics()), clock: clock,
                    foreign: ForeignRecords(pool: practitioners, log: .silent))
                group.addTask { await model.run() }
                group.addTask { await runner.run() }
            }
            defer { group.cancelAll() }
            try await body()
        }
    }
}
