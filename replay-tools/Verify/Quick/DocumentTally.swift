import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner
import SearchProjection

/// Takes documents as they stream by, and compares each with what is remembered of its practitioner.
///
/// Used by one session at a time; several have one each, and what came to them is put together in the end.
final class DocumentTally: @unchecked Sendable {
    /// What was found in one partition.
    struct Partition {
        /// By bucket, in the order of those remembered: whoever agrees, of both sides.
        fileprivate(set) var digests: [ModelDigest]
        /// Documents that differ, are not proven, or are nobody's.
        fileprivate(set) var suspects: Set<SearchKey> = []
        /// By place: what the document there must be.
        fileprivate var expected: [Expected]
        /// By place: whose document was there.
        fileprivate var seen: [Bool]
    }

    /// What a document must say to be right without being read as a whole.
    ///
    /// Made bucket by bucket before documents come: they come in no order, and each would have to look at as many
    /// places of memory as there are days.
    fileprivate struct Expected {
        var profileHash: UInt64 = 0
        /// 0: nothing is proven, or cannot be compared here.
        var profileWord: UInt64 = 0
        /// Of the free slots of the hot days.
        var freeWord: UInt64 = 0
        /// The first of them, by its place among the remembered days.
        var today: Int32 = 0
    }

    /// By number, also those that do not come.
    private(set) var partitions: [Partition]
    private let models: RememberedModels
    private let country: CountryCode?
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
        self.apart = apart
        partitions = models.partitions.map { partition in
            let buckets = shards.contains(partition.shard) ? partition.buckets : []
            return Partition(
                digests: [ModelDigest](repeating: ModelDigest(), count: buckets.count),
                expected: buckets.flatMap { Self.expected($0, models.days.lowerBound, todays) },
                seen: [Bool](repeating: false, count: buckets.count * RememberedBucket.cells))
        }
    }

    private init(after other: DocumentTally) {
        (models, country, apart, partitions) = (other.models, other.country, other.apart, other.partitions)
    }

    /// One for the documents that another session reads, before any have come; what is expected is shared.
    func another() -> DocumentTally { DocumentTally(after: self) }

    /// Counts in what came to another one.
    func add(_ other: DocumentTally) {
        for (number, partition) in other.partitions.enumerated() {
            for (bucket, digest) in partition.digests.enumerated() { partitions[number].digests[bucket].add(digest) }
            partitions[number].suspects.formUnion(partition.suspects)
            for (place, seen) in partition.seen.enumerated() where seen { partitions[number].seen[place] = true }
        }
    }

    private static func expected(_ bucket: RememberedBucket, _ first: LocalDate, _ todays: [Int]) -> [Expected] {
        (0..<RememberedBucket.cells).map { cell in
            let profile = bucket.profile(cell)
            guard profile.isProven, !bucket.isJudged(cell), todays.indices.contains(bucket.zone(cell)) else {
                return Expected()
            }
            let today = todays[bucket.zone(cell)]
            // At midnight the last hot day may be one that is not remembered.
            guard today >= 0, today + PageLayout.hotDays <= bucket.dayCount else { return Expected() }
            let word = DocumentDigest.word(from: first.adding(days: today)) { day in
                let planes = bucket.planes(cell, day: today + day)
                return planes >> 24 & ~planes & 0xFF_FFFF
            }
            return Expected(
                profileHash: profile.hash, profileWord: profile.word, freeWord: word, today: Int32(today))
        }
    }

    func take(_ document: DocumentInBrief) {
        let (high, low) = document.practitioner
        let number = document.partition
        if let country, document.country != country { return }
        guard let place = models.partitions[number].place(high, low) else { return suspect(document, number) }
        let bucket = place / RememberedBucket.cells
        let isThere = document.country == models.partitions[number].buckets[bucket].id.country
        if isThere { partitions[number].seen[place] = true }
        if !apart.isEmpty, apart.contains(PractitionerID(high: high, low: low)) { return }
        let expected = partitions[number].expected[place]
        guard isThere, expected.profileWord != 0, expected.profileHash == document.profileHash,
            expected.freeWord == freeWord(document, expected)
        else { return suspect(document, number) }
        partitions[number].digests[bucket].add(high, low, expected.profileWord, expected.freeWord)
    }

    private func freeWord(_ document: DocumentInBrief, _ expected: Expected) -> UInt64 {
        let date = models.days.lowerBound.adding(days: Int(expected.today))
        // Where nothing is known of free slots, there must be none.
        let first = document.firstDate ?? date.adding(days: PageLayout.hotDays)
        return document.withFree(after: first.days(until: date)) { DocumentDigest.word(from: date, $0) }
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
