package import Domain
package import EventStore

/// A model that a rebuild can build anew as a whole, partition beside partition.
///
/// A model brings what it reads (`topics`), its fold and its writer (this), and its digest (`ProjectionModel.digest`).
package protocol RebuildableModel: ProjectionModel {
    /// Builds partitions from the event stores, whatever was there before, tells nobody, and stores the checkpoint that
    /// each has then.
    ///
    /// The ends of the log were read before this was called: see `ProjectionModel.takeBaseline`.
    ///
    /// - Returns: In the order of the partitions that were asked for.
    /// - Throws: As `takeBaseline`; what the order's pace throws.
    func rebuild(_ order: RebuildOrder) async throws -> [RebuiltPartition]
}

/// What is to be built from the stores.
package struct RebuildOrder: Sendable {
    /// How far the work on an order is.
    package struct Progress: Hashable, Sendable {
        /// What is being done; spelled as in JSON output.
        package enum Stage: String, Sendable {
            case readingPractitioners = "reading practitioners"
            case readingBookings = "reading bookings"
            case writing
        }

        /// What is being done.
        package var stage: Stage
        /// 0...1 of this stage.
        package var share: Double
        /// Events that were read, in all stages.
        package var events: Int

        /// How far something is.
        package init(_ stage: Stage, share: Double, events: Int) {
            self.stage = stage
            self.share = share
            self.events = events
        }
    }

    /// Which partitions.
    package let partitions: [Shard]
    /// The next offset of each topic's partition, as it was before anything was read.
    package let ends: [Shard: [Topic: Int64]]
    /// Whether an event that cannot be read is noted, with its practitioner, instead of ending everything.
    package let allowsUnreadable: Bool
    /// Called again and again; it may take its time, so that others get theirs, and end the work by throwing.
    package let pace: @Sendable (Progress) async throws -> Void

    /// Orders partitions to be built.
    package init(
        _ partitions: [Shard], ends: [Shard: [Topic: Int64]], allowsUnreadable: Bool = false,
        pace: @escaping @Sendable (Progress) async throws -> Void = { _ in }
    ) {
        self.partitions = partitions
        self.ends = ends
        self.allowsUnreadable = allowsUnreadable
        self.pace = pace
    }
}

/// One partition that was built from the stores.
package struct RebuiltPartition: Sendable {
    /// Which.
    package let partition: Shard
    /// The last position of each topic that went in: P.
    package let checkpoint: ProjectionCheckpoint
    /// A figure over what was folded, taken before it was written.
    package let folded: ModelDigest
    /// Practitioners, or documents.
    package let count: Int
    /// Practitioners with an event that cannot be read.
    package let unreadable: [UnreadableEvent]

    /// Says what was built.
    package init(
        partition: Shard, checkpoint: ProjectionCheckpoint, folded: ModelDigest, count: Int,
        unreadable: [UnreadableEvent]
    ) {
        self.partition = partition
        self.checkpoint = checkpoint
        self.folded = folded
        self.count = count
        self.unreadable = unreadable
    }
}

/// An event of the history that this program cannot read, and whose practitioner is therefore not to be trusted.
package struct UnreadableEvent: Hashable, Sendable {
    /// Whose sequence it is.
    package let practitioner: PractitionerID
    /// Where it happened; nil where even that cannot be read.
    package let country: CountryCode?
    /// Where it was published.
    package let topic: Topic
    /// Its id.
    package let event: EventID
    /// Its name and the version of its data.
    package let type: WireType

    /// Names an event.
    package init(practitioner: PractitionerID, country: CountryCode?, topic: Topic, event: EventID, type: WireType) {
        self.practitioner = practitioner
        self.country = country
        self.topic = topic
        self.event = event
        self.type = type
    }
}
