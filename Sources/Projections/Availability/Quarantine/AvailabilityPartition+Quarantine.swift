import Domain
import EventStore
import Postgres
import ProjectionRunner

extension AvailabilityPartition {
    /// What a batch does, without those who wait.
    struct Reading {
        let split: QuarantineSplit
        let changes: BatchChanges
        let calendars: [PractitionerID: PractitionerPlace]
    }

    /// Reads a batch; whoever has an event that cannot be taken in waits from there on, and is marked before anything
    /// else of the batch is written.
    func read(_ batch: ProjectionBatch) async throws -> Reading {
        var admitted: [PractitionerID: Int] = [:]
        while true {
            let split = parts.quarantine.split(batch.records, partition, admitted: admitted)
            let changes = decode(split.flowing)
            let (calendars, unreadable) = try await resolve(changes)
            for found in changes.unreadable { admitted[found.cause.practitioner] = split.place(of: found.index) }
            for cause in unreadable { admitted[cause.practitioner] = 0 }
            // Each round somebody waits from further in front, so this ends.
            let causes = changes.unreadable.map(\.cause) + unreadable
            if causes.isEmpty { return Reading(split: split, changes: changes, calendars: calendars) }
            try await admit(causes)
        }
    }

    /// Lets practitioners wait: in the database first, then for readers.
    func admit(_ causes: [QuarantineCause]) async throws {
        if causes.isEmpty { return }
        try await parts.quarantine.admit(causes, partition)
        try await markQuarantined()
    }

    /// Makes readers see who waits, as the database has it.
    func markQuarantined() async throws {
        guard var next = checkpoint else { return }
        let members = parts.quarantine.members(of: partition)
        var added: [PractitionerID: QuarantinedCell] = [:]
        for id in members where next.quarantined[id] == nil { added[id] = QuarantinedCell(try await cell(of: id)) }
        let removed = next.quarantined.keys.filter { !members.contains($0) }
        if added.isEmpty, removed.isEmpty { return }
        next.quarantined = next.quarantined.filter { members.contains($0.key) }.merging(added) { _, new in new }
        try await store.mark(added: added, removed: removed, next, of: partition.number)
        checkpoint?.quarantined = next.quarantined
    }

    private func cell(of id: PractitionerID) async throws -> CellPlace? {
        if let entry = directory[id] { return entry.place }
        guard let country = parts.quarantine.country(of: id, partition) else { return nil }
        return try await parts.places.find([(id, country)])[0].place?.cell
    }

    /// After a baseline: who waits is who has an event that it could not read.
    ///
    /// - Returns: For the checkpoint that is written next.
    func settle(_ pages: FoldedPages) async throws -> [PractitionerID: QuarantinedCell] {
        try await parts.quarantine.admit(pages.causes, partition)
        try await parts.quarantine.settle(partition, unreadable: Set(pages.unreadable.keys))
        var cells: [PractitionerID: QuarantinedCell] = [:]
        for id in parts.quarantine.members(of: partition) { cells[id] = QuarantinedCell(try await cell(of: id)) }
        return cells
    }

    // MARK: leaving it

    /// Folds everything of a practitioner again, writes the cells, tells readers and others.
    func restore(
        _ cause: QuarantineCause, _ skips: Set<EventID>, _ progress: ProjectionProgress
    ) async throws {
        guard let present = checkpoint else { throw ProjectionFault.modelLost }
        let id = cause.practitioner
        guard let place = try await place(of: cause) else { throw cause }
        let bookings = PractitionerBookings(store: EventReader(parts.bookings), upcasters: parts.upcasters)
        try await admitBuckets([place.cell.bucket])
        if let days = checkpoint?.extents[place.calendar.country]?.days {
            let booked = try await bookings.fold(
                place, through: present.progress[.bookingEvents].sequence, days, skips: skips)
            let dates = (days.lowerBound.days...days.upperBound.days).map { LocalDate(days: $0) }
            let cells = dates.map { ($0, DayCell(open: place.calendar.open(on: $0), booked: booked[$0] ?? .empty)) }
            let header = PageHeader(
                bookings: present.progress[.bookingEvents].sequence,
                practitioners: present.progress[.practitionerEvents].sequence)
            try await store.restore(place.cell, cells, header)
        }
        directory[id] = DirectoryEntry(place)
        if var next = checkpoint, next.quarantined.removeValue(forKey: id) != nil {
            try await store.mark(removed: [id], next, of: partition.number)
            checkpoint = next
        }
        guard progress.announcing == .here, let event = cause.eventID ?? cause.fallbackID else { return }
        try await announcer.announce(
            [Announcer.Subject(id: id, entry: DirectoryEntry(place), dates: nil, cause: event)],
            checkpoint?.extents ?? [:], present.progress, partition.number)
    }

    /// The practitioner's calendar with everything in it; nil where there is no such practitioner any more.
    private func place(of cause: QuarantineCause) async throws -> PractitionerPlace? {
        let known = cause.country ?? parts.quarantine.country(of: cause.practitioner, partition)
        for country in known.map({ [$0] }) ?? parts.countries.keys.sorted() {
            let found = try await parts.places.find([(cause.practitioner, country)])[0]
            if let unreadable = found.unreadable { throw unreadable }
            if let place = found.place { return place }
        }
        return nil
    }
}

extension QuarantineCause {
    /// Stands for an event whose id cannot be read: what is announced must name some cause.
    fileprivate var fallbackID: EventID? { EventID(high: 0, low: 0) }
}

extension FoldedPages {
    /// Who waits, from which event on.
    var causes: [QuarantineCause] {
        unreadable.map { practitioner, event in event.cause(of: practitioner) }
    }
}

extension ModelDigest {
    /// Counts in a page without the cells of those who wait: they mean nothing.
    mutating func add(
        _ bucket: BucketID, _ date: LocalDate, page: [UInt8], without cells: some Sequence<CellPlace>
    ) {
        var page = page
        for cell in cells where cell.bucket == bucket {
            let offset = PageLayout.offset(ofCell: cell.cell)
            if page.count >= offset + PageLayout.cellBytes { DayCell().write(to: &page, at: offset) }
        }
        add(bucket, date, page: page)
    }
}
