package import Domain
package import EventStore

/// How far an epoch is in its life; spelled as in the database.
package enum EpochState: String, CaseIterable, Sendable {
    /// Folded from the event stores.
    case building
    /// Following the log, not yet as far as live projection.
    case tailing
    /// Written by live projection, proved, and waiting to be swapped in.
    case ready
    /// What readers are answered from.
    case served
    /// Served before, and kept current for a rollback.
    case kept
    /// Given up: it cannot be served, only dropped.
    case failed
    /// Being deleted.
    case dropping
    /// Gone; its number is never used again.
    case dropped

    /// Whether a rebuild works on it, or could go on with it.
    package var isUnfinished: Bool { self == .building || self == .tailing }

    /// Whether live projection may write it when it is asked to.
    var isWritable: Bool { self == .tailing || self == .ready || self == .kept }
}

/// What a rebuild is about; what is nil is not narrowed.
package struct EpochScope: Hashable, Sendable {
    /// One country only.
    package var country: CountryCode?
    /// One practitioner only.
    package var practitioner: PractitionerID?
    /// The first day.
    package var from: LocalDate?
    /// The day after the last.
    package var to: LocalDate?

    /// The whole model.
    package static let whole = EpochScope()

    /// A scope of its parts.
    package init(
        country: CountryCode? = nil, practitioner: PractitionerID? = nil, from: LocalDate? = nil, to: LocalDate? = nil
    ) {
        self.country = country
        self.practitioner = practitioner
        self.from = from
        self.to = to
    }

    /// Whether it is the whole model: only then can it be swapped in.
    package var isWhole: Bool { self == .whole }
}

extension EpochScope: CustomStringConvertible {
    /// For people: `everything`, or `country fr, from 2026-11-21`.
    package var description: String {
        let parts = [
            country.map { "country \($0)" }, practitioner.map { "practitioner \($0)" }, from.map { "from \($0)" },
            to.map { "to \($0)" },
        ].compactMap { $0 }
        return parts.isEmpty ? "everything" : parts.joined(separator: ", ")
    }
}

/// One epoch of a model, as the registry has it; times are the database's.
package struct EpochRecord: Hashable, Sendable {
    /// The model's name.
    package let model: String
    /// Its number, never given twice.
    package let number: Int64
    /// How far it is.
    package let state: EpochState
    /// What it is about.
    package let scope: EpochScope
    /// What it was folded from, for people.
    package let source: String
    /// Who began it.
    package let createdBy: String
    /// When it was begun.
    package let createdAt: Instant
    /// When its state changed last.
    package let changedAt: Instant
    /// When it was last taken from the readers; nil: it never was.
    package let leftAt: Instant?
    /// The rebuild that writes it, or did.
    package let owner: String?
    /// Whether that rebuild is alive, as far as its lease says.
    package let isLeased: Bool
    /// What it held when it was proved.
    package let heldDigest: String?
    /// What a fold of the stores said at the same positions.
    package let foldedDigest: String?
    /// Why it failed; nil where it did not.
    package let note: String?

    /// Whether it was proved to hold what a fold of the stores says.
    package var isProved: Bool { heldDigest != nil && heldDigest == foldedDigest }
}

/// The current lane of live projection in one partition.
package struct EpochLane: Hashable, Sendable {
    /// Which partition.
    package let partition: Shard
    /// Grows with each lane that starts; what an older one said is void.
    package let generation: Int64
    /// The process.
    package let owner: String
    /// When it was heard of last.
    package let seenAt: Instant
}

/// That a lane is asked to write an epoch that is not served, and its word that it does.
package struct EpochAdoption: Hashable, Sendable {
    /// Which epoch.
    package let epoch: Int64
    /// Which partition.
    package let partition: Shard
    /// When it was asked.
    package let askedAt: Instant
    /// When the lane gave its word; nil: it has not, or took it back.
    package let adoptedAt: Instant?
    /// The lane that gave it.
    package let generation: Int64?
    /// The fence of the served epoch that the lane writes after this one.
    package let fence: Int64?
}

/// One change of the served epoch; written once.
package struct EpochSwap: Hashable, Sendable {
    /// Whether it went forward or back.
    package enum Kind: String, Sendable {
        case swap
        case rollback
    }

    /// The fence that it made.
    package let fence: Int64
    /// What was served before.
    package let from: Int64
    /// What is served since.
    package let to: Int64
    /// Forward or back.
    package let kind: Kind
    /// Who did it.
    package let by: String
    /// When, by the database's clock.
    package let at: Instant
}

/// All that the registry knows of a model, read in one snapshot.
package struct ModelEpochs: Hashable, Sendable {
    /// The model's name.
    package let model: String
    /// What readers are answered from.
    package let served: Int64
    /// Grows with each swap.
    package let fence: Int64
    /// All epochs that ever were, oldest first.
    package let epochs: [EpochRecord]
    /// The current lane of each partition that ever had one.
    package let lanes: [EpochLane]
    /// Who is asked to write what.
    package let adoptions: [EpochAdoption]
    /// When this was true, by the database's clock.
    package let readAt: Instant

    /// One epoch; nil where the number was never given.
    package subscript(_ epoch: Int64) -> EpochRecord? { epochs.first { $0.number == epoch } }

    /// The partitions whose current lane writes the epoch first and the served one afterwards.
    package func adopted(_ epoch: Int64) -> Set<Shard> {
        let current = Dictionary(lanes.map { ($0.partition, $0.generation) }) { $1 }
        return Set(
            adoptions.filter { word in
                word.epoch == epoch && word.fence == fence && word.generation != nil
                    && word.generation == current[word.partition]
            }.map(\.partition))
    }
}
