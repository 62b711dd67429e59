import Domain
import EventStore
package import Postgres
import ProjectionRunner

/// The practitioner database's history, from which profiles are built anew.
package struct PractitionerHistory: Sendable {
    /// A partition's documents, as a fold of the store makes them.
    struct Folded {
        /// One a practitioner, without free slots; of somebody with an event that cannot be taken in, what was before
        /// it.
        var documents: [SearchDocument] = []
        /// The position of the last event that went in.
        var sequence: Int64 = 0
        /// Of each such practitioner the first such event.
        var unreadable: [QuarantineCause] = []
    }

    let pool: PGPool

    /// Reads through a pool; the role `event_reader` may do all of this.
    package init(_ pool: PGPool) {
        self.pool = pool
    }

    /// Folds a partition's practitioner events, all in one snapshot.
    ///
    /// - Parameters:
    ///   - partition: Whose.
    ///   - skips: Events to do without.
    /// - Returns: Everything up to the last position.
    /// - Throws: `EventStoreError` for a history with holes; `PGError`.
    func fold(_ partition: Shard, skips: [PractitionerID: Set<EventID>] = [:]) async throws -> Folded {
        try await pool.transaction(.repeatableRead, readOnly: true) { session in
            var fold = DocumentFold(partition, skips: skips)
            while true {
                let events = try await EventReader.positions(
                    of: partition, after: fold.position, limit: EventReader.limitMax, on: session)
                try fold.take(events)
                if events.isEmpty { return fold.folded }
            }
        }
    }

    /// The same out of the log, which has every event, or a round and every event after it.
    ///
    /// - Parameters:
    ///   - log: Where it is read.
    ///   - partition: Whose.
    ///   - skips: Events to do without.
    /// - Returns: Everything up to the last position.
    /// - Throws: `BaselineFault`; `LogReader.Hole`; `KafkaError`.
    static func fold(
        _ log: LogReader, _ partition: Shard, skips: [PractitionerID: Set<EventID>]
    ) async throws -> Folded {
        var fold = DocumentFold(partition, skips: skips)
        var reader = try SearchBaselineReader()
        try await log.readRounds([partition]) { _, _ in
        } each: { _, record in
            try fold.restore(try reader.read(record), of: record.practitioner)
        }
        var changes = try SearchRecordReader()
        let last = try await log.read(.practitionerEvents, [partition]) { _, _ in
        } each: { _, record in
            try fold.take(record, record.country, &changes)
        }
        fold.position = last[partition]?[.practitionerEvents].sequence ?? 0
        return fold.folded
    }

    /// Folds one practitioner's document, without free slots, up to where a partition stands.
    ///
    /// - Parameters:
    ///   - id: Whose.
    ///   - partition: Where the practitioner's events are published.
    ///   - position: Of practitioner-events: up to there.
    ///   - skips: Events to do without.
    ///   - keepsSequence: Whether the document names the last event that is in it, and not `position`.
    /// - Returns: Nil where there is no such practitioner.
    /// - Throws: `QuarantineCause` for an event that cannot be taken in; `PGError`; `EventStoreError`.
    func document(
        of id: PractitionerID, _ partition: Shard, through position: Int64, skips: Set<EventID>,
        keepsSequence: Bool = false
    ) async throws -> SearchDocument? {
        let events = try await EventReader(pool).events(of: id, partition, through: position)
        var fold = DocumentFold(partition, skips: [id: skips])
        try fold.take(events)
        let folded = fold.folded
        if let cause = folded.unreadable.first { throw cause }
        guard var document = folded.documents.first else { return nil }
        if !keepsSequence { document.profileSequence = position }  // what comes next is later
        return document
    }
}

/// Documents under construction.
private struct DocumentFold {
    private let partition: Shard
    private let skips: [PractitionerID: Set<EventID>]
    private var documents: [SearchKey: SearchDocument] = [:]
    private var unreadable: [PractitionerID: QuarantineCause] = [:]
    var position: Int64 = 0

    init(_ partition: Shard, skips: [PractitionerID: Set<EventID>]) {
        self.partition = partition
        self.skips = skips
    }

    var folded: PractitionerHistory.Folded {
        PractitionerHistory.Folded(
            documents: Array(documents.values), sequence: position, unreadable: Array(unreadable.values))
    }

    /// Goes on from what a round has of somebody.
    ///
    /// - Throws: `BaselineFault.outdated`.
    mutating func restore(_ baseline: SearchBaseline, of id: PractitionerID) throws(BaselineFault) {
        if let cause = baseline.unreadable {
            if let event = cause.eventID, skips[id]?.contains(event) ?? false {
                throw BaselineFault.outdated(partition, id)
            }
            unreadable[id] = cause
        }
        if let document = baseline.document { documents[document.key] = document }
    }

    /// Takes events in, in order; whose event cannot be, keeps what was before it.
    mutating func take(_ events: [PositionedEvent]) throws {
        var reader = try SearchRecordReader()
        for event in events {
            position = event.position
            try take(ProjectionRecord(event, topic: .practitionerEvents), event.event.country, &reader)
        }
    }

    /// The same of one event; its country is nil where nobody says it.
    mutating func take(
        _ record: ProjectionRecord, _ country: CountryCode?, _ reader: inout SearchRecordReader
    ) throws {
        if unreadable[record.key] != nil { return }
        if let id = record.eventID, skips[record.key]?.contains(id) ?? false { return }
        do {
            guard let change = try reader.change(record), case .profile(let event, let sequence) = change.kind
            else { return }
            try documents[change.key, default: SearchDocument(change.key, partition: partition)]
                .apply(event, sequence: sequence, occurredAt: change.occurredAt)
        } catch let cause as QuarantineCause {
            unreadable[record.key] = cause.of(country)
        } catch is SearchDocument.Fault {
            unreadable[record.key] = QuarantineCause(record, fault: "the registration before it is missing")
                .of(country)
        }
    }
}

extension QuarantineCause {
    /// With a country that is known otherwise.
    fileprivate func of(_ country: CountryCode?) -> QuarantineCause {
        var cause = self
        cause.country = country ?? cause.country
        return cause
    }
}
