import AvailabilityProjection
import Domain
import EventStore

/// What one partition's practitioners have by the event stores at some positions; changed by one task at a time.
final class RememberedPartition: @unchecked Sendable {
    /// A position, and the event that the store has there: another store has another one.
    struct Position: Hashable {
        var sequence: Int64 = 0
        var event = EventID(high: 0, low: 0)
    }

    let shard: Shard
    /// The grid days that are remembered.
    let days: ClosedRange<LocalDate>
    /// What is in of booking-events.
    var bookings = Position()
    /// What is in of practitioner-events.
    var calendars = Position()
    /// Up to here documents were compared as a whole, or their practitioner's mark says that they were not.
    var profiles: Int64 = 0
    /// Practitioners who have no cell, because their registration cannot be read.
    var strays: Set<PractitionerID> = []
    /// Ordered as they were added; a place is 1,024 times the place of its bucket here, and the cell.
    private(set) var buckets: [RememberedBucket] = []
    private var bucketPlaces: [BucketID: Int] = [:]
    private var index = PlaceIndex()

    init(_ shard: Shard, days: ClosedRange<LocalDate>) {
        self.shard = shard
        self.days = days
    }

    var dayCount: Int { days.lowerBound.days(until: days.upperBound) + 1 }

    /// Takes a bucket as it was read from a file, with everybody in it.
    func add(_ bucket: RememberedBucket) {
        let base = buckets.count * RememberedBucket.cells
        bucketPlaces[bucket.id] = buckets.count
        buckets.append(bucket)
        for cell in 0..<RememberedBucket.cells {
            let (high, low) = bucket.ownerWords(cell)
            if high | low != 0 { index.insert(low, base + cell) }
        }
    }

    func bucket(_ id: BucketID) -> RememberedBucket? { bucketPlaces[id].map { buckets[$0] } }

    /// The buckets of a country that are remembered: 0..<count.
    func bucketCount(_ country: CountryCode) -> Int {
        buckets.reduce(0) { $1.id.country == country ? max($0, $1.id.index + 1) : $0 }
    }

    /// Where somebody sits; nil: nowhere.
    @inline(__always)
    func place(_ high: UInt64, _ low: UInt64) -> Int? {
        index.find(low) { place in
            buckets[place / RememberedBucket.cells].ownerWords(place % RememberedBucket.cells) == (high, low)
        }
    }

    /// The same with the bucket itself.
    func seat(of id: PractitionerID) -> (bucket: RememberedBucket, cell: Int)? {
        place(id.high, id.low).map { (buckets[$0 / RememberedBucket.cells], $0 % RememberedBucket.cells) }
    }

    /// Gives somebody the cell of a number; buckets before it come into being, too.
    func seat(_ id: PractitionerID, _ country: CountryCode, number: Int, zone: UInt16) -> Int {
        let cell = CellPlace(country: country, partition: shard.number, number: number)
        let count = bucketCount(country)
        if count <= cell.bucket.index {
            for next in count...cell.bucket.index {
                add(RememberedBucket(BucketID(country, shard, index: next), days: dayCount))
            }
        }
        let place = (bucketPlaces[cell.bucket] ?? 0) * RememberedBucket.cells + cell.cell
        buckets[place / RememberedBucket.cells].seat(id, cell.cell, zone: zone)
        index.insert(id.low, place)
        return place
    }

    /// Says that somebody is to be judged by the stores every time, also somebody who sits nowhere.
    func distrust(_ id: PractitionerID) {
        if let seat = seat(of: id) { seat.bucket.judge(seat.cell) } else { strays.insert(id) }
    }

    /// The place of a day among those remembered; nil: none of them.
    func day(_ date: LocalDate) -> Int? {
        days.contains(date) ? days.lowerBound.days(until: date) : nil
    }
}

/// Finds places by practitioners: half a million of them are put in within milliseconds.
///
/// Ids are random in their lower half, so that half is hash enough; who sits at a place, the caller knows.
private struct PlaceIndex {
    private var slots = [UInt32](repeating: 0, count: 64)  // a place + 1; 0: nothing
    private var count = 0

    @inline(__always)
    private static func slot(_ low: UInt64, _ capacity: Int) -> Int {
        Int(truncatingIfNeeded: (low &* 0x9E37_79B9_7F4A_7C15) >> 32) & (capacity - 1)
    }

    mutating func insert(_ low: UInt64, _ place: Int) {
        if count * 2 >= slots.count { grow() }
        // The low halves are needed again to grow, so they stand beside the places.
        lows[put(place, Self.slot(low, slots.count))] = low
        count += 1
    }

    private var lows = [UInt64](repeating: 0, count: 64)

    private mutating func put(_ place: Int, _ start: Int) -> Int {
        var slot = start
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt32(place + 1)
        return slot
    }

    private mutating func grow() {
        let (old, oldLows) = (slots, lows)
        slots = [UInt32](repeating: 0, count: old.count * 2)
        lows = [UInt64](repeating: 0, count: old.count * 2)
        for (slot, place) in old.enumerated() where place != 0 {
            lows[put(Int(place) - 1, Self.slot(oldLows[slot], slots.count))] = oldLows[slot]
        }
    }

    @inline(__always)
    func find(_ low: UInt64, _ sitsAt: (Int) -> Bool) -> Int? {
        var slot = Self.slot(low, slots.count)
        while slots[slot] != 0 {
            if lows[slot] == low, sitsAt(Int(slots[slot]) - 1) { return Int(slots[slot]) - 1 }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }
}
