package import Domain
package import EventStore
package import ProjectionRunner
import Synchronization

extension SearchModel {
    /// What putting documents right has done.
    package struct Repaired: Hashable, Sendable {
        /// Documents that were looked at.
        package var looked = 0
        /// Those that were not as the stores and the served pages say.
        package var changed = 0
        /// The documents as they were found.
        package var held = ModelDigest()
        /// The same as they must be.
        package var folded = ModelDigest()

        /// Nothing yet.
        package init() {}
    }

    /// Documents that are put right in one transaction, during which the partition's lane waits.
    private static let repairedAtOnce = 200

    /// Puts one practitioner's document right, while the lane of live projection goes on.
    ///
    /// - Parameters:
    ///   - key: Whose.
    ///   - partition: Where the practitioner's events are published.
    /// - Returns: What was done.
    /// - Throws: `QuarantineCause` for an event that cannot be taken in; `PGError`; `EventStoreError`.
    package func repair(_ key: SearchKey, _ partition: Shard) async throws -> Repaired {
        guard let document = try await folded(key, partition) else { return Repaired() }
        return try await write([document], partition)
    }

    /// What `repair` of one practitioner would do; nothing is written.
    ///
    /// - Returns: What would be done.
    /// - Throws: As above.
    package func survey(_ key: SearchKey, _ partition: Shard) async throws -> Repaired {
        guard let document = try await folded(key, partition) else { return Repaired() }
        return try await write([document], partition, isDry: true)
    }

    private func folded(_ key: SearchKey, _ partition: Shard) async throws -> SearchDocument? {
        let skips = try await quarantine.readSkips()[key.practitioner] ?? []
        return try await practitioners.document(
            of: key.practitioner, partition, through: .max, skips: skips, keepsSequence: true)
    }

    /// Puts all documents of a partition right, or those of a country.
    ///
    /// - Parameters:
    ///   - partition: Which.
    ///   - country: Nil: all.
    ///   - pace: Asked before every transaction.
    /// - Returns: What was done, and who cannot be folded.
    /// - Throws: As above.
    package func repair(
        _ partition: Shard, country: CountryCode?, pace: @Sendable (RebuildOrder.Progress) async throws -> Void
    ) async throws -> (done: Repaired, unreadable: [QuarantineCause]) {
        let folded = try await practitioners.fold(partition, skips: try await quarantine.readSkips())
        let wanted = folded.documents.filter { country == nil || $0.key.country == country }
        var done = Repaired()
        for start in stride(from: 0, to: wanted.count, by: Self.repairedAtOnce) {
            let share = (Double(partition.number) + Double(start) / Double(wanted.count)) / Double(Shard.count)
            try await pace(RebuildOrder.Progress(.writing, share: share, events: done.looked))
            let part = Array(wanted[start..<min(start + Self.repairedAtOnce, wanted.count)])
            let own = try await write(part, partition)
            done.looked += own.looked
            done.changed += own.changed
            done.held.add(own.held)
            done.folded.add(own.folded)
        }
        return (done, folded.unreadable)
    }

    private func write(
        _ documents: [SearchDocument], _ partition: Shard, isDry: Bool = false
    ) async throws -> Repaired {
        try await quarantine.load(partition)
        let waiting = quarantine.members(of: partition)
        let wanted = documents.filter { !waiting.contains($0.key.practitioner) }
        let seen = Mutex(Repaired())
        let (availability, today) = (availability, LocalDate(days: Int32(clamping: clock.now().seconds / 86_400)))
        _ = try await engine.rewrite(partition, wanted.map(\.key)) { stored in
            // Under the partition's lock: nobody else writes these documents, so what is free now is the newest.
            let found = try await availability.free(of: wanted.map(\.key))
            let free = Dictionary(found.map { ($0.change.practitionerID, $0) }) { $1 }
            var done = Repaired()
            done.looked = wanted.count
            let wrong: [SearchDocument] = wanted.compactMap { folded in
                var document = folded
                let old = stored[folded.key]
                // The lane has taken in what came after the fold.
                if let old, old.profileSequence > folded.profileSequence { document = old.withoutSlots }
                if let slots = free[folded.key.practitioner] {
                    document.apply(slots.change, occurredAt: slots.asOf)
                }
                old?.add(to: &done.held, from: today)
                document.add(to: &done.folded, from: today)
                return old.map { $0.says(document, from: today) } ?? false ? nil : document
            }
            done.changed = wrong.count
            seen.withLock { [done] in $0 = done }
            return isDry ? [] : wrong
        }
        return seen.withLock { $0 }
    }
}

extension SearchDocument {
    /// The document without what was known of free slots.
    fileprivate var withoutSlots: SearchDocument {
        var document = self
        document.freeDays = nil
        document.nextAvailable = nil
        document.bookingSource = 0
        document.practitionerSource = 0
        return document
    }

    /// Whether both say the same to whoever searches, from a grid day on.
    fileprivate func says(_ other: SearchDocument, from date: LocalDate) -> Bool {
        var (mine, theirs) = (ModelDigest(), ModelDigest())
        add(to: &mine, from: date)
        other.add(to: &theirs, from: date)
        return mine == theirs && profileVersion == other.profileVersion && nextAvailable == other.nextAvailable
    }
}
