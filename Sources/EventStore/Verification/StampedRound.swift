import Domain

/// A stretch of a database's history that is verified at once: positions of some shards, with room for their leaves.
///
/// A slot is a position's place in here; the slots of a shard lie beside each other in the order of positions. Several
/// sessions fill slots at the same time without a lock, because each has event numbers of its own and an event number
/// has its own slots; everything else happens before and after.
final class StampedRound: @unchecked Sendable {
    /// The positions of one shard.
    struct Stretch {
        let shard: Shard
        let firstPosition: Int64
        let firstSlot: Int
        var count = 0
        /// Where rows of `outbox_stamps` end: what they say of the time is checked against their events.
        var edges: [StampEdge] = []

        func position(ofSlot slot: Int) -> Int64 { firstPosition + Int64(slot - firstSlot) }
    }

    /// Event numbers that are read in one go; rows with others are fetched by number.
    let numbers: Range<Int64>
    private(set) var stretches: [Stretch] = []
    /// Outbox id of each slot: event number times two plus side.
    private(set) var ids: [Int64] = []
    /// Slot + 1 of each id of `numbers`, 0 for none.
    private let table: UnsafeMutableBufferPointer<UInt32>
    private var leafStore: UnsafeMutableBufferPointer<TreeHash> = .init(start: nil, count: 0)
    private var timeStore: UnsafeMutableBufferPointer<Int64> = .init(start: nil, count: 0)
    /// Positions whose id has a position already: the second ones.
    private(set) var repeated: [(shard: Shard, position: Int64, id: Int64)] = []

    /// Prepares for event numbers of a range that is not longer than a few hundred thousand.
    init(numbers: Range<Int64>) {
        self.numbers = numbers
        table = .allocate(capacity: 2 * numbers.count)
        table.initialize(repeating: 0)
    }

    deinit {
        table.deallocate()
        leafStore.deallocate()
        timeStore.deallocate()
    }

    // MARK: before rows are read

    /// Begins the stretch of a shard; its positions follow.
    func begin(_ shard: Shard, at position: Int64) {
        stretches.append(Stretch(shard: shard, firstPosition: position, firstSlot: ids.count))
    }

    /// Adds the next position of the shard that was begun last.
    func add(_ id: Int64) {
        let slot = ids.count
        ids.append(id)
        stretches[stretches.count - 1].count += 1
        guard let place = place(of: id) else { return }
        if table[place] != 0 {
            let stretch = stretches[stretches.count - 1]
            repeated.append((stretch.shard, stretch.position(ofSlot: slot), id))
        } else {
            table[place] = UInt32(slot) + 1
        }
    }

    /// Says that a row of `outbox_stamps` ends before the next slot, and what it says of its events.
    func end(_ stamp: StampTimes, isWhole: Bool) {
        stretches[stretches.count - 1].edges.append(
            StampEdge(endSlot: ids.count, isWhole: isWhole, times: stamp))
    }

    /// Makes room for the leaves of all slots.
    func prepare() {
        leafStore = .allocate(capacity: ids.count)
        leafStore.initialize(repeating: TreeHash.missing)
        timeStore = .allocate(capacity: ids.count)
        timeStore.initialize(repeating: 0)
    }

    // MARK: while rows are read

    /// The slot of an id of `numbers`; nil where it has no position of this round.
    func slot(of id: Int64) -> Int? {
        guard let place = place(of: id), table[place] != 0 else { return nil }
        return Int(table[place]) - 1
    }

    /// Puts a leaf into its slot.
    ///
    /// - Returns: False if it was there already: a second row has the same number.
    func fill(_ slot: Int, _ leaf: TreeHash, recordedAt: Int64) -> Bool {
        let isFirst = leafStore[slot] == .missing
        if isFirst {
            leafStore[slot] = leaf
            timeStore[slot] = recordedAt
        }
        return isFirst
    }

    private func place(of id: Int64) -> Int? {
        let (distance, overflow) = id.subtractingReportingOverflow(2 &* numbers.lowerBound)
        return overflow || distance < 0 || distance >= Int64(table.count) ? nil : Int(distance)
    }

    // MARK: afterwards

    /// Lends the leaves of a stretch, in the order of positions.
    func leaves(of stretch: Stretch) -> UnsafeBufferPointer<TreeHash> {
        UnsafeBufferPointer(rebasing: leafStore[stretch.firstSlot..<(stretch.firstSlot + stretch.count)])
    }

    /// Whether a row of `outbox_stamps` tells the truth of its events' times; true where an event is missing.
    func isTrue(_ edge: StampEdge, from start: Int) -> Bool {
        var (earliest, latest) = (Int64.max, Int64.min)
        for slot in start..<edge.endSlot {
            if leafStore[slot] == .missing { return true }
            earliest = min(earliest, timeStore[slot])
            latest = max(latest, timeStore[slot])
        }
        if edge.isWhole { return (earliest, latest) == (edge.times.from, edge.times.to) }
        return earliest >= edge.times.from && latest <= edge.times.to
    }

    /// Slots for which no row came.
    var unfilled: [Int] { leafStore.indices.filter { leafStore[$0] == .missing } }

    /// The shard and the position of a slot.
    func place(ofSlot slot: Int) -> (shard: Shard, position: Int64) {
        let stretch = stretches.last { $0.firstSlot <= slot } ?? stretches[0]
        return (stretch.shard, stretch.position(ofSlot: slot))
    }
}

/// Where a row of `outbox_stamps` ends within a round.
struct StampEdge {
    /// The slot after its last one.
    let endSlot: Int
    /// All of its positions are in the round, not only the last ones.
    let isWhole: Bool
    let times: StampTimes
}

/// What a row of `outbox_stamps` says of its events: readers look for them between these moments only.
struct StampTimes: Hashable {
    /// Microseconds since 1970; the smallest `recorded_at` of its events.
    let from: Int64
    /// The greatest.
    let to: Int64
}

extension TreeHash {
    /// Stands for the leaf of a row that is not there: no content has this hash, as far as anybody knows.
    static let missing = withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 8) { bytes in
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        return TreeHash(reading: UnsafeRawBufferPointer(bytes))
    }
}
