import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner
import SearchProjection

/// Compares all documents of some partitions with what is remembered; what differs is judged by the stores.
struct DocumentCheck: Sendable {
    let connections: Connections
    let models: RememberedModels
    let country: CountryCode?
    let epoch: Int64
    /// Of the pages, which free slots come from.
    let pagesEpoch: Int64
    /// What happens where too much differs to be judged one by one, or what is remembered seems wrong.
    let doubt: Doubt

    private var content: SearchContent { SearchContent(pool: connections.practitioner.pool, epoch: epoch) }

    /// Sessions that read documents, and threads that compare them.
    private static let readers = 2

    /// Looks at some partitions once.
    ///
    /// - Returns: In the order of `shards`.
    /// - Throws: As `PageCheck.look`.
    func look(at shards: [Shard]) async throws -> [PartitionProof] {
        let kept = try await KeptOut.readAll(
            [(.search, epoch), (.availability, pagesEpoch)], country: country, connections)
        var reached: [Int64] = []
        for shard in shards { reached.append(try await unprove(models.partitions[shard.number])) }
        let now = connections.clock.now()
        let apart = shards.reduce(into: Set<PractitionerID>()) { $0.formUnion(kept[$1.number].waiting.keys) }
        let tally = DocumentTally(
            models, shards, country: country, todays: try models.todays(connections.zones, at: now), apart: apart)
        // One partition is looked at beside others, and takes no more than one session from them.
        let others = (1..<(shards.count > 1 ? Self.readers : 1)).map { _ in tally.another() }
        let content = content
        let checkpoints = try await Unreachable.naming(connections.practitioner.dependency) {
            try await content.documentsInBrief(of: shards, to: ([tally] + others).map { tally in { tally.take($0) } })
        }
        for other in others { tally.add(other) }
        let heads = try await StoreHeads.read(connections)
        var proofs: [PartitionProof] = []
        for ((shard, checkpoint), reached) in zip(zip(shards, checkpoints), reached) {
            let sequence = checkpoint?[.practitionerEvents].sequence ?? 0
            if let checkpoint, sequence <= heads.calendars[shard.number] {
                tally.finish(shard)
                proofs.append(try await judge(shard, tally, checkpoint, kept[shard.number]))
                let partition = models.partitions[shard.number]
                if country == nil { partition.profiles = max(partition.profiles, min(sequence, reached)) }
            } else {
                // Never built, or ahead of the store: there is a word for that.
                proofs.append(try await prover.look(at: shard))
            }
        }
        return proofs
    }

    private var scope: EpochScope { EpochScope(country: country) }
    private var prover: SearchProver { SearchProver(connections, scope: scope, epoch: epoch) }

    private func judge(
        _ shard: Shard, _ tally: DocumentTally, _ checkpoint: ProjectionCheckpoint, _ kept: KeptOut
    ) async throws -> PartitionProof {
        let partition = models.partitions[shard.number]
        var proof = PartitionProof(.search, shard.number, at: checkpoint)
        proof.notCompared = kept.inOrder
        let found = tally.partitions[shard.number]
        for (bucket, digest) in zip(partition.buckets, found.digests) {
            proof.count(bucket.id, held: digest, expected: digest)
        }
        let strays = partition.strays.subtracting(kept.waiting.keys)
        let countries = country.map { [$0] } ?? Array(connections.countries.keys)
        let keys = found.suspects.union(strays.flatMap { id in countries.map { SearchKey($0, id) } })
        if keys.isEmpty { return proof }
        guard keys.count <= Doubt.judgedMax else {
            try doubt.raise("partition \(shard.number) of search has \(keys.count) documents to judge")
            return try await prover.look(at: shard)
        }
        try await judge(Array(keys), partition, kept, &proof)
        return proof
    }

    /// Forgets what was proven of those who have had events since: their documents are compared as a whole.
    ///
    /// - Returns: The last position that was looked at.
    private func unprove(_ partition: RememberedPartition) async throws -> Int64 {
        var position = partition.profiles
        while true {
            let after = position
            let events = try await Unreachable.naming(connections.practitioner.dependency) {
                try await EventReader(connections.practitioner.pool).positions(of: partition.shard, after: after)
            }
            for event in events {
                let id = PractitionerID(high: event.key.high, low: event.key.low)
                if let seat = partition.seat(of: id) { seat.bucket.prove(seat.cell, nil) }
            }
            guard let last = events.last else { return position }
            position = last.position
        }
    }

    /// Compares documents as a whole with folds of the stores, and remembers those whose profiles are right.
    private func judge(
        _ keys: [SearchKey], _ partition: RememberedPartition, _ kept: KeptOut, _ proof: inout PartitionProof
    ) async throws {
        let shard = partition.shard
        let content = content
        let read = try await Unreachable.naming(connections.practitioner.dependency) {
            try await connections.practitioner.pool.transaction(.repeatableRead, readOnly: true) { session in
                (
                    try await content.checkpoint(of: shard, on: session),
                    try await content.documents(of: keys, in: shard, on: session)
                )
            }
        }
        guard let checkpoint = read.0 else { return }
        let heads = try await StoreHeads.read(connections)
        let judge = StoreJudge(connections: connections, heads: heads, kept: kept)
        let ids = Array(Set(keys.map(\.practitioner))).sorted()
        let calendars = try await judge.calendars(of: ids, shard)
        try judge.confirm(ids, calendars, partition)
        let now = connections.clock.now()
        let since = LocalDate(days: Int32(clamping: now.seconds / 86_400)).adding(days: -1)
        let bookings = try await judge.bookings(of: ids, shard, since: since)
        let held = HeldDocuments(
            partition: shard, checkpoint: checkpoint,
            documents: Dictionary(
                read.1.map { ($0.document.key, $0.document) }, uniquingKeysWith: { first, _ in first }),
            calendars: calendars)
        var comparison = SearchComparison(held, bookings, kept, tellingFrom: 0, now: now, scope: scope)
        try comparison.run()
        proof.take(comparison.proof)
        proof.judged += ids.count
        for (document, hash) in read.1 {
            guard let (bucket, cell) = partition.seat(of: document.key.practitioner),
                bucket.id.country == document.key.country, calendars.unreadable[document.key.practitioner] == nil
            else { continue }
            let isRight = !comparison.wrongProfiles.contains(document.key.practitioner)
            let profile = RememberedBucket.Profile(hash: hash, word: document.profileWord)
            bucket.prove(cell, isRight ? profile : nil)
        }
    }
}
