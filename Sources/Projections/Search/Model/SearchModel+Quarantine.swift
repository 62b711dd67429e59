import Domain
import EventStore
import ProjectionRunner

extension SearchModel {
    /// Reads a batch; whoever has an event that cannot be taken in waits from there on.
    func read(_ batch: ProjectionBatch) async throws -> (split: QuarantineSplit, changes: [SearchChange]) {
        let partition = batch.partition
        let split = quarantine.split(batch.records, partition)
        var reader = try SearchRecordReader()
        var changes: [SearchChange] = []
        var causes: [QuarantineCause] = []
        var admitted: [PractitionerID: Int] = [:]
        for (index, record) in split.flowing.enumerated() where admitted[record.key] == nil {
            do throws(QuarantineCause) {
                if let change = try reader.change(record) { changes.append(change) }
            } catch {
                causes.append(error)
                admitted[record.key] = split.place(of: index)
            }
        }
        if causes.isEmpty { return (split, changes) }
        try await quarantine.admit(causes, partition)
        try await engine.conceal(partition)
        return (quarantine.split(batch.records, partition, admitted: admitted), changes)
    }

    /// Brings free slots back to those who have left the quarantine of availability.
    func reveal(_ partition: Shard, _ checkpoint: ProjectionCheckpoint) async throws {
        let keys = try await engine.released(in: partition)
        if keys.isEmpty { return }
        let changes = try await availability.free(of: keys).map { free in
            SearchChange(
                SearchKey(free.change.country, free.change.practitionerID), occurredAt: free.asOf,
                .availability(free.change))
        }
        if !changes.isEmpty { try await engine.index(changes, partition: partition, checkpoint: checkpoint) }
    }

    /// Folds a practitioner's document again, asks for the free slots, and writes both.
    func restore(
        _ cause: QuarantineCause, _ skips: Set<EventID>, _ partition: Shard, _ checkpoint: ProjectionCheckpoint
    ) async throws {
        let folded = try await practitioners.document(
            of: cause.practitioner, partition, through: checkpoint[.practitionerEvents].sequence, skips: skips)
        guard var document = folded else { throw cause }
        if let free = try await availability.free(of: [document.key]).first {
            document.apply(free.change, occurredAt: free.asOf)
        }
        try await engine.restore(document, partition: partition)
    }
}
