package import Domain
package import EventStore

/// One read model: what it reads, where it stands, how it takes events in, how it is built anew.
///
/// A model writes its checkpoint with its content, never ahead of it, so only the model knows where it stands; the
/// runner asks. For one partition the runner calls one function at a time; different partitions run beside each other.
///
/// Live projection and replay are the same calls: checkpoint or baseline first, then batches in order.
package protocol ProjectionModel: Sendable {
    /// Names the model in metrics, log lines and consumer groups; from a closed set.
    var name: String { get }
    /// What it reads, in a fixed order.
    var topics: [Topic] { get }

    /// Where the model stands in a partition; nil where it was never built, or is gone.
    ///
    /// - Throws: What the model's own store throws; the runner asks again.
    func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint?

    /// Takes events in, and only then moves its checkpoint to `batch.checkpoint`.
    ///
    /// The same batch may come again, whole or cut differently: after an error, a crash, or from a runner that was too
    /// slow to notice that it had lost the partition. The second time must change nothing.
    ///
    /// An event that cannot be taken in makes its practitioner wait (`Quarantine`), and nobody else: no error.
    ///
    /// - Throws: `ProjectionFault.modelLost` to be built anew; anything else is tried again for as long as the
    ///   partition is ours.
    func apply(_ batch: ProjectionBatch) async throws

    /// Builds the partition from the event stores, whatever was there before, and stores the checkpoint that it has
    /// then.
    ///
    /// The ends of the log were read before this was called, so the snapshots that it opens are newer: what they do not
    /// hold comes at or after `ends` (DESIGN section 5).
    ///
    /// - Parameters:
    ///   - partition: What to build.
    ///   - ends: Where each topic's partition ended; the checkpoint goes on from there.
    /// - Returns: The checkpoint: the highest position of each topic that went in.
    /// - Throws: As `apply`.
    func takeBaseline(of partition: Shard, ends: LogEnds) async throws -> ProjectionCheckpoint

    /// Called about once a second while the partition flows, between batches: heartbeats, a new day.
    ///
    /// - Throws: As `apply`.
    func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws

    /// The partition is ours no longer; what was remembered of it must not be used again.
    func released(_ partition: Shard) async

    /// How many practitioners of a partition wait, because an event of theirs could not be taken in.
    func quarantined(in partition: Shard) -> Int

    /// What the model holds of a partition, as one figure to compare with that of a fold of the store.
    ///
    /// - Throws: What the model's own store throws.
    func digest(of partition: Shard) async throws -> ModelDigest
}

extension ProjectionModel {
    /// Does nothing.
    package func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws {}

    /// Nobody.
    package func quarantined(in partition: Shard) -> Int { 0 }

    /// Does nothing.
    package func released(_ partition: Shard) async {}
}

/// Who tells others what changes in a model; only one of its epochs does.
package enum Announcing: Hashable, Sendable {
    /// This epoch, of every event above its checkpoint, also where its content had the event already.
    case here
    /// The one that is served; it has told of everything up to there, nil: who writes this one does not know.
    ///
    /// Kept beside the checkpoint, so that this epoch, once it is served, tells what a crash kept the other from
    /// telling.
    case elsewhere(through: ProjectionCheckpoint?)
}

/// Consecutive events of one partition, with the checkpoint that holds once they are in.
///
/// That the records are exactly what lies between the two checkpoints is asserted wherever a batch is made, always: a
/// checkpoint that ran ahead of what was scanned would lose the events between for ever, and nobody would see it.
package struct ProjectionBatch: Sendable {
    /// The number of the Kafka partition in every topic.
    package let partition: Shard
    /// Never empty; of each topic in order and without a gap, those of several topics mixed as they came.
    package let records: [ProjectionRecord]
    /// Where the model stands before the batch.
    package let previous: ProjectionCheckpoint
    /// Where it stands after it.
    package let checkpoint: ProjectionCheckpoint
    /// Who tells others of it.
    package let announcing: Announcing

    /// A batch of records that follow `previous` and end at `checkpoint`; anything else ends the process.
    package init(
        partition: Shard, records: [ProjectionRecord], previous: ProjectionCheckpoint, checkpoint: ProjectionCheckpoint,
        announcing: Announcing = .here
    ) {
        precondition(
            Self.fills(records, from: previous, to: checkpoint), "a batch is not what lies between its checkpoints")
        self.announcing = announcing
        self.partition = partition
        self.records = records
        self.previous = previous
        self.checkpoint = checkpoint
    }

    /// Whether the records of each topic are, in order, all positions after one checkpoint up to the other.
    ///
    /// Records without a sequence, 0, are of topics that have none; a model's checkpoint stays at 0 there.
    private static func fills(
        _ records: [ProjectionRecord], from previous: ProjectionCheckpoint, to checkpoint: ProjectionCheckpoint
    ) -> Bool {
        var reached = previous.positions.map { (topic: $0.topic, sequence: $0.sequence) }
        for record in records where record.sequence > 0 {
            if let place = reached.firstIndex(where: { $0.topic == record.topic }) {
                reached[place].sequence += 1
                if reached[place].sequence != record.sequence { return false }
            } else {
                if record.sequence != 1 { return false }
                reached.append((record.topic, 1))
            }
        }
        return reached.allSatisfy { $0.sequence == checkpoint[$0.topic].sequence }
            && checkpoint.positions.allSatisfy { position in
                position.sequence == 0 || reached.contains { $0.topic == position.topic }
            }
    }
}

/// How far a partition is, as `tick` is told.
package struct ProjectionProgress: Hashable, Sendable {
    /// Records in the log that were not applied yet; nil while the log cannot be asked.
    package let lagEvents: Int64?
    /// The last moment at which everything in the log was in the model; nil before the first.
    package let caughtUpAt: Instant?
    /// Where the model stands.
    package let checkpoint: ProjectionCheckpoint
    /// Who tells others of what comes with the time, such as a new day.
    package let announcing: Announcing

    /// Says how far a partition is.
    package init(
        lagEvents: Int64?, caughtUpAt: Instant?, checkpoint: ProjectionCheckpoint, announcing: Announcing = .here
    ) {
        self.announcing = announcing
        self.lagEvents = lagEvents
        self.caughtUpAt = caughtUpAt
        self.checkpoint = checkpoint
    }
}

/// A figure over all that a model holds, independent of the order in which it was read.
package struct ModelDigest: Hashable, Sendable, CustomStringConvertible {
    /// How many things were counted in.
    package private(set) var count: Int
    /// The wrapping sum of their hashes.
    package private(set) var sum: UInt64

    /// The digest of nothing.
    package init() {
        count = 0
        sum = 0
    }

    /// Counts one thing in, by words that say all about it.
    package mutating func add(_ words: UInt64...) {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for word in words { hash = Self.mixed(hash ^ word) }
        count += 1
        sum &+= hash
    }

    /// As above, of four words, without an array.
    package mutating func add(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        var hash = Self.mixed(0x9E37_79B9_7F4A_7C15 ^ first)
        hash = Self.mixed(hash ^ second)
        hash = Self.mixed(hash ^ third)
        count += 1
        sum &+= Self.mixed(hash ^ fourth)
    }

    /// Counts in all that another digest has.
    package mutating func add(_ other: ModelDigest) {
        count += other.count
        sum &+= other.sum
    }

    /// For people: how many, and the sum in hexadecimal.
    package var description: String { "\(count):\(String(sum, radix: 16))" }

    /// The finaliser of SplitMix64, a bijection.
    private static func mixed(_ word: UInt64) -> UInt64 {
        var mixed = word &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
