import Domain
import Redis

/// What is to be done to one plane of one page, in the order of sequences.
struct PageEdit: Sendable {
    /// A plane of the pages, and the topic that decides it.
    enum Plane: Int, Sendable {
        case booked = 0
        case open = 1
    }

    /// One page.
    struct Page: Hashable, Sendable {
        let bucket: BucketID
        let date: LocalDate
    }

    /// One change of one cell.
    struct Change: Sendable {
        let cell: Int
        /// The slots to set to `value`; of the open plane all 24 are set, to `slots`.
        let slots: SlotMask
        let value: Bool
        let sequence: Int64
    }

    let page: Page
    let plane: Plane
    private(set) var changes: [Change]

    init(_ page: Page, _ plane: Plane, _ changes: [Change] = []) {
        self.page = page
        self.plane = plane
        self.changes = changes
    }

    /// Adds a change whose sequence is at least that of the one before.
    mutating func add(_ change: Change) { changes.append(change) }

    /// What is left of it for a page that has everything up to `sequence`; nil: nothing.
    func after(_ sequence: Int64) -> PageEdit? {
        let rest = changes.filter { $0.sequence > sequence }
        return rest.isEmpty ? nil : PageEdit(page, plane, rest)
    }

    /// Appends this page's part of the arguments of `PageScripts.edit`.
    func append(to arguments: inout [RedisArgument]) {
        guard let first = changes.first, let last = changes.last else {
            preconditionFailure("an edit changes something")
        }
        var needed = 0
        for change in changes { needed = max(needed, PageLayout.offset(ofCell: change.cell + 1)) }
        arguments.append(.int(Int64(plane.rawValue)))
        arguments.append(.int(first.sequence))
        arguments.append(.int(last.sequence))
        arguments.append(.int(Int64(needed)))
        let countIndex = arguments.count
        arguments.append(0)
        for change in changes { append(change, to: &arguments) }
        arguments[countIndex] = .int(Int64(arguments.count - countIndex - 1))
    }

    private func append(_ change: Change, to arguments: inout [RedisArgument]) {
        let cellBit = PageLayout.offset(ofCell: change.cell) * 8
        switch plane {
        case .open:
            arguments.append("SET")
            arguments.append("u24")
            arguments.append(.int(Int64(cellBit)))
            arguments.append(.int(Int64(PageLayout.plane(change.slots))))
        case .booked:
            var rest = change.slots.rawValue
            while rest != 0 {  // a visit's slots are consecutive: one run
                let start = rest.trailingZeroBitCount
                let count = (~(rest >> UInt32(start))).trailingZeroBitCount
                arguments.append("SET")
                arguments.append(Self.widths[count])
                arguments.append(.int(Int64(cellBit + SlotMask.slotsPerDay + start)))
                arguments.append(.int(change.value ? (1 << Int64(count)) - 1 : 0))
                rest &= ~(((1 << UInt32(count)) - 1) << UInt32(start))
            }
        }
    }

    /// BITFIELD's names of unsigned fields by their width.
    private static let widths = (0...SlotMask.slotsPerDay).map { RedisArgument.text("u\($0)") }
}
