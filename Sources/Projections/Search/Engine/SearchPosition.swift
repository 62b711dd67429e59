import Domain

/// Where a page of a search ended, in the order that it was asked in.
package struct SearchPosition: Sendable, Hashable {
    /// The order that the page had; another order has other positions.
    package let order: SearchRequest.Order
    /// How many words of the name fitted only by their beginning.
    let grade: Int32
    /// Metres, or microseconds since 1970; infinite for who is not free at all.
    let rank: Double
    let practitioner: PractitionerID

    init(order: SearchRequest.Order, grade: Int32, rank: Double, practitioner: PractitionerID) {
        self.order = order
        self.grade = grade
        self.rank = rank
        self.practitioner = practitioner
    }

    /// Before every page.
    static func start(_ order: SearchRequest.Order) -> SearchPosition {
        SearchPosition(order: order, grade: .min, rank: -.infinity, practitioner: PractitionerID(high: 0, low: 0))
    }

    /// 29 bytes, to be read back by `init?(bytes:)`.
    package var bytes: [UInt8] {
        [order.rawValue] + bigEndian(UInt32(bitPattern: grade)) + bigEndian(rank.bitPattern) + practitioner.bytes
    }

    /// Reads what `bytes` wrote; nil for anything else.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 29, let order = SearchRequest.Order(rawValue: bytes[0]) else { return nil }
        let rank = Double(bitPattern: word(bytes[5..<13]))
        guard !rank.isNaN else { return nil }
        self.init(
            order: order, grade: Int32(bitPattern: UInt32(word(bytes[1..<5]))), rank: rank,
            practitioner: PractitionerID(high: word(bytes[13..<21]), low: word(bytes[21..<29])))
    }
}

private func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

private func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
