import Domain
import ProjectionRunner

/// The pages of one country in one partition, as a fold of the store makes them.
struct FoldedCountry: Sendable {
    /// The days that have pages.
    let dates: ClosedRange<LocalDate>
    /// The practices' zones.
    let zones: Set<String>
    /// By index.
    private(set) var buckets: [Int: Bucket] = [:]

    /// 1,024 cells a day, and how many of them are in use.
    struct Bucket: Sendable {
        var cells = 0
        var content: [UInt8]
    }

    init(dates: ClosedRange<LocalDate>, zones: Set<String>) {
        self.dates = dates
        self.zones = zones
    }

    private var dayCount: Int { dates.lowerBound.days(until: dates.upperBound) + 1 }

    private static let dayBytes = PageLayout.cellsPerPage * PageLayout.cellBytes

    /// Makes room for a practitioner: from now on its cells exist.
    mutating func admit(_ place: CellPlace) {
        let size = dayCount * Self.dayBytes
        var bucket =
            buckets.removeValue(forKey: place.bucket.index) ?? Bucket(content: [UInt8](repeating: 0, count: size))
        bucket.cells = max(bucket.cells, place.cell + 1)
        buckets[place.bucket.index] = bucket
    }

    /// Says what the schedule of somebody who was admitted offers.
    mutating func setOpen(_ place: CellPlace, _ date: LocalDate, _ slots: SlotMask) {
        change(place, date) { $0.open = slots }
    }

    /// Takes slots of somebody who was admitted, or gives them back: each does the opposite of the other, so that the
    /// order in which they come does not matter.
    mutating func toggleBooked(_ place: CellPlace, _ date: LocalDate, _ slots: SlotMask) {
        change(place, date) { $0.booked = SlotMask(rawValue: $0.booked.rawValue ^ slots.rawValue) }
    }

    private mutating func change(_ place: CellPlace, _ date: LocalDate, _ body: (inout DayCell) -> Void) {
        guard dates.contains(date) else { return }
        let day = dates.lowerBound.days(until: date)
        let offset = day * Self.dayBytes + place.cell * PageLayout.cellBytes
        guard var cell = buckets[place.bucket.index].flatMap({ DayCell($0.content, at: offset) }) else { return }
        body(&cell)
        buckets[place.bucket.index]?.write(cell, at: offset)
    }

    /// The pages of a bucket, header included, each as long as its bucket is in use.
    func pages(of index: Int, _ header: PageHeader) -> [(date: LocalDate, bytes: [UInt8])] {
        guard let bucket = buckets[index] else { return [] }
        return (0..<dayCount).map { day in
            let start = day * Self.dayBytes
            return (
                dates.lowerBound.adding(days: day),
                header.bytes + bucket.content[start..<(start + bucket.cells * PageLayout.cellBytes)]
            )
        }
    }
}

extension FoldedCountry.Bucket {
    fileprivate mutating func write(_ cell: DayCell, at offset: Int) { cell.write(to: &content, at: offset) }
}

/// What a fold of the store says about one partition, and up to where.
struct FoldedPages: Sendable {
    /// The last position of each database that is in.
    var header = PageHeader(bookings: 0, practitioners: 0)
    /// When the newest event that is in was stored.
    var asOf: Instant?
    var countries: [CountryCode: FoldedCountry] = [:]
    /// Everybody whose registration is in.
    var practitioners: [PractitionerID: Practitioner] = [:]

    /// One practitioner of the fold.
    struct Practitioner: Sendable {
        let entry: DirectoryEntry
        /// The last event of the practitioner's stream that is in.
        let newest: EventID
    }
}

extension ModelDigest {
    /// Counts in a page: its cells that hold something, whatever its length and header.
    mutating func add(_ bucket: BucketID, _ date: LocalDate, page: [UInt8]) {
        let country = bucket.country.text.utf8.reduce(0) { $0 << 8 | UInt64($1) }
        var cell = 0
        while let content = DayCell(page, at: PageLayout.offset(ofCell: cell)) {
            if content != DayCell() {
                let number = UInt64(bucket.index * PageLayout.cellsPerPage + cell)
                add(
                    country << 8 | UInt64(bucket.partition), number, UInt64(bitPattern: Int64(date.days)),
                    UInt64(content.open.rawValue) << 24 | UInt64(content.booked.rawValue))
            }
            cell += 1
        }
    }
}
