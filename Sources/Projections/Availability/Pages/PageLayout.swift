package import Domain

/// How the free slots of 1,024 practitioners on one grid day lie in one Redis string.
///
/// 16 bytes header: the last sequences of booking-events and of practitioner-events that went into the page,
/// big-endian; then six bytes a practitioner: 24 bits *open*, 24 bits *booked*, slot 0 in the most significant bit of
/// each. A page ends after the highest number that it holds; a shorter one has not heard of the practitioner yet.
package enum PageLayout {
    /// Practitioners of a page.
    package static let cellsPerPage = 1_024
    /// Bytes before the first cell.
    package static let headerBytes = 16
    /// Bytes of a cell.
    package static let cellBytes = 6
    /// Bytes of a page with all of its cells.
    package static let fullBytes = headerBytes + cellsPerPage * cellBytes
    /// Days from today on, in the practice's zone, that have pages; yesterday's has one, too.
    package static let hotDays = 14

    /// Where a cell begins.
    static func offset(ofCell cell: Int) -> Int { headerBytes + cell * cellBytes }

    /// The hot days of a zone: yesterday, as its grid day may not be over, to the 14th day from today.
    static func hotDates(today: LocalDate) -> ClosedRange<LocalDate> {
        today.adding(days: -1)...today.adding(days: hotDays - 1)
    }

    /// The cells of a page that hold something else than those of another one, whatever the headers and lengths.
    static func differingCells(_ page: [UInt8], _ other: [UInt8]?) -> [Int] {
        let other = other ?? []
        let length = max(page.count, other.count)
        return page.withUnsafeBytes { page in
            other.withUnsafeBytes { other in
                stride(from: headerBytes, to: length, by: cellBytes).compactMap { offset in
                    let mine = offset + cellBytes <= page.count ? DayCell.planes(page, at: offset) : 0
                    let theirs = offset + cellBytes <= other.count ? DayCell.planes(other, at: offset) : 0
                    return mine == theirs ? nil : (offset - headerBytes) / cellBytes
                }
            }
        }
    }

    /// The 24 bits of a plane as they lie in a page: slot 0 first.
    static func plane(_ mask: SlotMask) -> UInt32 { reversed(mask.rawValue) >> 8 }

    /// The slots of a plane that was read as a 24-bit number.
    static func mask(plane: UInt32) -> SlotMask { SlotMask(rawValue: reversed(plane << 8)) }

    private static func reversed(_ word: UInt32) -> UInt32 {
        var bits = word
        bits = (bits >> 1) & 0x5555_5555 | (bits & 0x5555_5555) << 1
        bits = (bits >> 2) & 0x3333_3333 | (bits & 0x3333_3333) << 2
        bits = (bits >> 4) & 0x0F0F_0F0F | (bits & 0x0F0F_0F0F) << 4
        return bits.byteSwapped
    }
}

/// The slots of one practitioner on one grid day.
package struct DayCell: Hashable, Sendable {
    /// What the schedule offers.
    package var open: SlotMask
    /// What bookings hold.
    package var booked: SlotMask

    /// Both planes.
    package init(open: SlotMask = .empty, booked: SlotMask = .empty) {
        self.open = open
        self.booked = booked
    }

    /// Open and not booked; the clock is not looked at.
    package var free: SlotMask { open.subtracting(booked) }

    /// Reads a cell at its place; nil where the bytes end before it does.
    init?(_ bytes: some RandomAccessCollection<UInt8>, at offset: Int = 0) {
        guard offset >= 0, bytes.count >= offset + PageLayout.cellBytes else { return nil }
        var planes: UInt64 = 0
        for byte in bytes.dropFirst(offset).prefix(PageLayout.cellBytes) { planes = planes << 8 | UInt64(byte) }
        self.init(planes: planes)
    }

    /// Takes the 48 bits of a cell as a number.
    init(planes: UInt64) {
        open = PageLayout.mask(plane: UInt32(planes >> 24))
        booked = PageLayout.mask(plane: UInt32(planes & 0xFF_FFFF))
    }

    /// The 48 bits of a cell that is known to be there.
    static func planes(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        let high = UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        let low = UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)))
        return high << 16 | low
    }

    /// Writes the cell into a page that is long enough.
    func write(to page: inout [UInt8], at offset: Int) {
        let planes = UInt64(PageLayout.plane(open)) << 24 | UInt64(PageLayout.plane(booked))
        page.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: UInt32(planes >> 16).bigEndian, toByteOffset: offset, as: UInt32.self)
            bytes.storeBytes(
                of: UInt16(truncatingIfNeeded: planes).bigEndian, toByteOffset: offset + 4, as: UInt16.self)
        }
    }

    /// Both planes in one word, for digests.
    var word: UInt64 { UInt64(open.rawValue) << 24 | UInt64(booked.rawValue) }
}

/// A practitioner's place in the pages: dense a country and partition, for life.
package struct CellPlace: Hashable, Sendable {
    /// The bucket.
    package let bucket: BucketID
    /// Place in the bucket's pages, 0..<1,024.
    package let cell: Int

    /// The place of the practitioner with that number.
    package init(country: CountryCode, partition: Int, number: Int) {
        bucket = BucketID(country: country, partition: partition, index: number / PageLayout.cellsPerPage)
        cell = number % PageLayout.cellsPerPage
    }
}

/// 1,024 practitioners of one country and partition with neighbouring numbers.
package struct BucketID: Hashable, Sendable {
    /// The country.
    package let country: CountryCode
    /// Kafka's partition of all of these practitioners.
    package let partition: Int
    /// Counts buckets from 0.
    package let index: Int

    /// Redis' key of the bucket's page of a day; the part in braces keeps all days of a bucket on one node.
    func key(epoch: Int64, _ date: LocalDate) -> String { "av:\(epoch):{\(country):\(partition).\(index)}:\(date)" }
}
