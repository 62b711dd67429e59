/// A lower bound of what can still be in the outbox, so that a drain does not walk over rows that it deleted long ago.
///
/// While somebody holds a snapshot open, deleted rows cannot be cleaned away, and a scan from the beginning would visit
/// all of them again and again (measured: 440-900 events/s). The floor is a bound and never an order: positions follow
/// outbox ids.
///
/// Why no row at or below the floor can appear later:
/// 1. A writer gets its transaction id when it locks or inserts its head rows, which is before it draws an event
/// number, and
///    the sequence hands numbers out one by one (`CACHE 1`). So whoever drew a number of at most L, the sequence's last
///    value as one statement of ours read it, had its transaction id by then.
/// 2. The next statement of ours on the same connection begins later and gets a transaction id X of its own. Ids are
/// given in
///    ascending order, so all those writers have ids below X. (`pg_snapshot_xmax` would not do: it is the id after the
///    last *finished* transaction, and a running writer can lie above it.)
/// 3. A later statement whose snapshot has `xmin` >= X sees all of them as finished: committed, and then their rows are
///    visible in that snapshot, or rolled back, and then they never will be.
/// 4. That statement takes what is visible in the order of ids. If it took less than its limit, nothing at or below L
/// is
///    left; if it took as much, nothing at or below the last id that it took is left.
///
/// Step 4 speaks of the shards that the statement held, so whoever adds a shard starts again from the bottom.
struct ScanFloor: Sendable {
    private struct Witness {
        let transaction: Int64
        let number: Int64
    }

    private static let witnessesMax = 64

    /// Outbox ids at or below this are gone for good.
    private(set) var outboxID: Int64 = 0
    private var witnesses: [Witness] = []
    private var lastNumber: Int64?

    /// What one statement of a connection saw.
    struct Sight {
        /// `pg_snapshot_xmin` of its snapshot.
        let oldestRunning: Int64
        /// Its own transaction id.
        let ownTransaction: Int64
        /// The sequence's last value, read at any time during the statement.
        let lastNumber: Int64
        /// The greatest outbox id that it took, if it took as many as it was allowed.
        let lastTakenWhenFull: Int64?
    }

    /// Learns from a statement; statements of one connection, in their order.
    mutating func learn(_ sight: Sight) {
        if let proven = witnesses.last(where: { $0.transaction <= sight.oldestRunning }) {
            let complete = proven.number * 2 + 1
            outboxID = max(outboxID, min(complete, sight.lastTakenWhenFull ?? complete))
            witnesses.removeAll { $0.transaction < proven.transaction }
        }
        if let lastNumber {
            if witnesses.count == Self.witnessesMax {
                witnesses = stride(from: 0, to: witnesses.count, by: 2).map { witnesses[$0] }
            }
            witnesses.append(Witness(transaction: sight.ownTransaction, number: lastNumber))
        }
        lastNumber = sight.lastNumber
    }

    /// Starts again from the bottom, because a shard was added; what is known of transactions stays true.
    mutating func lower() {
        outboxID = 0
    }
}
