import AvailabilityProjection
import Domain
import Glibc
import ProjectionRunner

/// Compares the pages of one bucket with what is remembered of it: page by page, and cell by cell where they differ.
struct CellCheck {
    /// Whoever agrees, of both sides.
    private(set) var digest = ModelDigest()
    /// Whose cells differ, or are to be judged anyway.
    private(set) var suspects: [PractitionerID] = []
    /// Cells of nobody that hold something.
    private(set) var strangers: [Int] = []

    private let bucket: RememberedBucket
    private let days: [Int]
    private let dates: [LocalDate]

    /// - Parameters:
    ///   - bucket: What is remembered.
    ///   - held: The pages.
    ///   - first: The first day that is remembered.
    ///   - waiting: Who is not compared.
    init(
        _ bucket: RememberedBucket, _ held: AvailabilityProver.Bucket, from first: LocalDate,
        without waiting: some Collection<PractitionerID>
    ) {
        self.bucket = bucket
        dates = held.days
        days = held.days.map { first.days(until: $0) }
        var differs = [Bool](repeating: false, count: RememberedBucket.cells)
        let last = (0..<RememberedBucket.cells).last { bucket.ownerWords($0) != (0, 0) } ?? -1
        for (day, page) in zip(days, held.pages) {
            if let page {
                page.withCells { compare($0, day, upTo: last, &differs) }
            } else {
                for cell in 0...max(last, 0) { differs[cell] = true }
            }
        }
        sort(differs, upTo: last, without: Set(waiting))
    }

    private func compare(_ cells: UnsafeRawBufferPointer, _ day: Int, upTo last: Int, _ differs: inout [Bool]) {
        let expected = bucket.day(day)
        let count = min(cells.count, expected.count) / PageLayout.cellBytes
        if cells.count == count * PageLayout.cellBytes, count > last, let one = cells.baseAddress,
            let other = expected.baseAddress, memcmp(one, other, cells.count) == 0
        {
            return
        }
        for cell in 0..<RememberedBucket.cells {
            let held = cell < count ? Planes.read(cells, at: cell * PageLayout.cellBytes) : nil
            // A page that ends before a cell of nobody is right, one that ends before somebody's is not.
            if let held, held == bucket.planes(cell, day: day) { continue }
            if held == nil, bucket.ownerWords(cell) == (0, 0) { continue }
            differs[cell] = true
        }
    }

    private mutating func sort(_ differs: [Bool], upTo last: Int, without waiting: Set<PractitionerID>) {
        for cell in 0..<RememberedBucket.cells {
            guard let owner = bucket.owner(cell) else {
                if differs[cell] { strangers.append(cell) }
                continue
            }
            if !waiting.isEmpty, waiting.contains(owner) { continue }
            if differs[cell] || bucket.isJudged(cell) {
                suspects.append(owner)
                continue
            }
            for (day, date) in zip(days, dates) {
                digest.add(
                    owner.high, owner.low, UInt64(bitPattern: Int64(date.days)),
                    Planes.word(bucket.planes(cell, day: day)))
            }
        }
    }
}
