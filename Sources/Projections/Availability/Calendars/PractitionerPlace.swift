package import Domain

/// A practitioner as far as free slots go: place in the pages, grid, week, kinds of visit.
package struct PractitionerPlace: Sendable {
    /// Everything that decides which slots are open, folded from the practitioner's events.
    package internal(set) var calendar: PractitionerCalendar
    /// The place in the bitmaps, dense a country and partition.
    package let number: Int
    /// Kafka's partition of all that is published about this practitioner.
    package let partition: Int

    /// A folded calendar with its place.
    package init(calendar: PractitionerCalendar, number: Int) {
        self.calendar = calendar
        self.number = number
        partition = Int(KafkaPartitioner.partition(of: calendar.practitionerID))
    }

    /// Where the pages have this practitioner.
    package var cell: CellPlace { CellPlace(country: calendar.country, partition: partition, number: number) }
}
