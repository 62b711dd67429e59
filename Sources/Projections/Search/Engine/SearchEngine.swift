package import Domain
package import EventStore
package import ProjectionRunner

/// Where search documents live: PostgreSQL here, OpenSearch beside it later; the same rules either way.
///
/// Documents change only together with their partition's checkpoint, so a crash between the two is not possible.
///
/// An engine reads and writes one epoch; a reader takes the one of the epoch that is served, once a request.
package protocol SearchEngine: Sendable {
    /// Which generation of documents it reads and writes.
    var epoch: Int64 { get }

    /// The same engine over the documents of another epoch; costs nothing.
    func over(epoch: Int64) -> Self

    /// Where a partition stands; nil where it was never built.
    func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint?

    /// Takes changes in, in their order, and moves the checkpoint; what is in already changes nothing.
    ///
    /// - Throws: `SearchDocument.Fault` where a registration is missing; `ProjectionFault.modelLost` where the
    ///   partition was never built, or has been dropped; what the engine's store throws.
    func index(_ changes: [SearchChange], partition: Shard, checkpoint: ProjectionCheckpoint) async throws

    /// Replaces a partition by what was built anew; readers see the old documents until all new ones are there.
    func replace(_ partition: Shard, by documents: [SearchDocument], checkpoint: ProjectionCheckpoint) async throws

    /// Notes that a partition had everything at `moment`: what `freshness` judges by.
    func confirm(_ partition: Shard, caughtUpAt moment: Instant) async throws

    /// Puts one document in the place of the one that is there; the checkpoint stays.
    func restore(_ document: SearchDocument, partition: Shard) async throws

    /// Writes documents that `make` answers when it is told what is there, while the partition's other writers wait;
    /// the checkpoint stays.
    ///
    /// - Returns: How many were written.
    func rewrite(
        _ partition: Shard, _ keys: [SearchKey],
        _ make: @Sendable ([SearchKey: SearchDocument]) async throws -> [SearchDocument]
    ) async throws -> Int

    /// Forgets the free slots of practitioners in quarantine: until an event brings them back they are not known.
    func conceal(_ partition: Shard) async throws

    /// Practitioners who have left the quarantine of availability, and whose free slots are not known yet; some of
    /// them.
    func released(in partition: Shard) async throws -> [SearchKey]

    /// Looks for the next free slot of practitioners whose last known one has passed; saves queries the work.
    func refresh(_ partition: Shard, now: Instant) async throws

    /// One page of active practitioners, best first.
    func search(_ request: SearchRequest) async throws -> [SearchHit]

    /// How new and how complete a country's documents are.
    func freshness(of country: CountryCode, now: Instant) async throws -> SearchFreshness

    /// Those of the words (folded) that begin a practitioner's name in the country.
    func names(beginningWith words: [String], in country: CountryCode) async throws -> Set<String>

    /// What a partition holds as one figure, from the grid day `date` on: days before it depend on when they were read.
    func digest(of partition: Shard, from date: LocalDate) async throws -> ModelDigest
}

/// One thing that happened to a document.
package struct SearchChange: Sendable {
    /// What it was.
    package enum Kind: Sendable {
        /// An event of the practitioner's stream, with its `ce_sequence`.
        case profile(PractitionerEvent, sequence: Int64)
        case availability(AvailabilityChanged)
    }

    package let key: SearchKey
    package let occurredAt: Instant
    package let kind: Kind

    /// A change of its parts.
    package init(_ key: SearchKey, occurredAt: Instant, _ kind: Kind) {
        self.key = key
        self.occurredAt = occurredAt
        self.kind = kind
    }
}

/// A question that is fully understood; what is nil or empty was not asked.
package struct SearchRequest: Sendable {
    /// In which order the answer comes.
    package enum Order: UInt8, Sendable, CaseIterable {
        /// Who is free first; who is not free at all comes last.
        case soonest = 1
        case distance = 2
        /// Who fits the name best, then the nearest, or without a place the soonest.
        case relevance = 3
    }

    /// A circle on the earth.
    package struct Circle: Sendable, Hashable {
        package let latitude: Double
        package let longitude: Double
        /// More than 0.
        package let radiusMetres: Double

        /// A circle of its parts.
        package init(latitude: Double, longitude: Double, radiusMetres: Double) {
            self.latitude = latitude
            self.longitude = longitude
            self.radiusMetres = radiusMetres
        }
    }

    package var country: Country
    package var now: Instant
    /// As `Specialty.key` makes it.
    package var specialtyKey: String?
    package var circle: Circle?
    package var window = SearchWindow()
    /// In lower case.
    package var language: String?
    /// Beginnings of words of the name, folded; all must fit.
    package var nameWords: [String] = []
    package var order = Order.relevance
    /// Where the page before ended.
    package var after: SearchPosition?
    /// At least 1.
    package var limit: Int

    /// A question for everybody in a country.
    package init(country: Country, now: Instant, limit: Int) {
        self.country = country
        self.now = now
        self.limit = limit
    }
}

/// A half-open stretch of time in which there must be a free slot.
package struct SearchWindow: Sendable, Hashable {
    /// An end of it.
    package enum Bound: Sendable, Hashable {
        /// The start of that day in the zone of each practice.
        case date(LocalDate)
        case instant(Instant)
    }

    package var from: Bound?
    package var to: Bound?

    /// A stretch between bounds; without both, any time.
    package init(from: Bound? = nil, to: Bound? = nil) {
        self.from = from
        self.to = to
    }

    /// Whether no time was asked for.
    package var isOpen: Bool { from == nil && to == nil }
}

/// One practitioner that was found.
package struct SearchHit: Sendable, Hashable {
    package let document: SearchDocument
    package let profile: SearchProfile
    /// Nil when no place was asked for.
    package let distanceMetres: Double?
    /// The first free start in the time asked for; nil if there is none, or it is not known.
    package let nextAvailable: Instant?
    /// Free slots of the hot days in the time asked for; nil when they are not known.
    package let freeSlots: Int?
    /// Where a page that ends with this one ends.
    package let position: SearchPosition
}

/// How far the answer of a search can be trusted.
package struct SearchFreshness: Sendable, Hashable {
    /// How long a projector may be behind before answers say so.
    package static let lagSecondsMax: Int64 = 10

    /// When the newest event that is in happened; nil before the first.
    package let asOf: Instant?
    /// Whether something may be missing or old: a partition is behind or was never built, or free slots are unknown.
    package let isDegraded: Bool

    /// A freshness of its parts.
    package init(asOf: Instant?, isDegraded: Bool) {
        self.asOf = asOf
        self.isDegraded = isDegraded
    }
}
