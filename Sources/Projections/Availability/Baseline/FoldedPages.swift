import Domain
import EventStore
import ProjectionRunner

/// What a fold of the stores says about one partition, and up to where.
struct FoldedPages: Sendable {
    /// The last position of each database that is in.
    let header: PageHeader
    /// When the newest event that is in was stored.
    let asOf: Instant?
    let countries: [CountryCode: FoldedCountry]
    /// Practitioners with an event that cannot be read: their cells mean nothing.
    let unreadable: [PractitionerID: FoldTable.Unreadable]
    private let table: FoldTable

    /// One practitioner of the fold.
    struct Practitioner: Sendable {
        let entry: DirectoryEntry
        /// The last event of the practitioner's stream that is in.
        let newest: EventID
    }

    /// Sorts what was folded into the pages that were asked for.
    ///
    /// - Parameters:
    ///   - table: Everything that came.
    ///   - partition: Whose it is.
    ///   - header: Up to where it goes.
    ///   - firstBucket: Only buckets from this index on.
    ///   - dates: The days of a country's pages, by the zones of its practices.
    /// - Throws: What `dates` throws.
    init(
        _ table: FoldTable, _ partition: Shard, header: PageHeader, firstBucket: Int,
        dates: (Set<String>) throws -> ClosedRange<LocalDate>
    ) throws {
        self.table = table
        self.header = header
        asOf = table.asOf
        unreadable = table.unreadable
        var zones: [CountryCode: Set<String>] = [:]
        var buckets: [CountryCode: [Int: FoldedCountry.Bucket]] = [:]
        var last: (country: CountryCode, grid: SlotGrid)?
        for (index, entry) in table.entries.enumerated() {
            if last?.country != entry.country || last?.grid != entry.calendar.grid {
                zones[entry.country, default: []].insert(entry.calendar.grid.zone)
                last = (entry.country, entry.calendar.grid)
            }
            let place = CellPlace(country: entry.country, partition: partition.number, number: Int(entry.number))
            if place.bucket.index < firstBucket { continue }
            buckets[entry.country, default: [:]][place.bucket.index, default: FoldedCountry.Bucket()]
                .admit(Int32(index), cell: place.cell)
        }
        var countries: [CountryCode: FoldedCountry] = [:]
        for (country, zones) in zones {
            countries[country] = FoldedCountry(
                dates: try dates(zones), zones: zones, buckets: buckets[country] ?? [:], table: table)
        }
        self.countries = countries
    }

    /// Everybody whose registration is in.
    func forEachPractitioner(_ partition: Shard, _ body: (PractitionerID, Practitioner) -> Void) {
        for entry in table.entries {
            let place = CellPlace(country: entry.country, partition: partition.number, number: Int(entry.number))
            body(
                entry.id,
                Practitioner(
                    entry: DirectoryEntry(place: place, grid: entry.calendar.grid), newest: entry.newest))
        }
    }

    /// How many practitioners are in.
    var practitionerCount: Int { table.entries.count }
}

/// The pages of one country in one partition, as a fold of the store makes them.
struct FoldedCountry: Sendable {
    /// The days that have pages.
    let dates: ClosedRange<LocalDate>
    /// The practices' zones.
    let zones: Set<String>
    /// By index.
    let buckets: [Int: Bucket]
    fileprivate let table: FoldTable

    /// Who is in a bucket.
    struct Bucket: Sendable {
        /// Cells up to the last one in use.
        fileprivate(set) var cells = 0
        /// Places in the table, and cells.
        fileprivate var members: [(entry: Int32, cell: Int32)] = []

        fileprivate mutating func admit(_ entry: Int32, cell: Int) {
            cells = max(cells, cell + 1)
            members.append((entry, Int32(cell)))
        }
    }

    fileprivate init(dates: ClosedRange<LocalDate>, zones: Set<String>, buckets: [Int: Bucket], table: FoldTable) {
        self.dates = dates
        self.zones = zones
        self.buckets = buckets
        self.table = table
    }

    /// How many practitioners are in all buckets together.
    var memberTotal: Int { buckets.values.reduce(0) { $0 + $1.members.count } }

    /// How many days have pages.
    var dayCount: Int { dates.lowerBound.days(until: dates.upperBound) + 1 }

    /// Who is in a bucket, by cell; their calendars are empty.
    func members(of index: Int) -> [Int: PractitionerPlace] {
        var members: [Int: PractitionerPlace] = [:]
        for (place, cell) in buckets[index]?.members ?? [] {
            let entry = table.entries[Int(place)]
            members[Int(cell)] = PractitionerPlace(
                calendar: PractitionerCalendar(
                    practitionerID: entry.id, country: entry.country, grid: entry.calendar.grid, version: 0),
                number: Int(entry.number))
        }
        return members
    }

    /// What the schedule of a member offers and what is booked.
    private func cell(_ entry: Int32, on date: LocalDate) -> DayCell {
        DayCell(
            open: table.entries[Int(entry)].calendar.open(on: date), booked: table.booked(Int(entry), on: date))
    }

    /// The pages of a bucket, header included, each as long as its bucket is in use.
    func pages(of index: Int, _ header: PageHeader) -> [(date: LocalDate, bytes: [UInt8])] {
        guard let bucket = buckets[index] else { return [] }
        let length = PageLayout.offset(ofCell: bucket.cells)
        return (dates.lowerBound.days...dates.upperBound.days).map { day in
            let date = LocalDate(days: day)
            var page = header.bytes
            page.append(contentsOf: repeatElement(0, count: length - page.count))
            for (entry, cell) in bucket.members {
                self.cell(entry, on: date).write(to: &page, at: PageLayout.offset(ofCell: Int(cell)))
            }
            return (date, page)
        }
    }
}

extension ModelDigest {
    /// Counts in a page: its cells that hold something, whatever its length and header.
    mutating func add(_ bucket: BucketID, _ date: LocalDate, page: [UInt8]) {
        let country = bucket.country.text.utf8.reduce(0) { $0 << 8 | UInt64($1) }
        let place = country << 8 | UInt64(bucket.partition)
        let day = UInt64(bitPattern: Int64(date.days))
        var number = UInt64(bucket.index * PageLayout.cellsPerPage)
        page.withUnsafeBytes { bytes in
            var offset = PageLayout.headerBytes
            while offset + PageLayout.cellBytes <= bytes.count {
                let planes = DayCell.planes(bytes, at: offset)
                if planes != 0 { add(place, number, day, DayCell(planes: planes).word) }
                number += 1
                offset += PageLayout.cellBytes
            }
        }
    }
}
