import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner
import SearchProjection

/// Takes documents as they stream by, and compares each with what is remembered of its practitioner.
///
/// Used by one session after the other, never by two.
final class DocumentTally: @unchecked Sendable {
    /// What was found in one partition.
    struct Partition {
        /// By bucket, in the order of those remembered: whoever agrees, of both sides.
        fileprivate(set) var digests: [ModelDigest]
        /// Documents that differ, are not proven, or are nobody's.
        fileprivate(set) var suspects: Set<SearchKey> = []
        /// By place: whose document was there.
        fileprivate var seen: [Bool]
    }

    /// By number, also those that do not come.
    private(set) var partitions: [Partition]
    private let models: RememberedModels
    private let country: CountryCode?
    private let todays: [Int]
    /// Practitioners whose documents are compared as a whole, or not at all.
    private let apart: Set<PractitionerID>

    /// - Parameters:
    ///   - models: What is remembered.
    ///   - shards: Which partitions come.
    ///   - country: Only this one's documents are looked at.
    ///   - todays: By zone: the place of today among the remembered days.
    ///   - apart: Who is neither compared nor counted here.
    init(
        _ models: RememberedModels, _ shards: [Shard], country: CountryCode?, todays: [Int],
        apart: Set<PractitionerID>
    ) {
        self.models = models
        self.country = country
        self.todays = todays
        self.apart = apart
        partitions = models.partitions.map { partition in
            let buckets = shards.contains(partition.shard) ? partition.buckets.count : 0
            return Partition(
                digests: [ModelDigest](repeating: ModelDigest(), count: buckets),
                seen: [Bool](repeating: false, count: buckets * RememberedBucket.cells))
        }
    }

    func take(_ document: DocumentInBrief) {
        let (high, low) = document.practitioner
        let number = document.partition
        if let country, document.country != country { return }
        guard let place = models.partitions[number].place(high, low) else { return suspect(document, number) }
        let bucket = models.partitions[number].buckets[place / RememberedBucket.cells]
        let cell = place % RememberedBucket.cells
        if document.country == bucket.id.country { partitions[number].seen[place] = true }
        if !apart.isEmpty, apart.contains(PractitionerID(high: high, low: low)) { return }
        let profile = bucket.profile(cell)
        guard profile.isProven, !bucket.isJudged(cell), profile.hash == document.profileHash,
            document.country == bucket.id.country,
            let word = wordIfEqual(document, bucket, cell)
        else { return suspect(document, number) }
        partitions[number].digests[place / RememberedBucket.cells].add(high, low, profile.word, word)
    }

    /// The word of the free slots; nil where they are not those that are remembered.
    private func wordIfEqual(_ document: DocumentInBrief, _ bucket: RememberedBucket, _ cell: Int) -> UInt64? {
        guard todays.indices.contains(bucket.zone(cell)) else { return nil }
        let today = todays[bucket.zone(cell)]
        // At midnight the last hot day may be one that is not remembered.
        guard today >= 0, today + PageLayout.hotDays <= bucket.dayCount else { return nil }
        let date = models.days.lowerBound.adding(days: today)
        // Where nothing is known of free slots, there must be none.
        let first = document.firstDate ?? date.adding(days: PageLayout.hotDays)
        return document.withFree(after: first.days(until: date)) { free in
            for day in 0..<PageLayout.hotDays {
                let planes = bucket.planes(cell, day: today + day)
                if free(day) != planes >> 24 & ~planes & 0xFF_FFFF { return nil }
            }
            return DocumentDigest.word(from: date, free)
        }
    }

    private func suspect(_ document: DocumentInBrief, _ number: Int) {
        let (high, low) = document.practitioner
        guard let country = document.country else { return }
        partitions[number].suspects.insert(SearchKey(country, PractitionerID(high: high, low: low)))
    }

    /// Adds those who are remembered and have no document, once all have come.
    func finish(_ shard: Shard) {
        for (place, seen) in partitions[shard.number].seen.enumerated() where !seen {
            let bucket = models.partitions[shard.number].buckets[place / RememberedBucket.cells]
            if let country, bucket.id.country != country { continue }
            guard let owner = bucket.owner(place % RememberedBucket.cells), !apart.contains(owner) else { continue }
            partitions[shard.number].suspects.insert(SearchKey(bucket.id.country, owner))
        }
    }
}
