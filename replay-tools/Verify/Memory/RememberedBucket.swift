import AvailabilityProjection
import Domain

/// What 1,024 practitioners with neighbouring numbers have by the event stores, in one piece of memory that goes to a
/// file as it is: who they are, what was proven of their documents, and their grid days as pages have them.
///
/// Cells and marks are changed by one task at a time, and read by several only while nobody changes them; profiles
/// belong to whoever looks at documents.
final class RememberedBucket: @unchecked Sendable {
    static let cells = PageLayout.cellsPerPage
    private static let profilesAt = cells * 16
    private static let zonesAt = profilesAt + cells * 16
    private static let marksAt = zonesAt + cells * 2
    private static let daysAt = marksAt + cells
    private static let dayBytes = cells * PageLayout.cellBytes

    /// A document's profile as it was proven.
    struct Profile: Equatable {
        /// The hash that PostgreSQL makes of its columns.
        var hash: UInt64
        /// `SearchDocument.profileWord`.
        var word: UInt64

        /// Whether a document with this profile was compared as a whole and was right.
        var isProven: Bool { word != 0 }
    }

    let id: BucketID
    let dayCount: Int
    let memory: UnsafeMutableRawBufferPointer

    /// A bucket in which nobody is.
    init(_ id: BucketID, days: Int) {
        self.id = id
        dayCount = days
        memory = .allocate(byteCount: Self.byteCount(days: days), alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// A bucket whose bytes `fill` writes, all of them.
    init(_ id: BucketID, days: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        self.id = id
        dayCount = days
        memory = .allocate(byteCount: Self.byteCount(days: days), alignment: 16)
        try fill(memory)  // where it throws, nothing is left to be initialized, so `deinit` runs
    }

    deinit { memory.deallocate() }

    static func byteCount(days: Int) -> Int { daysAt + days * dayBytes }

    // MARK: practitioners

    /// Who sits in a cell; nil: nobody.
    func owner(_ cell: Int) -> PractitionerID? {
        let (high, low) = ownerWords(cell)
        return high | low == 0 ? nil : PractitionerID(high: high, low: low)
    }

    /// The same without an optional: both 0 where nobody sits there.
    @inline(__always)
    func ownerWords(_ cell: Int) -> (high: UInt64, low: UInt64) {
        (
            memory.load(fromByteOffset: cell * 16, as: UInt64.self),
            memory.load(fromByteOffset: cell * 16 + 8, as: UInt64.self)
        )
    }

    func seat(_ id: PractitionerID, _ cell: Int, zone: UInt16) {
        memory.storeBytes(of: id.high, toByteOffset: cell * 16, as: UInt64.self)
        memory.storeBytes(of: id.low, toByteOffset: cell * 16 + 8, as: UInt64.self)
        memory.storeBytes(of: zone, toByteOffset: Self.zonesAt + cell * 2, as: UInt16.self)
    }

    /// Which of the zones that are remembered the practice is in.
    func zone(_ cell: Int) -> Int { Int(memory.load(fromByteOffset: Self.zonesAt + cell * 2, as: UInt16.self)) }

    /// Whether the fold could not be trusted, so that this practitioner is judged by the stores every time.
    func isJudged(_ cell: Int) -> Bool { memory[Self.marksAt + cell] != 0 }

    func judge(_ cell: Int) { memory[Self.marksAt + cell] = 1 }

    func profile(_ cell: Int) -> Profile {
        let at = Self.profilesAt + cell * 16
        return Profile(
            hash: memory.load(fromByteOffset: at, as: UInt64.self),
            word: memory.load(fromByteOffset: at + 8, as: UInt64.self))
    }

    /// Notes what was proven of somebody's document; nil: nothing.
    func prove(_ cell: Int, _ profile: Profile?) {
        let at = Self.profilesAt + cell * 16
        memory.storeBytes(of: profile?.hash ?? 0, toByteOffset: at, as: UInt64.self)
        memory.storeBytes(of: profile?.word ?? 0, toByteOffset: at + 8, as: UInt64.self)
    }

    // MARK: grid days

    /// All cells of a day, as a page has them behind its header.
    func day(_ day: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            rebasing: memory[Self.daysAt + day * Self.dayBytes..<Self.daysAt + (day + 1) * Self.dayBytes])
    }

    /// The 48 bits of a cell: 24 open, 24 booked, slot 0 first.
    @inline(__always)
    func planes(_ cell: Int, day: Int) -> UInt64 {
        Planes.read(UnsafeRawBufferPointer(memory), at: Self.daysAt + day * Self.dayBytes + cell * PageLayout.cellBytes)
    }

    func setPlanes(_ planes: UInt64, _ cell: Int, day: Int) {
        let at = Self.daysAt + day * Self.dayBytes + cell * PageLayout.cellBytes
        memory.storeBytes(of: UInt32(truncatingIfNeeded: planes >> 16).bigEndian, toByteOffset: at, as: UInt32.self)
        memory.storeBytes(of: UInt16(truncatingIfNeeded: planes).bigEndian, toByteOffset: at + 4, as: UInt16.self)
    }

    func setOpen(_ open: SlotMask, _ cell: Int, day: Int) {
        setPlanes(Planes.plane(open) << 24 | planes(cell, day: day) & 0xFF_FFFF, cell, day: day)
    }

    func setBooked(_ booked: SlotMask, _ cell: Int, day: Int) {
        setPlanes(planes(cell, day: day) & ~0xFF_FFFF | Planes.plane(booked), cell, day: day)
    }

    /// Takes slots, or gives them back.
    func book(_ slots: SlotMask, isTaken: Bool, _ cell: Int, day: Int) {
        let (planes, slots) = (planes(cell, day: day), Planes.plane(slots))
        setPlanes(isTaken ? planes | slots : planes & ~slots, cell, day: day)
    }
}

/// The bits of cells as they lie in pages: the first slot is the highest bit.
enum Planes {
    /// The 48 bits at a place that is there.
    @inline(__always)
    static func read(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        let high = UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        let low = UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)))
        return high << 16 | low
    }

    /// The 24 bits of a set of slots.
    static func plane(_ mask: SlotMask) -> UInt64 { reversed(UInt64(mask.rawValue)) >> 40 }

    /// The set of slots that a plane is.
    static func mask(_ plane: UInt64) -> SlotMask {
        SlotMask(rawValue: UInt32(truncatingIfNeeded: reversed(plane << 40)))
    }

    /// Both sets of a cell in the word that digests are made of: `DayCell.word`.
    @inline(__always)
    static func word(_ planes: UInt64) -> UInt64 {
        let masks = reversed(planes << 16)  // the booked ones above the open ones
        return (masks & 0xFF_FFFF) << 24 | masks >> 24 & 0xFF_FFFF
    }

    @inline(__always)
    private static func reversed(_ word: UInt64) -> UInt64 {
        var bits = word
        bits = (bits >> 1) & 0x5555_5555_5555_5555 | (bits & 0x5555_5555_5555_5555) << 1
        bits = (bits >> 2) & 0x3333_3333_3333_3333 | (bits & 0x3333_3333_3333_3333) << 2
        bits = (bits >> 4) & 0x0F0F_0F0F_0F0F_0F0F | (bits & 0x0F0F_0F0F_0F0F_0F0F) << 4
        return bits.byteSwapped
    }
}
