import BookingCommands
import Domain
import EventStore
import Observability
import Postgres
import ProjectionRunner

/// Booking's calendars as a runner's model: the event applies what the direct call may not have reached.
///
/// An event that cannot be read leaves its practitioner's calendar at its version and everybody else's alone: until an
/// operator lets it go on, bookings of that practitioner are answered 503, as booking does not know what is open.
struct CalendarModel: ProjectionModel {
    let name = "calendars"
    let topics = [Topic.practitionerEvents]

    let applier: CalendarApplier
    let checkpoints: CalendarCheckpoints
    /// Reads events of the practitioner database, nothing else.
    let practitionerEvents: PGPool
    let zones: ZoneDatabase
    /// In booking's own database.
    let quarantine: Quarantine

    /// Calendars that one transaction of a baseline stores.
    private static let chunk = 500

    init(
        applier: CalendarApplier, checkpoints: CalendarCheckpoints, practitionerEvents: PGPool, zones: ZoneDatabase,
        bookings: PGPool, log: Log
    ) {
        self.applier = applier
        self.checkpoints = checkpoints
        self.practitionerEvents = practitionerEvents
        self.zones = zones
        quarantine = Quarantine(
            model: name, epoch: 1, pool: bookings, databases: [.practitionerEvents: practitionerEvents], log: log)
    }

    func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        try await quarantine.load(partition)
        // A process may have died between the two writes.
        try await applier.set(keys(quarantine.members(of: partition), partition), waits: true)
        guard let sequence = try await checkpoints.sequence(of: partition.number) else { return nil }
        return ProjectionCheckpoint(positions: [TopicPosition(topic: .practitionerEvents, sequence: sequence)])
    }

    func apply(_ batch: ProjectionBatch) async throws {
        let partition = batch.partition
        var split = quarantine.split(batch.records, partition)
        var admitted: [PractitionerID: Int] = [:]
        var causes: [QuarantineCause] = []
        for (index, record) in split.flowing.enumerated() where admitted[record.key] == nil {
            do {
                try await apply(record)
            } catch let cause as QuarantineCause {
                causes.append(cause)
                admitted[record.key] = split.place(of: index)
            }
        }
        if !causes.isEmpty {
            try await admit(causes, partition)
            split = quarantine.split(batch.records, partition, admitted: admitted)
        }
        try await quarantine.keep(split.waiting, partition)
        try await checkpoints.advance(partition.number, to: batch.checkpoint[.practitionerEvents].sequence)
    }

    private func apply(_ record: ProjectionRecord) async throws {
        let change = try Self.change(record)
        let key = CalendarKey(country: change.event.country, practitionerID: record.key)
        let trace = Trace(
            correlationID: record.header("ce_correlationid") ?? Trace.internalWork.correlationID,
            traceparent: record.header("traceparent"))
        do {
            try await applier.apply([change], to: key, trace: trace)
        } catch let error as EventDecodingError {  // of a version between
            throw QuarantineCause(record, fault: error.fault)
        } catch is ZoneError {
            throw QuarantineCause(record, fault: "its time zone or its slots cannot be used here")
        }
    }

    /// Folds every practitioner of the partition; calendars that are older are replaced, and no booking is displaced.
    func takeBaseline(of partition: Shard, ends: LogEnds) async throws -> ProjectionCheckpoint {
        try await quarantine.load(partition)
        let fold = CalendarFold(zones: zones, skips: try await quarantine.readSkips())
        let head = try await Baseline.withSnapshot(of: practitionerEvents) { baseline in
            _ = try await baseline.read(BaselineFilter(shards: [partition])) { fold.take($0) }
            return baseline.heads[partition.number].stamped
        }
        let (calendars, causes) = fold.finish()
        for start in stride(from: 0, to: calendars.count, by: Self.chunk) {
            try await applier.adopt(Array(calendars[start..<min(start + Self.chunk, calendars.count)]))
        }
        let waited = keys(quarantine.members(of: partition), partition)
        try await admit(causes, partition)
        try await quarantine.settle(partition, unreadable: Set(causes.map(\.practitioner)))
        let waiting = quarantine.members(of: partition)
        try await applier.set(waited.filter { !waiting.contains($0.practitionerID) }, waits: false)
        try await checkpoints.advance(partition.number, to: head)
        return ProjectionCheckpoint(positions: [ends.position(in: .practitionerEvents, sequence: head)])
    }

    func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws {
        try await quarantine.carryOut(partition) { cause, skips in try await restore(cause, skips, partition) }
    }

    func released(_ partition: Shard) async { quarantine.forget(partition) }

    func quarantined(in partition: Shard) -> Int { quarantine.count(of: partition) }

    func digest(of partition: Shard) async throws -> ModelDigest {
        var digest = ModelDigest()
        for (key, version) in try await checkpoints.versions(of: partition.number) {
            digest.add(key.practitionerID.high, key.practitionerID.low, UInt64(version))
        }
        return digest
    }

    // MARK: quarantine

    private func admit(_ causes: [QuarantineCause], _ partition: Shard) async throws {
        try await quarantine.admit(causes, partition)
        try await applier.set(keys(Set(causes.map(\.practitioner)), partition), waits: true)
    }

    private func keys(_ practitioners: Set<PractitionerID>, _ partition: Shard) -> [CalendarKey] {
        practitioners.compactMap { id in
            quarantine.country(of: id, partition).map { CalendarKey(country: $0, practitionerID: id) }
        }
    }

    /// Applies everything of the practitioner's stream that the calendar does not have, in order, each change with what
    /// it displaces.
    private func restore(_ cause: QuarantineCause, _ skips: Set<EventID>, _ partition: Shard) async throws {
        let id = cause.practitioner
        guard let country = cause.country ?? quarantine.country(of: id, partition) else { throw cause }
        var changes: [PractitionerChange] = []
        while true {
            let events = try await EventReader(practitionerEvents).stream(
                country: country, StreamName(id), from: Int64(changes.count) + 1)
            if events.isEmpty { break }
            for event in events { changes.append(try Self.change(event, id, skips)) }
        }
        guard !changes.isEmpty else { throw cause }
        let key = CalendarKey(country: country, practitionerID: id)
        do {
            try await applier.apply(changes, to: key, trace: .internalWork)
        } catch is ZoneError {
            throw cause
        }
        try await applier.set([key], waits: false)
    }

    /// An event of the store; one that is left out changes nothing but the version.
    private static func change(
        _ event: StoredEvent, _ id: PractitionerID, _ skips: Set<EventID>
    ) throws -> PractitionerChange {
        let eventID = event.metadata.eventID
        if skips.contains(eventID) {
            let nothing = PractitionerUpdated(practitionerID: id, country: event.country)
            return PractitionerChange(version: event.version, id: eventID, event: .updated(nothing))
        }
        do throws(EventDecodingError) {
            return PractitionerChange(
                version: event.version, id: eventID,
                event: try EventCodec.practitionerEvent(event.wireType, event.data))
        } catch {
            throw QuarantineCause(
                id, country: event.country, topic: .practitionerEvents, eventID: eventID, event.wireType,
                fault: error.fault)
        }
    }

    private static func change(_ record: ProjectionRecord) throws(QuarantineCause) -> PractitionerChange {
        let bytes = record.withData { Array($0) }
        guard let id = record.eventID, let version = record.streamVersion else {
            throw QuarantineCause(record, fault: "its headers do not say which event it is")
        }
        do throws(EventDecodingError) {
            let event = try EventCodec.practitionerEvent(record.wireType, bytes)
            return PractitionerChange(version: version, id: id, event: event)
        } catch {
            throw QuarantineCause(record, fault: error.fault)
        }
    }
}
