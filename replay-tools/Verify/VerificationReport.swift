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
    /// Those who wait in quarantine.
    var notCompared: [KeptOut.Waiting] = []
    /// How many differences there are.
    private(set) var differenceCount = 0
    /// The first of them.
    private(set) var differences: [Difference] = []

    init(_ model: ModelName, _ partition: Int, at checkpoint: ProjectionCheckpoint?) {
        self.model = model
        self.partition = partition
        self.checkpoint = checkpoint
    }

    /// Whether the model holds exactly what the stores say.
    var isEqual: Bool { differenceCount == 0 && held == expected }

    /// Counts every event that cannot be read, of whoever is in no quarantine.
    ///
    /// - Returns: Whose they are: nothing can be said of their slots and documents.
    mutating func addUnreadable(
        _ calendars: CalendarHistory, _ bookings: BookedHistory, _ kept: KeptOut
    ) -> Set<PractitionerID> {
        let causes = calendars.unreadable.merging(bookings.unreadable) { calendar, _ in calendar }
        let open = causes.filter { kept.waiting[$0.key] == nil }
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
