import Domain
import ProjectionRunner

/// Turns "something about this practitioner changed" into what is published: free slots as the pages have them now.
struct Announcer: Sendable {
    /// One practitioner to announce.
    struct Subject: Sendable {
        let id: PractitionerID
        let entry: DirectoryEntry
        /// The days that changed; nil: all that have pages.
        let dates: [LocalDate]?
        /// The newest event that made it change.
        let cause: EventID
        var correlationID: String?
        var traceparent: String?
    }

    /// Records of one publication.
    private static let recordsPerTrip = 5_000

    let store: PageStore
    let publisher: AvailabilityPublisher?
    let cold: ColdStarts
    let countries: [CountryCode: Country]
    let clock: any WallClock

    /// Publishes what the pages say about each subject.
    ///
    /// - Parameters:
    ///   - subjects: Each practitioner once.
    ///   - extents: Which pages there are.
    ///   - progress: What went into the pages, at least.
    ///   - partition: Of all of these practitioners.
    /// - Throws: `RedisError`; `KafkaError`.
    func announce(
        _ subjects: [Subject], _ extents: [CountryCode: AvailabilityCheckpoint.Extent],
        _ progress: ProjectionCheckpoint, _ partition: Int
    ) async throws {
        guard let publisher else { return }
        let sources = [Topic.bookingEvents, .practitionerEvents].map {
            AvailabilityChanged.Source(topic: $0, sequence: progress[$0].sequence)
        }
        var items: [AvailabilityPublisher.Item] = []
        var budget = ColdStarts.Budget()
        for (bucket, members) in Dictionary(grouping: subjects, by: { $0.entry.place.bucket }) {
            let days = extents[bucket.country].map { extent in
                (extent.days.lowerBound.days...extent.days.upperBound.days).map { LocalDate(days: $0) }
            }
            let rows = try await store.cells(bucket, members.map { $0.entry.place.cell }, days ?? [])
            var made = zip(members, rows).map { item($0, days ?? [], $1, sources) }
            let full = made.indices.filter { made[$0].event.nextAvailable == nil }
            let starts = await cold.starts(of: full.map { (members[$0].id, members[$0].entry) }, &budget)
            for (index, start) in zip(full, starts) { made[index].event.nextAvailable = start }
            items += made
            while items.count >= Self.recordsPerTrip {
                try await publisher.publish(Array(items.prefix(Self.recordsPerTrip)), to: partition)
                items.removeFirst(Self.recordsPerTrip)
            }
        }
        try await publisher.publish(items, to: partition)
    }

    private func item(
        _ subject: Subject, _ days: [LocalDate], _ row: [DayCell?], _ sources: [AvailabilityChanged.Source]
    ) -> AvailabilityPublisher.Item {
        var changed: [AvailabilityChanged.Day] = []
        for (date, cell) in zip(days, row) {
            guard let cell, subject.dates?.contains(date) ?? true else { continue }
            changed.append(AvailabilityChanged.Day(date: date, free: cell.free))
        }
        return AvailabilityPublisher.Item(
            event: AvailabilityChanged(
                practitionerID: subject.id, country: subject.entry.place.bucket.country, days: changed,
                nextAvailable: firstStart(subject.entry, days, row), cause: subject.cause, sources: sources),
            correlationID: subject.correlationID, traceparent: subject.traceparent)
    }

    private func firstStart(_ entry: DirectoryEntry, _ days: [LocalDate], _ row: [DayCell?]) -> Instant? {
        guard let country = countries[entry.place.bucket.country] else { return nil }
        let window = BookingWindow(now: clock.now(), country: country, grid: entry.grid)
        for (date, cell) in zip(days, row) {
            guard let cell, !cell.free.isEmpty else { continue }
            let starts = Availability.freeStarts(free: cell.free, on: date, grid: entry.grid, window: window)
            if let slot = starts.first { return entry.grid.day(date).start(of: slot) }
        }
        return nil
    }
}
