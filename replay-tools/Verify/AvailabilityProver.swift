import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner

/// Compares the pages of one partition with calendars and bookings out of the event stores.
struct AvailabilityProver: Sendable {
    private let connections: Connections
    private let content: AvailabilityContent
    private let scope: EpochScope
    private let epoch: Int64

    init(_ connections: Connections, scope: EpochScope, epoch: Int64) {
        self.connections = connections
        self.scope = scope
        self.epoch = epoch
        content = AvailabilityContent(redis: connections.redis, epoch: epoch)
    }

    /// The pages of one bucket, a day after the other.
    struct Bucket {
        let days: [LocalDate]
        let pages: [AvailabilityPage?]
    }

    /// What was read of the model, before the stores were.
    struct Held {
        let standing: AvailabilityStanding
        let buckets: [BucketID: Bucket]
    }

    /// Looks at a partition once.
    ///
    /// The model is read first and the stores afterwards, so the stores have at least what the model has.
    /// - Throws: `Unreachable`; errors of a store that is damaged.
    func look(at partition: Shard) async throws -> PartitionProof {
        guard let held = try await read(partition) else {
            return try await neverBuilt(partition)
        }
        let progress = held.standing.progress
        let kept = try await KeptOut.read([(.availability, epoch)], partition, country: scope.country, connections)
        let calendars = try await Unreachable.naming(connections.practitioner.dependency) {
            try await connections.practitioner.pool.transaction(.repeatableRead, readOnly: true) { session in
                try await CalendarHistory.read(
                    partition, country: scope.country, without: kept, zones: connections.zones, on: session)
            }
        }
        // Without pages no booking is compared, and any day will do.
        let today = LocalDate(days: Int32(clamping: connections.clock.now().seconds / 86_400))
        let since = held.standing.extents.map(\.days.lowerBound).min() ?? today
        let bookings = try await Unreachable.naming(connections.booking.dependency) {
            try await Baseline.withSnapshot(of: connections.booking.pool) { baseline in
                try await BookedHistory.read(
                    baseline, partition, country: scope.country, without: kept, connections.booking.pool, since: since,
                    telling: progress[.bookingEvents].sequence)
            }
        }
        var proof = PartitionProof(.availability, partition.number, at: progress)
        proof.notCompared = kept.inOrder.filter { scope.covers($0.practitioner) }
        for (topic, head) in [(Topic.bookingEvents, bookings.head), (.practitionerEvents, calendars.head)]
        where progress[topic].sequence > head {
            proof.add(.ahead(topic, progress[topic].sequence, of: head))
        }
        if proof.differenceCount == 0 {
            let taken = try compare(held, calendars, bookings, kept, &proof)
            if scope.practitioner == nil { compareUnheardOf(held, taken, &proof) }
        }
        return proof
    }

    // MARK: reading

    func read(_ partition: Shard) async throws -> Held? {
        try await Unreachable.naming("redis") {
            guard let standing = try await content.standing(of: partition) else { return nil }
            var buckets: [BucketID: Bucket] = [:]
            for extent in standing.extents where scope.covers(extent.country) {
                let days = (extent.days.lowerBound.days...extent.days.upperBound.days).map { LocalDate(days: $0) }
                for index in 0..<extent.buckets {
                    let bucket = BucketID(extent.country, partition, index: index)
                    buckets[bucket] = Bucket(days: days, pages: try await content.pages(of: bucket, days))
                }
            }
            return Held(standing: standing, buckets: buckets)
        }
    }

    /// Nothing is as much as there must be only where nothing has happened yet.
    func neverBuilt(_ partition: Shard) async throws -> PartitionProof {
        var proof = PartitionProof(.availability, partition.number, at: nil)
        for database in [connections.booking, connections.practitioner] {
            let heads = try await Unreachable.naming(database.dependency) {
                try await EventReader(database.pool).heads()
            }
            let head = heads[partition.number].stamped
            if head > 0 { proof.add(.neverBuilt(database.topic, head)) }
        }
        return proof
    }

    // MARK: comparing

    /// Compares the cells of everybody who is in the calendars and in the scope.
    ///
    /// - Returns: Which cells belong to somebody.
    @discardableResult
    func compare(
        _ held: Held, _ calendars: CalendarHistory, _ bookings: BookedHistory, _ kept: KeptOut,
        _ proof: inout PartitionProof
    ) throws -> Set<CellPlace> {
        let progress = held.standing.progress
        var taken: Set<CellPlace> = []
        let unreadable = proof.addUnreadable(calendars, bookings, kept, scope)
        for id in calendars.entries.keys.sorted() {
            let standing = try calendars.fold(id, upTo: progress[.practitionerEvents].sequence)
            guard let newest = try calendars.fold(id, upTo: calendars.head) else { continue }
            let place = CellPlace(
                country: newest.calendar.country, partition: proof.partition, number: newest.number)
            taken.insert(place)
            if !scope.covers(id) { continue }
            if kept.waiting[id] != nil || unreadable.contains(id) { continue }
            guard let bucket = held.buckets[place.bucket] else {
                if standing != nil { proof.add(.missing(id, place.bucket.country, .availability)) }
                continue
            }
            var (actualDays, expectedDays) = (ModelDigest(), ModelDigest())
            for (date, page) in zip(bucket.days, bucket.pages) where scope.covers(date) {
                // A page may be ahead of the checkpoint, never behind it: its own header says how far.
                let position = max(progress[.practitionerEvents].sequence, page?.practitioners ?? 0)
                guard
                    let folded = try position == progress[.practitionerEvents].sequence
                        ? standing : calendars.fold(id, upTo: position)
                else { continue }
                let booked = bookings.booked(
                    id, on: date, upTo: max(progress[.bookingEvents].sequence, page?.bookings ?? 0))
                let expected = DayCell(open: folded.calendar.open(on: date), booked: booked)
                let actual = page?.cell(place.cell)
                expectedDays.add(id, date, expected)
                if let actual { actualDays.add(id, date, actual) }
                if actual != expected {
                    proof.add(.slots(id, place.bucket.country, date, held: actual?.words, expected: expected.words))
                }
            }
            proof.count(place.bucket, held: actualDays, expected: expectedDays)
        }
        return taken
    }

    /// Cells that belong to nobody must be empty.
    private func compareUnheardOf(_ held: Held, _ taken: Set<CellPlace>, _ proof: inout PartitionProof) {
        for (id, bucket) in held.buckets {
            for (date, page) in zip(bucket.days, bucket.pages) where scope.covers(date) {
                guard let page else { continue }
                for index in 0..<page.cellCount {
                    guard let cell = page.cell(index), cell != DayCell() else { continue }
                    let number = id.index * PageLayout.cellsPerPage + index
                    let place = CellPlace(country: id.country, partition: id.partition, number: number)
                    if taken.contains(place) { continue }
                    proof.add(.unheardOf(id.country, number: number, date, cell))
                }
            }
        }
    }
}

extension ModelDigest {
    /// Counts in one practitioner's grid day.
    mutating func add(_ id: PractitionerID, _ date: LocalDate, _ cell: DayCell) {
        add(
            id.high, id.low, UInt64(bitPattern: Int64(date.days)),
            UInt64(cell.open.rawValue) << 24 | UInt64(cell.booked.rawValue))
    }
}

extension Difference {
    static func ahead(_ topic: Topic, _ sequence: Int64, of head: Int64) -> Difference {
        Difference(
            kind: .aheadOfStore, held: "\(topic.name) up to \(sequence)", expected: "at most \(head)")
    }

    static func neverBuilt(_ topic: Topic?, _ head: Int64) -> Difference {
        Difference(kind: .neverBuilt, expected: "\(topic?.name ?? "events") up to \(head)")
    }

    static func unheardOf(_ country: CountryCode, number: Int, _ date: LocalDate, _ cell: DayCell) -> Difference {
        Difference(
            kind: .unheardOf, country: country, date: date, held: "practitioner number \(number): \(cell.words)")
    }

    static func missing(_ id: PractitionerID, _ country: CountryCode, _ model: ModelName) -> Difference {
        Difference(
            kind: .missing, country: country, practitioner: id,
            expected: model == .availability ? "a place in the pages" : "a document")
    }

    static func slots(
        _ id: PractitionerID, _ country: CountryCode, _ date: LocalDate, held: String?, expected: String
    ) -> Difference {
        Difference(kind: .slots, country: country, practitioner: id, date: date, held: held, expected: expected)
    }
}
