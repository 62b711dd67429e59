package import Domain
package import EventStore
package import Postgres
package import ProjectionRunner

/// Search in the practitioner database: a document a practitioner, found by indexes, its free slots as bits.
package struct PostgresSearchEngine: SearchEngine {
    /// Documents that one statement writes, at most.
    static let batchMax = 2_000
    /// Documents of one country that `refresh` looks at in one call.
    private static let refreshMax: Int32 = 2_000

    let pool: PGPool
    let zones: ZoneDatabase
    let countries: [Country]
    package private(set) var epoch: Int64
    let starts = GridStartsCache()

    /// An engine over the tables of `SearchSchema`.
    ///
    /// - Parameters:
    ///   - pool: The practitioner database.
    ///   - zones: For the instants of slots.
    ///   - countries: All that are live.
    ///   - epoch: Which generation of documents it reads and writes.
    package init(pool: PGPool, zones: ZoneDatabase, countries: [Country], epoch: Int64 = 1) {
        self.pool = pool
        self.zones = zones
        self.countries = countries
        self.epoch = epoch
    }

    package func over(epoch: Int64) -> PostgresSearchEngine {
        var other = self
        other.epoch = epoch
        return other
    }

    package func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        ProjectionCheckpoint(try await pool.query(SQL.readCheckpoint, [.int(epoch), .int(Int64(partition.number))]))
    }

    package func index(
        _ changes: [SearchChange], partition: Shard, checkpoint: ProjectionCheckpoint
    ) async throws {
        let keys = Array(Set(changes.map(\.key)))
        try await pool.transaction { session in
            let read = try await session.pipeline([
                PGStep(SQL.lockCheckpoint, [.int(epoch), .int(Int64(partition.number))]),
                PGStep(SQL.readCheckpoint, [.int(epoch), .int(Int64(partition.number))]),
                PGStep(SQL.lockDocuments, [.int(epoch), .countries(keys), .practitioners(keys)]),
                PGStep(SQL.relaxCommit),
            ])
            let documents = (0..<read[2].count).compactMap { SearchDocument(read[2], $0) }
            let stored = Dictionary(uniqueKeysWithValues: documents.map { ($0.key, $0) })
            let after = try Self.applying(changes, to: stored, partition: partition)
            let changed = after.values.filter { $0 != stored[$0.key] }
            let renamed = changed.filter { $0.profile?.displayName != stored[$0.key]?.profile?.displayName }
            let writes = DocumentWrites(epoch: epoch, partition: partition)
            // Without a checkpoint there is nothing to go on with: a late writer does not bring back a dropped epoch.
            guard let before = ProjectionCheckpoint(read[1]) else { throw ProjectionFault.modelLost }
            let next = before.advanced(to: checkpoint)
            _ = try await session.pipeline(
                (changed.isEmpty ? [] : writes.steps(changed, renamed: renamed)) + [write(next, of: partition)])
        }
    }

    private static func applying(
        _ changes: [SearchChange], to stored: [SearchKey: SearchDocument], partition: Shard
    ) throws(SearchDocument.Fault) -> [SearchKey: SearchDocument] {
        var documents = stored
        for change in changes {
            var document = documents[change.key] ?? SearchDocument(change.key, partition: partition)
            switch change.kind {
            case .profile(let event, let sequence):
                try document.apply(event, sequence: sequence, occurredAt: change.occurredAt)
            case .availability(let event): document.apply(event, occurredAt: change.occurredAt)
            }
            documents[change.key] = document
        }
        return documents
    }

    package func replace(
        _ partition: Shard, by documents: [SearchDocument], checkpoint: ProjectionCheckpoint
    ) async throws {
        let number = Int64(partition.number)
        let writes = DocumentWrites(epoch: epoch, partition: partition)
        // Before the transaction, which is long: others who need the same new grid would wait for its end.
        _ = try await pool.query(SQL.ensureGrids, writes.grids(documents))
        try await pool.transaction { session in
            _ = try await session.pipeline([
                PGStep(SQL.lockCheckpoint, [.int(epoch), .int(number)]),
                PGStep(SQL.clearDocuments, [.int(epoch), .int(number)]),
                PGStep(SQL.clearNames, [.int(epoch), .int(number)]),
            ])
            for start in stride(from: 0, to: documents.count, by: Self.batchMax) {
                let part = Array(documents[start..<min(start + Self.batchMax, documents.count)])
                _ = try await session.pipeline(writes.steps(part, renamed: part.filter { $0.profile != nil }))
            }
            _ = try await session.pipeline([write(checkpoint, of: partition)])
        }
    }

    package func confirm(_ partition: Shard, caughtUpAt moment: Instant) async throws {
        _ = try await pool.query(
            SQL.confirmCheckpoint, [.int(epoch), .int(Int64(partition.number)), .timestamp(moment.microseconds)])
    }

    package func refresh(_ partition: Shard, now: Instant) async throws {
        for country in countries {
            let slots = try await slots(of: country, window: SearchWindow(), now: now)
            guard !slots.numbers.isEmpty else { continue }
            let earliest = now.adding(minutes: country.minimumNoticeMinutes)
            let refresh = PGStep(
                SQL.refreshNextAvailable,
                [
                    .int(epoch), .int(Int64(partition.number)), .text(country.code.text),
                    .timestamp(earliest.microseconds), .date(slots.origin.days), .intArray(slots.numbers),
                    .intArray(slots.from), .intArray(slots.to), .doubleArray(slots.starts),
                    .int4(Int32(GridSlots.count)), .int4(Self.refreshMax),
                ])
            _ = try await pool.pipeline([PGStep(.begin), PGStep(SQL.preferIndexOrder), refresh, PGStep(.commit)])
        }
    }

    package func freshness(of country: CountryCode, now: Instant) async throws -> SearchFreshness {
        let rows = try await pool.query(SQL.readFreshness, [.int(epoch), .text(country.text)])
        let oldest = rows.timestampOrNil(0, 2).map { Instant(microseconds: $0) }
        let isBehind = oldest.map { $0 < now.adding(seconds: -SearchFreshness.lagSecondsMax) } ?? true
        return SearchFreshness(
            asOf: rows.timestampOrNil(0, 1).map { Instant(microseconds: $0) },
            isDegraded: isBehind || rows.int(0, 0) < Int64(Shard.count) || rows.bool(0, 3))
    }

    package func names(beginningWith words: [String], in country: CountryCode) async throws -> Set<String> {
        guard !words.isEmpty else { return [] }
        let rows = try await pool.query(
            SQL.findNames, [.int(epoch), .text(country.text), .textArray(words)])
        return Set((0..<rows.count).map { rows.text($0, 0) })
    }

    package func digest(of partition: Shard, from date: LocalDate) async throws -> ModelDigest {
        try await pool.transaction(.repeatableRead, readOnly: true) { session in
            var digest = ModelDigest()
            try await DocumentScan(epoch: epoch, partition: partition).run(on: session) { documents in
                for document in documents { document.add(to: &digest, from: date) }
            }
            return digest
        }
    }

    private func write(_ checkpoint: ProjectionCheckpoint, of partition: Shard) -> PGStep {
        let practitioners = checkpoint[.practitionerEvents]
        let availability = checkpoint[.availabilityEvents]
        return PGStep(
            SQL.writeCheckpoint,
            [
                .int(epoch), .int(Int64(partition.number)), .int(practitioners.sequence),
                practitioners.nextOffset.map { .int($0) } ?? .null, .event(practitioners.lastRecord),
                availability.nextOffset.map { .int($0) } ?? .null, .event(availability.lastRecord),
                checkpoint.asOf.map { .timestamp($0.microseconds) } ?? .null,
            ])
    }
}

extension PGValue {
    fileprivate static func event(_ id: EventID?) -> PGValue { id.map { .uuid($0.high, $0.low) } ?? .null }
}

extension ProjectionCheckpoint {
    /// Reads the row of `read_search_checkpoint`; nil if there is none.
    init?(_ rows: PGRows) {
        guard rows.count > 0 else { return nil }
        let records = [2, 4].map { rows.uuidOrNil(0, $0).map { EventID(high: $0.high, low: $0.low) } }
        self.init(
            positions: [
                TopicPosition(
                    topic: .practitionerEvents, sequence: rows.int(0, 0), nextOffset: rows.intOrNil(0, 1),
                    lastRecord: records[0]),
                TopicPosition(
                    topic: .availabilityEvents, sequence: 0, nextOffset: rows.intOrNil(0, 3), lastRecord: records[1]),
            ], asOf: rows.timestampOrNil(0, 5).map { Instant(microseconds: $0) })
    }

    /// The later of two places in each topic: a batch that comes again must not move a topic back.
    fileprivate func advanced(to next: ProjectionCheckpoint) -> ProjectionCheckpoint {
        var result = self
        let practitioners = next[.practitionerEvents]
        if practitioners.sequence >= self[.practitionerEvents].sequence { result.set(practitioners) }
        let availability = next[.availabilityEvents]
        if (availability.nextOffset ?? -1) >= (self[.availabilityEvents].nextOffset ?? -1) { result.set(availability) }
        result.asOf = [asOf, next.asOf].compactMap { $0 }.max()
        return result
    }
}
