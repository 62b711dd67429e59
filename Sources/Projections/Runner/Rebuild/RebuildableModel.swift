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

    /// What the model holds of a partition that was just built, counted exactly as `RebuiltPartition.folded` was.
    ///
    /// - Throws: `ProjectionFault.modelLost` where it is gone already; what the model's own store throws.
    func held(_ built: RebuiltPartition) async throws -> ModelDigest
}

extension RebuildableModel {
    /// What it holds now: right for models whose digest does not depend on when it is taken.
    package func held(_ built: RebuiltPartition) async throws -> ModelDigest { try await digest(of: built.partition) }
}

/// What is to be built from the stores.
package struct RebuildOrder: Sendable {
    /// How far the work on an order is.
    package struct Progress: Hashable, Sendable {
        /// What is being done; spelled as in JSON output.
        package enum Stage: String, Sendable {
            case readingBaselines = "reading baselines"
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
    package let ends: [Shard: LogEnds]
    /// Where events of topics with sequences come from, if the log alone was proved to have all of them that matter;
    /// nil: the stores.
    package let log: LogReader?
    /// Whether practitioners with an event that cannot be taken in wait in quarantine, instead of ending everything.
    package let allowsUnreadable: Bool
    /// Called again and again; it may take its time, so that others get theirs, and end the work by throwing.
    package let pace: @Sendable (Progress) async throws -> Void

    /// Orders partitions to be built.
    package init(
        _ partitions: [Shard], ends: [Shard: LogEnds], log: LogReader? = nil, allowsUnreadable: Bool = false,
        pace: @escaping @Sendable (Progress) async throws -> Void = { _ in }
    ) {
        self.partitions = partitions
        self.ends = ends
        self.log = log
        self.allowsUnreadable = allowsUnreadable
        self.pace = pace
    }

    /// Ends the work where somebody would have to wait and nobody said that they may.
    ///
    /// - Throws: `UnreadableHistory`.
    package func check(_ unreadable: [QuarantineCause]) throws(UnreadableHistory) {
        if !allowsUnreadable, !unreadable.isEmpty { throw UnreadableHistory(causes: unreadable) }
    }
}

/// Events that this program cannot take in, where nobody said that their practitioners may wait.
package struct UnreadableHistory: Error, Sendable {
    /// One a practitioner.
    package let causes: [QuarantineCause]
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
    /// Events that cannot be taken in, one a practitioner.
    package let unreadable: [QuarantineCause]
    /// The first day that `folded` counts, where earlier ones are left out; nil: it counts all that is there.
    package let countedFrom: LocalDate?

    /// Says what was built.
    package init(
        partition: Shard, checkpoint: ProjectionCheckpoint, folded: ModelDigest, count: Int,
        unreadable: [QuarantineCause], countedFrom: LocalDate? = nil
    ) {
        self.countedFrom = countedFrom
        self.partition = partition
        self.checkpoint = checkpoint
        self.folded = folded
        self.count = count
        self.unreadable = unreadable
    }
}
