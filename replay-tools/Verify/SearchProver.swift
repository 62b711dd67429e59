import Domain
import EventStore
import Postgres
import ProjectionRunner
import SearchProjection

/// Compares the documents of one partition with profiles, calendars and bookings out of the event stores.
///
/// Profiles are compared at the checkpoint, in the one snapshot that has both. Free slots are compared at each
/// document's own sources, on the hot days of its zone.
struct SearchProver: Sendable {
    private let connections: Connections
    private let content: SearchContent
    private let scope: EpochScope
    private let epoch: Int64

    init(_ connections: Connections, scope: EpochScope, epoch: Int64) {
        self.connections = connections
        self.scope = scope
        self.epoch = epoch
        content = SearchContent(pool: connections.practitioner.pool, epoch: epoch)
    }

    /// Looks at a partition once.
    ///
    /// - Throws: `Unreachable`; errors of a store that is damaged.
    func look(at partition: Shard) async throws -> PartitionProof {
        let pages = try await EpochDesk(.availability, connections).served()
        let kept = try await KeptOut.read(
            [(.search, epoch), (.availability, pages)], partition, country: scope.country, connections)
        guard let held = try await read(partition, kept) else { return try await neverBuilt(partition) }
        let sequence = held.checkpoint[.practitionerEvents].sequence
        if sequence > held.calendars.head {
            var proof = PartitionProof(.search, partition.number, at: held.checkpoint)
            proof.add(.ahead(.practitionerEvents, sequence, of: held.calendars.head))
            return proof
        }
        let now = connections.clock.now()
        return try await Unreachable.naming(connections.booking.dependency) {
            try await Baseline.withSnapshot(of: connections.booking.pool) { baseline in
                let head = baseline.heads[partition.number].stamped
                let since = LocalDate(days: Int32(clamping: now.seconds / 86_400)).adding(days: -1)
                let bookings = try await BookedHistory.read(
                    baseline, partition, country: scope.country, without: kept, connections.booking.pool, since: since,
                    telling: head)
                var comparison = SearchComparison(
                    held, bookings, kept, tellingFrom: head, now: now, scope: scope)
                try comparison.run()
                guard let oldest = comparison.suspects.map(\.bookingSource).min(), oldest < head else {
                    return comparison.proof
                }
                // Most documents have everything; those that do not agree are judged at their own sources.
                let told = try await bookings.telling(oldest, baseline, partition)
                comparison = SearchComparison(
                    held, told, kept, tellingFrom: oldest, now: now, scope: scope)
                try comparison.run()
                return comparison.proof
            }
        }
    }

    // MARK: reading

    private func read(_ partition: Shard, _ kept: KeptOut) async throws -> HeldDocuments? {
        try await Unreachable.naming(connections.practitioner.dependency) {
            try await connections.practitioner.pool.transaction(.repeatableRead, readOnly: true) { session in
                guard let (checkpoint, documents) = try await content.documents(of: partition, on: session) else {
                    return nil
                }
                let wanted = documents.filter { scope.covers($0.key.country) && scope.covers($0.key.practitioner) }
                let calendars = try await CalendarHistory.read(
                    partition, country: scope.country, without: kept, zones: connections.zones, on: session)
                return HeldDocuments(
                    partition: partition, checkpoint: checkpoint,
                    documents: Dictionary(wanted.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first }),
                    calendars: calendars)
            }
        }
    }

    private func neverBuilt(_ partition: Shard) async throws -> PartitionProof {
        var proof = PartitionProof(.search, partition.number, at: nil)
        let heads = try await Unreachable.naming(connections.practitioner.dependency) {
            try await EventReader(connections.practitioner.pool).heads()
        }
        let head = heads[partition.number].stamped
        if head > 0 { proof.add(.neverBuilt(.practitionerEvents, head)) }
        return proof
    }
}
