import Domain
import EventStore
package import Postgres
import ProjectionRunner

/// The practitioner database's history, from which profiles are built anew.
package struct PractitionerHistory: Sendable {
    private let pool: PGPool

    /// Reads through a pool; the role `event_reader` may do all of this.
    package init(_ pool: PGPool) {
        self.pool = pool
    }

    /// Folds a partition's practitioner events, all in one snapshot.
    ///
    /// - Returns: A document a practitioner, without free slots, and the position of the last event that went in.
    /// - Throws: `EventStoreError` for a history with holes; `ProjectionFault.undecodable`; `PGError`.
    func documents(of partition: Shard) async throws -> (documents: [SearchDocument], sequence: Int64) {
        try await pool.transaction(.repeatableRead, readOnly: true) { session in
            var documents: [SearchKey: SearchDocument] = [:]
            var position: Int64 = 0
            while true {
                let events = try await EventReader.positions(
                    of: partition, after: position, limit: EventReader.limitMax, on: session)
                try Self.fold(events, of: partition, into: &documents)
                guard let last = events.last else { return (Array(documents.values), position) }
                position = last.position
            }
        }
    }

    private static func fold(
        _ events: [PositionedEvent], of partition: Shard, into documents: inout [SearchKey: SearchDocument]
    ) throws {
        var reader = try SearchRecordReader()
        for event in events {
            let record = ProjectionRecord(event, topic: .practitionerEvents)
            guard let change = try reader.change(record), case .profile(let event, let sequence) = change.kind else {
                continue
            }
            try documents[change.key, default: SearchDocument(change.key, partition: partition)]
                .apply(event, sequence: sequence, occurredAt: change.occurredAt)
        }
    }
}
