package import Domain
import EventStore
package import Kafka
import Synchronization

/// Publishes `AvailabilityChanged` and waits until the brokers have it.
///
/// A producer that failed is replaced, by one for wherever the brokers are by then; the batch is applied and published
/// again.
package final class AvailabilityPublisher: Sendable {
    private static let source = "availability"

    private let kafka: @Sendable () async throws -> KafkaSettings
    private let identifiers: any IdentifierSource
    private let clock: any WallClock
    private let current = Mutex<Connection?>(nil)

    /// A producer and where its brokers are.
    private struct Connection: Sendable {
        let producer: KafkaProducer
        let bootstrapServers: String
    }

    /// How often a publication that waits asks whether the brokers have moved.
    private static let addressInterval: Duration = .milliseconds(500)

    /// Connects when there is something to publish.
    ///
    /// - Parameters:
    ///   - kafka: How to reach the brokers; asked again after every failure.
    ///   - identifiers: Gives each record its `ce_id`.
    ///   - clock: Gives each record its `ce_time`.
    package init(
        kafka: @escaping @Sendable () async throws -> KafkaSettings, identifiers: any IdentifierSource,
        clock: any WallClock
    ) {
        self.kafka = kafka
        self.identifiers = identifiers
        self.clock = clock
    }

    /// One change and the request that caused it.
    struct Item: Sendable {
        var event: AvailabilityChanged
        /// Nil where the cause was read from the store: its own id stands in.
        let correlationID: String?
        let traceparent: String?
    }

    /// Publishes in order; returns when all are acknowledged.
    ///
    /// - Throws: `KafkaError`; whatever the settings' source throws.
    func publish(_ items: [Item], to partition: Int) async throws {
        if items.isEmpty { return }
        let connection = try await connection()
        let time = KafkaHeader(name: "ce_time", text: clock.now().text())
        let delivery = connection.producer.enqueue(items.map { record($0, partition, time) })
        let watch = Task { await self.withdraw(from: connection) }
        defer { watch.cancel() }
        do {
            _ = try await delivery.offsets()
        } catch {
            await drop(connection)
            throw error
        }
    }

    /// Ends a producer whose brokers are somewhere else now: what waits for them is published to the new ones.
    private func withdraw(from connection: Connection) async {
        while true {
            do { try await Task.sleep(for: Self.addressInterval) } catch { return }
            let present = try? await kafka()
            if let present, present.bootstrapServers != connection.bootstrapServers { return await drop(connection) }
        }
    }

    private func drop(_ connection: Connection) async {
        let isCurrent = current.withLock { current in
            guard current?.producer === connection.producer else { return false }
            current = nil
            return true
        }
        if isCurrent { await connection.producer.close() }
    }

    /// Lets go of the brokers.
    package func close() async {
        let connection = current.withLock { current in
            defer { current = nil }
            return current
        }
        await connection?.producer.close(flushingFor: .seconds(1))
    }

    private func connection() async throws -> Connection {
        var settings = try await kafka()
        if let known = current.withLock({ $0 }) {
            if known.bootstrapServers == settings.bootstrapServers { return known }
            await drop(known)
        }
        settings.extra["message.timeout.ms"] = "10000"  // then the batch starts over
        let made = Connection(
            producer: try KafkaProducer(settings, clientID: "availability-publisher", gapless: false),
            bootstrapServers: settings.bootstrapServers)
        let chosen = current.withLock { current in
            let chosen = current ?? made
            current = chosen
            return chosen
        }
        if chosen.producer !== made.producer { await made.producer.close() }
        return chosen
    }

    private static let version = KafkaHeader(name: "ce_specversion", text: "1.0")
    private static let type = KafkaHeader(name: "ce_type", text: AvailabilityChanged.wireType.name)
    private static let dataVersion = KafkaHeader(
        name: "ce_dataversion", text: "\(AvailabilityChanged.wireType.dataVersion)")
    private static let contentType = KafkaHeader(name: "content-type", text: "application/json")

    private func record(_ item: Item, _ partition: Int, _ time: KafkaHeader) -> KafkaRecord {
        let id = identifiers.next()
        let cause = item.event.cause.utf8
        var headers = [
            Self.version, KafkaHeader(name: "ce_id", value: EventID(high: id.high, low: id.low).utf8), Self.type,
            KafkaHeader(name: "ce_source", text: "/\(item.event.country)/\(Self.source)"),
            KafkaHeader(name: "ce_subject", text: StreamName(item.event.practitionerID).text), time, Self.dataVersion,
            KafkaHeader(name: "ce_correlationid", value: item.correlationID.map { Array($0.utf8) } ?? cause),
            KafkaHeader(name: "ce_causationid", value: cause),
        ]
        if let traceparent = item.traceparent {
            headers.append(KafkaHeader(name: "traceparent", text: traceparent))
            headers.append(KafkaHeader(name: "ce_traceparent", text: traceparent))
        }
        headers.append(Self.contentType)
        return KafkaRecord(
            topic: Topic.availabilityEvents.name, partition: Int32(partition), key: item.event.practitionerID.utf8,
            value: EventCodec.encode(item.event), headers: headers)
    }
}
