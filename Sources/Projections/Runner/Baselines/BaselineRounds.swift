import Domain
import EventStore

/// The rounds of one model in one partition, as they are met from the oldest record to the newest.
///
/// Records of a round are numbered from 1 on, so that one that is missing shows, and one that came twice does no harm.
/// Several rounds may be mixed: who was taken for gone and comes back goes on with its own. Nothing is kept of records
/// but their numbers.
package struct BaselineRounds: Sendable {
    /// A round of which every record is there, and where.
    package struct Whole: Hashable, Sendable {
        /// The round.
        package let round: BaselineRound
        /// From its first record to behind the one that ends it; records of others are between.
        package let offsets: Range<Int64>

        /// A round and its offsets.
        package init(round: BaselineRound, offsets: Range<Int64>) {
            self.round = round
            self.offsets = offsets
        }
    }

    /// A round that is not ended.
    private struct Open {
        let first: Int64
        var records = 0
        var isBroken = false
    }

    /// Whose rounds these are.
    let model: String
    private var open: [EventID: Open] = [:]
    /// The whole round that goes furthest.
    package private(set) var furthest: Whole?
    /// The newest round that was ended and lacks records.
    package private(set) var damaged: BaselineRound?

    /// Nothing was met yet.
    ///
    /// - Parameter model: Whose rounds are wanted; others are passed over.
    package init(of model: String) {
        self.model = model
    }

    /// Takes in a record of some round.
    ///
    /// - Parameters:
    ///   - id: The round's name.
    ///   - index: The record's number in it, from 1 on; nil for one that this program cannot read.
    ///   - offset: Where it stands.
    mutating func note(_ id: EventID, index: Int?, at offset: Int64) {
        var round = open[id] ?? Open(first: offset)
        if let index, index <= round.records + 1 {
            round.records = max(round.records, index)
        } else {
            round.isBroken = true
        }
        open[id] = round
    }

    /// Takes in the record that ends a round.
    mutating func end(_ round: BaselineRound, at offset: Int64) {
        let met = open.removeValue(forKey: round.id) ?? Open(first: offset)
        guard round.model == model else { return }
        guard !met.isBroken, met.records == round.count else {
            damaged = round
            return
        }
        if let known = furthest, known.round.reach > round.reach { return }
        furthest = Whole(round: round, offsets: met.first..<offset + 1)
    }
}
