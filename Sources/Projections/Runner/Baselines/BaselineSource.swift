package import Domain
package import EventStore

/// A model that can say all that it needs of a partition to go on.
package protocol BaselineSource: Sendable {
    /// The model's name, such as `availability`.
    var model: String { get }
    /// `ce_type` of its records.
    var wireType: WireType { get }

    /// Folds a partition from the event stores.
    ///
    /// - Parameters:
    ///   - partition: Which.
    ///   - pace: Asked before every stretch that is read; may take its time, and end the fold by throwing.
    /// - Returns: What is to be put into the log.
    /// - Throws: `PGError`; `EventStoreError`; what `pace` throws.
    func baseline(
        of partition: Shard, pace: @escaping @Sendable () async throws -> Void
    ) async throws -> FoldedBaseline
}

/// A partition as a fold of the stores has it, to be put into the log.
package struct FoldedBaseline: Sendable {
    /// What the model needs of one practitioner.
    package struct Item: Sendable {
        /// Whose.
        package let practitioner: PractitionerID
        /// Nil where no event says it.
        package let country: CountryCode?
        /// JSON, without anybody's personal data.
        package let data: [UInt8]

        /// An item of its parts.
        package init(practitioner: PractitionerID, country: CountryCode?, data: [UInt8]) {
            self.practitioner = practitioner
            self.country = country
            self.data = data
        }
    }

    /// The last position of each topic with sequences that went in.
    package let positions: [Topic: Int64]
    /// The days that are in; nil for a model that knows no days.
    package let days: ClosedRange<LocalDate>?
    /// When the newest event that went in happened.
    package let asOf: Instant?
    /// How many practitioners.
    package let count: Int
    /// Makes the item of a practitioner, 0..<`count`; made when they are wanted, as all together are large.
    package let item: @Sendable (Int) -> Item

    /// A fold of its parts.
    package init(
        positions: [Topic: Int64], days: ClosedRange<LocalDate>?, asOf: Instant?, count: Int,
        item: @escaping @Sendable (Int) -> Item
    ) {
        self.positions = positions
        self.days = days
        self.asOf = asOf
        self.count = count
        self.item = item
    }
}
