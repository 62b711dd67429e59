/// Rows that were read and have no position yet: most get one a little later, as commits overtake each other.
struct UnclaimedRows {
    /// More than so many are not remembered; what is found among the first is named.
    private static let keptMax = 4_000_000

    /// Outbox ids of sides without a position so far.
    private(set) var open: Set<Int64> = []
    /// Ids that got their position before their row was read.
    private var ahead: Set<Int64> = []

    /// Settles what a round has seen.
    ///
    /// - Parameters:
    ///   - seen: What the round has seen.
    ///   - numbers: Which event numbers it read in one go; nil: none.
    mutating func add(_ seen: RowReader.Seen, scanned numbers: ClosedRange<Int64>?) {
        for id in seen.unclaimed where ahead.remove(id) == nil && open.count < Self.keptMax { open.insert(id) }
        for id in seen.fetched {
            guard let numbers else {
                open.remove(id)
                continue
            }
            if id >> 1 < numbers.lowerBound {
                open.remove(id)
            } else if id >> 1 > numbers.upperBound {
                ahead.insert(id)
            }
        }
    }
}
