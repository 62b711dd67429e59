import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner

/// Compares all pages of a partition with what is remembered; what differs is judged by the stores.
struct PageCheck: Sendable {
    let connections: Connections
    let models: RememberedModels
    let country: CountryCode?
    let epoch: Int64
    /// What happens where too much differs to be judged one by one, or what is remembered seems wrong.
    let doubt: Doubt

    /// Looks at a partition once.
    ///
    /// - Throws: `MemoryFile.Unusable` where `doubt` says so; `Unreachable`; errors of a store that is damaged.
    func look(at partition: Shard) async throws -> PartitionProof {
        let prover = AvailabilityProver(connections, scope: EpochScope(country: country), epoch: epoch)
        guard let held = try await prover.read(partition) else { return try await prover.neverBuilt(partition) }
        let heads = try await StoreHeads.read(connections)
        let progress = held.standing.progress
        if progress[.bookingEvents].sequence > heads.bookings[partition.number]
            || progress[.practitionerEvents].sequence > heads.calendars[partition.number]
        {
            return try await prover.look(at: partition)
        }
        let days = held.standing.extents.filter { country == nil || $0.country == country }.map(\.days)
        guard days.allSatisfy({ models.days.contains($0.lowerBound) && models.days.contains($0.upperBound) }) else {
            try doubt.raise("the pages have days that are not remembered")
            return try await prover.look(at: partition)
        }
        let kept = try await KeptOut.read([(.availability, epoch)], partition, country: country, connections)
        var proof = PartitionProof(.availability, partition.number, at: progress)
        proof.notCompared = kept.inOrder
        let found = compare(held, models.partitions[partition.number], kept, &proof)
        let suspects = found.suspects + (try await newcomers(found.strangers, partition, heads, &proof))
        if suspects.isEmpty { return proof }
        guard suspects.count <= Doubt.judgedMax else {
            try doubt.raise(
                "partition \(partition.number) of availability has \(suspects.count) practitioners to judge")
            return try await prover.look(at: partition)
        }
        let judge = StoreJudge(connections: connections, heads: heads, kept: kept)
        let calendars = try await judge.calendars(of: suspects, partition)
        try judge.confirm(found.suspects, calendars, models.partitions[partition.number])
        let since = held.standing.extents.map(\.days.lowerBound).min() ?? models.days.lowerBound
        let bookings = try await judge.bookings(of: suspects, partition, since: since)
        try prover.compare(held, calendars, bookings, kept, &proof)
        proof.judged += suspects.count
        return proof
    }

    /// What differs in a partition.
    private struct Found {
        var suspects: [PractitionerID] = []
        var strangers: [(bucket: BucketID, cell: Int, date: LocalDate, held: DayCell)] = []
    }

    private func compare(
        _ held: AvailabilityProver.Held, _ partition: RememberedPartition, _ kept: KeptOut,
        _ proof: inout PartitionProof
    ) -> Found {
        var found = Found(suspects: partition.strays.filter { kept.waiting[$0] == nil }.sorted())
        for bucket in partition.buckets where country == nil || bucket.id.country == country {
            guard let pages = held.buckets[bucket.id] else {
                found.suspects += (0..<RememberedBucket.cells).compactMap(bucket.owner)
                    .filter { kept.waiting[$0] == nil }
                continue
            }
            let check = CellCheck(bucket, pages, from: models.days.lowerBound, without: kept.waiting.keys)
            proof.count(bucket.id, held: check.digest, expected: check.digest)
            found.suspects += check.suspects
            found.strangers += check.strangers.flatMap { pages.filled($0, of: bucket.id) }
        }
        for (id, pages) in held.buckets where partition.bucket(id) == nil {
            found.strangers += (0..<PageLayout.cellsPerPage).flatMap { pages.filled($0, of: id) }
        }
        return found
    }

    /// Who sits in cells that were nobody's: the pages may have registrations that came after what is remembered.
    private func newcomers(
        _ strangers: [(bucket: BucketID, cell: Int, date: LocalDate, held: DayCell)], _ partition: Shard,
        _ heads: StoreHeads, _ proof: inout PartitionProof
    ) async throws -> [PractitionerID] {
        if strangers.isEmpty { return [] }
        var seats: [CellPlace: PractitionerID] = [:]
        var position = models.partitions[partition.number].calendars.sequence
        while position < heads.calendars[partition.number] {
            let events = try await Unreachable.naming(connections.practitioner.dependency) {
                try await EventReader(connections.practitioner.pool).positions(of: partition, after: position)
            }
            for event in events where event.event.wireType.name == "PractitionerRegistered" {
                guard
                    case .registered(let registered)? = try? EventCodec.practitionerEvent(
                        event.event.wireType, event.event.data)
                else { continue }
                let place = CellPlace(
                    country: registered.country, partition: partition.number, number: registered.number)
                seats[place] = registered.practitionerID
            }
            guard let last = events.last else { break }
            position = last.position
        }
        var known: Set<PractitionerID> = []
        for (bucket, cell, date, held) in strangers {
            let number = bucket.index * PageLayout.cellsPerPage + cell
            let place = CellPlace(country: bucket.country, partition: partition.number, number: number)
            if let id = seats[place] {
                known.insert(id)
            } else {
                try doubt.raise("a cell of nobody holds something: \(bucket.country) practitioner number \(number)")
                proof.add(.unheardOf(bucket.country, number: number, date, held))
            }
        }
        return known.sorted()
    }
}

extension AvailabilityProver.Bucket {
    /// The days on which a cell holds something.
    fileprivate func filled(
        _ cell: Int, of bucket: BucketID
    ) -> [(bucket: BucketID, cell: Int, date: LocalDate, held: DayCell)] {
        zip(days, pages).compactMap { date, page in
            guard let held = page?.cell(cell), held != DayCell() else { return nil }
            return (bucket, cell, date, held)
        }
    }
}
