package import Domain
package import EventStore
package import ProjectionRunner
package import Redis

/// What the pages of an epoch hold, for those who compare it with the event stores; reads and changes nothing.
package struct AvailabilityContent: Sendable {
    private let store: PageStore

    /// Reads the pages of an epoch.
    package init(redis: RedisClient, epoch: Int64 = 1) {
        store = PageStore(redis: redis, epoch: epoch)
    }

    /// Where a partition stands; nil where it was never built, or is gone.
    ///
    /// - Throws: `RedisError`.
    package func standing(of partition: Shard) async throws -> AvailabilityStanding? {
        try await store.checkpoint(of: partition.number, AvailabilityModel.topics).map(AvailabilityStanding.init)
    }

    /// The pages of one bucket.
    ///
    /// - Returns: One entry a day; nil where the page is missing.
    /// - Throws: `RedisError`.
    package func pages(of bucket: BucketID, _ days: [LocalDate]) async throws -> [AvailabilityPage?] {
        try await store.pages(bucket, days).map { bytes in bytes.flatMap(AvailabilityPage.init) }
    }
}

/// Where the pages of a partition stand and which of them there must be.
package struct AvailabilityStanding: Hashable, Sendable {
    /// The pages that one country has.
    package struct Extent: Hashable, Sendable {
        /// Which country.
        package let country: CountryCode
        /// Buckets 0..<count have pages.
        package let buckets: Int
        /// The days that have pages.
        package let days: ClosedRange<LocalDate>
    }

    /// The last position of each topic that went in.
    package let progress: ProjectionCheckpoint
    /// The last moment at which everything in the log was in the pages; nil: never.
    package let caughtUpAt: Instant?
    /// In the order of countries.
    package let extents: [Extent]
    /// Who waits: what the pages have of them means nothing.
    package let quarantined: Set<PractitionerID>

    init(_ checkpoint: AvailabilityCheckpoint) {
        progress = checkpoint.progress
        caughtUpAt = checkpoint.caughtUpAt
        extents = checkpoint.extents.sorted { $0.key < $1.key }.map { country, extent in
            Extent(country: country, buckets: extent.buckets, days: extent.days)
        }
        quarantined = Set(checkpoint.quarantined.keys)
    }
}

/// One page as it was read.
package struct AvailabilityPage: Hashable, Sendable {
    /// The last sequence of booking-events that went into this page.
    package let bookings: Int64
    /// The same of practitioner-events.
    package let practitioners: Int64
    private let bytes: [UInt8]

    /// Takes the bytes of a page; nil where they end before its header does.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= PageLayout.headerBytes else { return nil }
        let words = [0, 8].map { start in
            bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        bookings = Int64(bitPattern: words[0])
        practitioners = Int64(bitPattern: words[1])
        self.bytes = bytes
    }

    /// How many cells it has.
    package var cellCount: Int { (bytes.count - PageLayout.headerBytes) / PageLayout.cellBytes }

    /// Lends the bytes of all cells, as they lie in Redis; they must not be kept.
    package func withCells<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[PageLayout.headerBytes...])) }
    }

    /// A practitioner's cell; nil where the page ends before.
    package func cell(_ index: Int) -> DayCell? { DayCell(bytes, at: PageLayout.offset(ofCell: index)) }
}

extension BucketID {
    /// A bucket by its index, from 0, in a country's part of a partition.
    package init(_ country: CountryCode, _ partition: Shard, index: Int) {
        self.init(country: country, partition: partition.number, index: index)
    }
}
