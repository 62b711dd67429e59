import AvailabilityProjection
import Domain
import ProjectionRunner

/// What came out of comparing one partition of one model with the event stores.
struct PartitionProof: Hashable, Sendable {
    /// Differences that are shown; all are counted.
    static let differencesMax = 20

    let model: ModelName
    let partition: Int
    /// The positions compared at; nil: the model was never built.
    let checkpoint: ProjectionCheckpoint?
    /// What the model holds: practitioner-days of availability, documents of search.
    var held = ModelDigest()
    /// What it must hold.
    var expected = ModelDigest()
    /// The same by 1,024 neighbouring practitioners; what belongs to nobody is in none.
    private(set) var buckets: [BucketID: BucketDigests] = [:]
    /// Those who wait in quarantine.
    var notCompared: [KeptOut.Waiting] = []
    /// How many practitioners were folded one by one, to be sure.
    var judged = 0
    /// How many differences there are.
    private(set) var differenceCount = 0
    /// The first of them.
    private(set) var differences: [Difference] = []

    init(_ model: ModelName, _ partition: Int, at checkpoint: ProjectionCheckpoint?) {
        self.model = model
        self.partition = partition
        self.checkpoint = checkpoint
    }

    /// What the model holds of a bucket, and what it must hold.
    struct BucketDigests: Hashable {
        var held = ModelDigest()
        var expected = ModelDigest()
    }

    /// Counts in what belongs to practitioners of one bucket.
    mutating func count(_ bucket: BucketID, held more: ModelDigest, expected: ModelDigest) {
        held.add(more)
        self.expected.add(expected)
        buckets[bucket, default: BucketDigests()].held.add(more)
        buckets[bucket, default: BucketDigests()].expected.add(expected)
    }

    /// Counts in all that a proof of others of the same partition says.
    mutating func take(_ other: PartitionProof) {
        held.add(other.held)
        expected.add(other.expected)
        for (id, digests) in other.buckets {
            buckets[id, default: BucketDigests()].held.add(digests.held)
            buckets[id, default: BucketDigests()].expected.add(digests.expected)
        }
        let hidden = other.differenceCount - other.differences.count
        for difference in other.differences { add(difference) }
        differenceCount += hidden
    }

    /// The buckets in which the model holds something else than it must, in their order.
    var unequalBuckets: [(id: BucketID, digests: BucketDigests)] {
        buckets.filter { $0.value.held != $0.value.expected }.map { ($0.key, $0.value) }
            .sorted { ($0.id.country, $0.id.index) < ($1.id.country, $1.id.index) }
    }

    /// Whether the model holds exactly what the stores say.
    var isEqual: Bool { differenceCount == 0 && held == expected }

    /// Counts every event that cannot be read, of whoever is in the scope and in no quarantine.
    ///
    /// - Returns: Whose they are: nothing can be said of their slots and documents.
    mutating func addUnreadable(
        _ calendars: CalendarHistory, _ bookings: BookedHistory, _ kept: KeptOut, _ scope: EpochScope
    ) -> Set<PractitionerID> {
        let causes = calendars.unreadable.merging(bookings.unreadable) { calendar, _ in calendar }
        let open = causes.filter { kept.waiting[$0.key] == nil && scope.covers($0.key) }
        for (_, cause) in open.sorted(by: { $0.key < $1.key }) { add(.unreadable(cause)) }
        return Set(open.keys)
    }

    /// Counts a difference, and keeps it if there is room.
    mutating func add(_ difference: Difference) {
        differenceCount += 1
        if differences.count < Self.differencesMax { differences.append(difference) }
    }
}

/// One thing that a model holds otherwise than the event stores say.
struct Difference: Hashable, Sendable {
    /// What kind of thing it is; spelled as in the JSON output.
    enum Kind: String, Sendable {
        /// Slots of a practitioner's grid day.
        case slots
        /// The practitioner has no place in the model.
        case missing
        /// The model holds something that the store never heard of.
        case unheardOf = "unheard-of"
        /// The public profile, or whether the practitioner is active.
        case profile
        /// The model has positions that the store never gave.
        case aheadOfStore = "ahead-of-store"
        /// An event of somebody who is in no quarantine cannot be read.
        case unreadable
        /// The model was never built, and the store has events.
        case neverBuilt = "never-built"
    }

    let kind: Kind
    var country: CountryCode?
    var practitioner: PractitionerID?
    var date: LocalDate?
    /// What the model holds, in words or bits; nil: nothing.
    var held: String?
    /// What it must hold; nil: nothing.
    var expected: String?
}

extension DayCell {
    /// Both planes for people and for JSON, slot 0 first.
    var words: String { "open \(open.bitmap) booked \(booked.bitmap)" }
}
