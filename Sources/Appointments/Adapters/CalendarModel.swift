import BookingCommands
import Domain
import EventStore
import Observability
import Postgres
import ProjectionRunner
import Synchronization

/// Booking's calendars as a runner's model: the event applies what the direct call may not have reached.
struct CalendarModel: ProjectionModel {
    let name = "calendars"
    let topics = [Topic.practitionerEvents]

    let applier: CalendarApplier
    let checkpoints: CalendarCheckpoints
    /// Reads events of the practitioner database, nothing else.
    let practitionerEvents: PGPool
    let zones: ZoneDatabase

    /// Calendars that one transaction of a baseline stores.
    private static let chunk = 500

    func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        guard let sequence = try await checkpoints.sequence(of: partition.number) else { return nil }
        return ProjectionCheckpoint(positions: [TopicPosition(topic: .practitionerEvents, sequence: sequence)])
    }

    func apply(_ batch: ProjectionBatch) async throws {
        for record in batch.records {
            let change = try Self.change(record)
            let key = CalendarKey(country: change.event.country, practitionerID: record.key)
            let trace = Trace(
                correlationID: record.header("ce_correlationid") ?? Trace.internalWork.correlationID,
                traceparent: record.header("traceparent"))
            try await applier.apply([change], to: key, trace: trace)
        }
        let sequence = batch.checkpoint[.practitionerEvents].sequence
        try await checkpoints.advance(batch.partition.number, to: sequence)
    }

    /// Folds every practitioner of the partition; calendars that are older are replaced, and no booking is displaced.
    func takeBaseline(of partition: Shard, ends: [Topic: Int64]) async throws -> ProjectionCheckpoint {
        let fold = CalendarFold(zones: zones)
        let head = try await Baseline.withSnapshot(of: practitionerEvents) { baseline in
            _ = try await baseline.read(BaselineFilter(shards: [partition])) { try fold.take($0) }
            return baseline.heads[partition.number].stamped
        }
        let calendars = try fold.calendars()
        for start in stride(from: 0, to: calendars.count, by: Self.chunk) {
            try await applier.adopt(Array(calendars[start..<min(start + Self.chunk, calendars.count)]))
        }
        try await checkpoints.advance(partition.number, to: head)
        let position = TopicPosition(
            topic: .practitionerEvents, sequence: head, nextOffset: ends[.practitionerEvents])
        return ProjectionCheckpoint(positions: [position])
    }

    func digest(of partition: Shard) async throws -> ModelDigest {
        var digest = ModelDigest()
        for (key, version) in try await checkpoints.versions(of: partition.number) {
            digest.add(key.practitionerID.high, key.practitionerID.low, UInt64(version))
        }
        return digest
    }

    private static func change(_ record: ProjectionRecord) throws -> PractitionerChange {
        let bytes = record.withData { Array($0) }
        guard let id = record.eventID, let version = record.streamVersion else {
            throw ProjectionFault.undecodable(.practitionerEvents, sequence: record.sequence, record.wireType)
        }
        do throws(EventDecodingError) {
            let event = try EventCodec.practitionerEvent(record.wireType, bytes)
            return PractitionerChange(version: version, id: id, event: event)
        } catch {
            throw ProjectionFault.undecodable(.practitionerEvents, sequence: record.sequence, record.wireType)
        }
    }
}

/// Collects the changes of practitioners, which come in no order, and folds each stream in its own.
private final class CalendarFold: Sendable {
    private let zones: ZoneDatabase
    private let streams = Mutex<[PractitionerID: [PractitionerChange]]>([:])

    init(zones: ZoneDatabase) { self.zones = zones }

    func take(_ event: BaselineEvent) throws {
        if !event.isFirstSideStamped { return }  // above P: it comes through the log
        let decoded = try EventCodec.practitionerEvent(event.wireType, Array(event.data))
        let change = PractitionerChange(version: event.streamVersion, id: event.eventID, event: decoded)
        streams.withLock { $0[decoded.practitionerID, default: []].append(change) }
    }

    func calendars() throws -> [StoredCalendar] {
        try streams.withLock { $0 }.values.compactMap { changes in
            let changes = changes.sorted { $0.version < $1.version }
            guard case .registered(let event) = changes[0].event else { return nil }
            var calendar = try PractitionerCalendar(event, version: changes[0].version, zones: zones)
            for change in changes.dropFirst() { calendar.evolve(change.event, version: change.version) }
            return StoredCalendar(calendar: calendar, number: event.number)
        }
    }
}
