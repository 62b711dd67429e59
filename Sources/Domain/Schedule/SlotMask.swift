/// A set of the 24 slots of one grid day; bit i stands for slot i.
package struct SlotMask: Hashable, Sendable {
    /// The lower 24 bits; the others are always 0.
    package let rawValue: UInt32

    /// How many slots a grid day has.
    package static let slotsPerDay = 24
    /// No slot.
    package static let empty = SlotMask(rawValue: 0)
    /// Every slot.
    package static let all = SlotMask(rawValue: 0xFF_FFFF)

    /// Takes the lower 24 bits and drops the others.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue & 0xFF_FFFF
    }

    /// The slots `first`, `first + 1`, … so many of them; what lies outside the day is left out.
    package init(first: Int, count: Int) {
        guard count > 0, first < Self.slotsPerDay else {
            rawValue = 0
            return
        }
        let lower = max(first, 0)
        let (end, overflow) = first.addingReportingOverflow(count)
        let upper = overflow ? Self.slotsPerDay : min(end, Self.slotsPerDay)
        rawValue = upper > lower ? (1 << UInt32(upper)) &- (1 << UInt32(lower)) : 0
    }

    /// The slots with these indices; nil if one lies outside 0..<24.
    package init?(indices: some Sequence<Int>) {
        var bits: UInt32 = 0
        for index in indices {
            guard (0..<Self.slotsPerDay).contains(index) else { return nil }
            bits |= 1 << UInt32(index)
        }
        rawValue = bits
    }

    /// Reads 24 characters, slot 0 first, `1` for a slot that is in the set and `0` for one that is not.
    package init?(bitmap: some StringProtocol) {
        var bits: UInt32 = 0
        var index = 0
        for character in bitmap.utf8 {
            guard index < Self.slotsPerDay else { return nil }
            switch character {
            case UInt8(ascii: "1"): bits |= 1 << UInt32(index)
            case UInt8(ascii: "0"): break
            default: return nil
            }
            index += 1
        }
        guard index == Self.slotsPerDay else { return nil }
        rawValue = bits
    }

    /// 24 characters, slot 0 first, `1` for a slot that is in the set.
    package var bitmap: String {
        String(decoding: (0..<Self.slotsPerDay).map { UInt8(ascii: contains($0) ? "1" : "0") }, as: UTF8.self)
    }

    /// Whether there is no slot.
    package var isEmpty: Bool { rawValue == 0 }

    /// How many slots there are.
    package var count: Int { rawValue.nonzeroBitCount }

    /// The lowest slot.
    package var first: Int? { isEmpty ? nil : rawValue.trailingZeroBitCount }

    /// The slots in ascending order.
    package var indices: Indices { Indices(rest: rawValue) }

    /// Whether slot `index` is in the set; false outside the day.
    package func contains(_ index: Int) -> Bool {
        (0..<Self.slotsPerDay).contains(index) && rawValue & 1 << UInt32(index) != 0
    }

    /// Whether every slot of `other` is in this set.
    package func isSuperset(of other: SlotMask) -> Bool { other.rawValue & ~rawValue == 0 }

    /// The slots in either set.
    package func union(_ other: SlotMask) -> SlotMask { SlotMask(rawValue: rawValue | other.rawValue) }

    /// The slots in both sets.
    package func intersection(_ other: SlotMask) -> SlotMask { SlotMask(rawValue: rawValue & other.rawValue) }

    /// The slots in this set that are not in `other`.
    package func subtracting(_ other: SlotMask) -> SlotMask { SlotMask(rawValue: rawValue & ~other.rawValue) }

    /// The slots at which `length` (at least 1) consecutive slots of this set begin.
    package func starts(ofRuns length: Int) -> SlotMask {
        guard length <= Self.slotsPerDay else { return .empty }
        var bits = rawValue
        for shift in 1..<max(length, 1) { bits &= rawValue >> UInt32(shift) }
        return SlotMask(rawValue: bits)
    }

    /// Walks over the slots of a mask without allocating.
    package struct Indices: Sequence, IteratorProtocol, Sendable {
        private var rest: UInt32

        init(rest: UInt32) {
            self.rest = rest
        }

        /// The next slot, ascending.
        package mutating func next() -> Int? {
            guard rest != 0 else { return nil }
            let index = rest.trailingZeroBitCount
            rest &= rest &- 1
            return index
        }
    }
}

extension SlotMask: CustomStringConvertible {
    package var description: String { bitmap }
}
