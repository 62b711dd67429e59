package import Domain
package import EventStore
import Observability
package import Postgres
package import ProjectionRunner

/// What search puts into the log: every practitioner's public profile; free slots are asked for when documents are
/// built.
package struct SearchBaselines: BaselineSource {
    package let model = "search"
    package let wireType = SearchBaseline.wireType
    private let history: PractitionerHistory
    private let quarantine: Quarantine

    /// Reads nothing yet.
    ///
    /// - Parameter pool: The practitioner database.
    package init(_ pool: PGPool) {
        history = PractitionerHistory(pool)
        quarantine = Quarantine(
            model: model, epoch: 0, pool: pool, databases: [.practitionerEvents: pool], log: .silent)
    }

    package func baseline(
        of partition: Shard, pace: @escaping @Sendable () async throws -> Void
    ) async throws -> FoldedBaseline {
        try await pace()
        let folded = try await history.fold(partition, skips: try await quarantine.readSkips())
        let waiting = Dictionary(folded.unreadable.map { ($0.practitioner, $0) }, uniquingKeysWith: { $1 })
        let documents = folded.documents
        let known = Set(documents.map(\.key.practitioner))
        let nowhere = folded.unreadable.filter { !known.contains($0.practitioner) }
        return FoldedBaseline(
            positions: [.practitionerEvents: folded.sequence], days: nil, asOf: documents.map(\.asOf).max(),
            count: documents.count + nowhere.count
        ) { index in
            guard index < documents.count else {
                let cause = nowhere[index - documents.count]
                return FoldedBaseline.Item(
                    practitioner: cause.practitioner, country: cause.country,
                    data: SearchBaseline(unreadable: cause).json(of: cause.practitioner))
            }
            let key = documents[index].key
            let held = SearchBaseline(document: documents[index], unreadable: waiting[key.practitioner])
            return FoldedBaseline.Item(
                practitioner: key.practitioner, country: key.country, data: held.json(of: key.practitioner))
        }
    }
}
