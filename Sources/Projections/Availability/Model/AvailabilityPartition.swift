import Domain
import EventStore
import ProjectionRunner

/// One partition of the pages: what is remembered of it between batches, and everything that is done to it.
actor AvailabilityPartition {
    /// Practitioners that are remembered, at most; beyond that the directory begins anew.
    private static let directoryMax = 400_000

    let partition: Shard
    let parts: AvailabilityParts
    let store: PageStore
    let announcer: Announcer
    var checkpoint: AvailabilityCheckpoint?
    var directory: [PractitionerID: DirectoryEntry] = [:]
    private var decoder: BatchDecoder
    private var writingSince: Instant?

    /// - Throws: `JSONError` when there is no memory for the parsers.
    init(_ partition: Shard, _ parts: AvailabilityParts, epoch: Int64) throws {
        self.partition = partition
        decoder = try BatchDecoder(parts.upcasters)
        self.parts = parts
        store = PageStore(redis: parts.redis, epoch: epoch)
        announcer = Announcer(
            store: store, publisher: parts.publisher,
            cold: ColdStarts(days: parts.cold, countries: parts.countries, clock: parts.clock),
            countries: parts.countries, clock: parts.clock)
    }

    /// Reads the checkpoint; nil where the partition was never built or is gone.
    func start() async throws -> ProjectionCheckpoint? {
        try await parts.quarantine.load(partition)
        checkpoint = try await store.checkpoint(of: partition.number, AvailabilityModel.topics)
        if let checkpoint { parts.progress.begin(partition, at: checkpoint.progress, isExact: false) }
        let told = checkpoint?.told
        checkpoint?.announced = nil  // from here on whoever writes says how far others were told
        try await markQuarantined()
        return told
    }

    // MARK: batches

    /// Pages first, then what is published about them, then the checkpoint.
    func apply(_ batch: ProjectionBatch) async throws {
        guard checkpoint != nil else { throw ProjectionFault.modelLost }
        let reading = try await read(batch)
        let (changes, calendars) = (reading.changes, reading.calendars)
        try await admitBuckets(changes.practitioners.compactMap { directory[$0.id]?.place.bucket })
        try noteZones(changes)
        let extents = checkpoint?.extents ?? [:]
        let began = writingSince ?? parts.clock.now()
        writingSince = began  // until it succeeds: a page of an attempt that failed is seen, too
        try await store.apply(edits(changes, calendars, extents))
        parts.progress.note(partition, batch.checkpoint, since: began)
        writingSince = nil
        if batch.announcing == .here {
            try await announcer.announce(
                subjects(changes, reading.split.flowing), extents, batch.checkpoint, partition.number)
        }
        try await parts.quarantine.keep(reading.split.waiting, partition)
        try await advance(to: batch.checkpoint, batch.announcing)
    }

    /// Decodes events, with parsers whose buffers are used again.
    func decode(_ records: [ProjectionRecord]) -> BatchChanges {
        let directory = directory
        return decoder.read(records) { directory[$0] != nil }
    }

    private func advance(to progress: ProjectionCheckpoint, _ announcing: Announcing) async throws {
        guard var next = checkpoint else { throw ProjectionFault.modelLost }
        next.progress = progress
        try await keep(next, announcing)
    }

    /// Stores a checkpoint, with how far others were told of it.
    private func keep(_ next: AvailabilityCheckpoint, _ announcing: Announcing) async throws {
        var stored = next
        switch announcing {
        case .here: stored.announced = next.progress.positions.map(\.sequence)
        case .elsewhere(let through): stored.announced = through?.positions.map(\.sequence)
        }
        try await store.advance(stored, of: partition.number)
        checkpoint = next
    }

    /// Looks up who is not in the directory yet, and the calendars of those whose events may have changed what is open.
    ///
    /// - Returns: Places by practitioner, and those whose calendar has an event that cannot be taken in.
    func resolve(
        _ changes: BatchChanges
    ) async throws -> (places: [PractitionerID: PractitionerPlace], unreadable: [QuarantineCause]) {
        var wanted: [(id: PractitionerID, country: CountryCode)] = []
        var versions: [Int64] = []
        for practitioner in changes.practitioners {
            guard let country = practitioner.country ?? directory[practitioner.id]?.place.bucket.country else {
                continue
            }
            guard practitioner.calendarSequence != nil || directory[practitioner.id] == nil else { continue }
            wanted.append((practitioner.id, country))
            versions.append(practitioner.version)
        }
        if wanted.isEmpty { return ([:], []) }
        if directory.count > Self.directoryMax { directory = [:] }
        var calendars: [PractitionerID: PractitionerPlace] = [:]
        calendars.reserveCapacity(wanted.count)
        var unreadable: [QuarantineCause] = []
        for (index, found) in try await parts.places.find(wanted).enumerated() {
            if let cause = found.unreadable {
                unreadable.append(cause)
                continue
            }
            // What was published is stored; a store that does not show it yet is asked again.
            guard let place = found.place, place.calendar.version >= versions[index] else {
                throw AvailabilityFault.storeIsBehind
            }
            calendars[place.calendar.practitionerID] = place
            directory[place.calendar.practitionerID] = DirectoryEntry(place)
        }
        return (calendars, unreadable)
    }

    private func edits(
        _ changes: BatchChanges, _ calendars: [PractitionerID: PractitionerPlace],
        _ extents: [CountryCode: AvailabilityCheckpoint.Extent]
    ) -> [PageEdit] {
        var booked: [PageEdit.Page: Int] = [:]
        var edits: [PageEdit] = []
        let entries = changes.practitioners.map { directory[$0.id] }
        for change in changes.booked {
            guard let place = entries[change.practitioner]?.place,
                let days = extents[place.bucket.country]?.days, days.contains(change.date)
            else { continue }  // a cold day is booking's to answer
            let page = PageEdit.Page(bucket: place.bucket, date: change.date)
            let index = booked[page] ?? edits.count
            if index == edits.count {
                edits.append(PageEdit(page, .booked))
                booked[page] = index
            }
            edits[index].add(
                PageEdit.Change(
                    cell: place.cell, slots: change.slots, value: change.isBooked, sequence: change.sequence))
        }
        return edits + openEdits(changes, calendars, extents)
    }

    private func openEdits(
        _ changes: BatchChanges, _ calendars: [PractitionerID: PractitionerPlace],
        _ extents: [CountryCode: AvailabilityCheckpoint.Extent]
    ) -> [PageEdit] {
        var index: [PageEdit.Page: Int] = [:]
        var edits: [PageEdit] = []
        let changed = changes.practitioners.filter { $0.calendarSequence != nil }
            .sorted { ($0.calendarSequence ?? 0) < ($1.calendarSequence ?? 0) }
        for practitioner in changed {
            guard let sequence = practitioner.calendarSequence, let place = calendars[practitioner.id],
                let days = extents[place.calendar.country]?.days
            else { continue }
            let cell = place.cell
            for day in days.lowerBound.days...days.upperBound.days {
                let date = LocalDate(days: day)
                let page = PageEdit.Page(bucket: cell.bucket, date: date)
                let position = index[page] ?? edits.count
                if position == edits.count {
                    edits.append(PageEdit(page, .open))
                    index[page] = position
                }
                edits[position].add(
                    PageEdit.Change(
                        cell: cell.cell, slots: place.calendar.open(on: date), value: true, sequence: sequence))
            }
        }
        return edits
    }

    private func subjects(_ changes: BatchChanges, _ records: [ProjectionRecord]) -> [Announcer.Subject] {
        changes.practitioners.compactMap { practitioner in
            guard let entry = directory[practitioner.id], let cause = records[practitioner.newest].eventID else {
                return nil
            }
            return Announcer.Subject(
                id: practitioner.id, entry: entry,
                dates: practitioner.calendarSequence == nil ? practitioner.dates : nil, cause: cause,
                correlationID: records[practitioner.newest].header("ce_correlationid"),
                traceparent: records[practitioner.newest].header("traceparent"))
        }
    }

    // MARK: building

    /// Builds all pages of the partition.
    func build(_ ends: LogEnds) async throws -> ProjectionCheckpoint {
        try await parts.builders.withPermit {
            let scope = PartitionFold.Scope(partition: partition, dates: .hot(parts.clock.now()))
            let pages = try await parts.fold.fold(scope)
            remember(pages)
            let quarantined = try await settle(pages)
            try await write(pages)
            var next = checkpoint(of: pages, ends)
            next.quarantined = quarantined
            let progress = next.progress
            // The events between the old checkpoint and this one were never seen one by one.
            try await announcer.announce(subjects(pages, dates: nil), next.extents, progress, partition.number)
            try await store.replace(next, of: partition.number)
            checkpoint = next
            parts.progress.begin(partition, at: progress, isExact: true)
            return progress
        }
    }

    private func checkpoint(of pages: FoldedPages, _ ends: LogEnds) -> AvailabilityCheckpoint {
        let progress = ProjectionCheckpoint(
            positions: [
                ends.position(in: .bookingEvents, sequence: pages.header.bookings),
                ends.position(in: .practitionerEvents, sequence: pages.header.practitioners),
            ], asOf: pages.asOf)
        return AvailabilityCheckpoint(
            progress: progress, caughtUpAt: nil, extents: pages.countries.mapValues(\.extent))
    }

    /// Puts pages that were folded with others in the place of whatever was there, for readers to come: nobody is told.
    func install(_ pages: FoldedPages, _ ends: LogEnds) async throws -> RebuiltPartition {
        try await parts.quarantine.load(partition)
        remember(pages)
        let quarantined = try await settle(pages)
        let waiting = quarantined.values.compactMap { $0.cell(in: partition.number) }
        var digest = ModelDigest()
        for (country, folded) in pages.countries {
            for index in folded.buckets.keys {
                let bucket = BucketID(country: country, partition: partition.number, index: index)
                let content = folded.pages(of: index, pages.header)
                for page in content { digest.add(bucket, page.date, page: page.bytes, without: waiting) }
                try await store.write([(bucket, content)], pages.header)
            }
        }
        var next = checkpoint(of: pages, ends)
        next.quarantined = quarantined
        try await store.replace(next, of: partition.number)
        checkpoint = next
        return RebuiltPartition(pages, partition, next.progress, digest: digest)
    }

    /// Makes the pages of buckets whose first practitioner has just been heard of.
    ///
    /// That a bucket is new, and not lost, is known from the checkpoint: it says how many there have been.
    func admitBuckets(_ buckets: [BucketID]) async throws {
        guard let before = checkpoint else { throw ProjectionFault.modelLost }
        var missing: Set<CountryCode> = []
        for bucket in buckets {
            if bucket.index >= before.extents[bucket.country]?.buckets ?? 0 { missing.insert(bucket.country) }
        }
        for country in missing.sorted() {
            let extent = before.extents[country]
            let scope = PartitionFold.Scope(
                partition: partition, country: country, firstBucket: extent?.buckets ?? 0,
                dates: extent.map { .fixed($0.days) } ?? .hot(parts.clock.now()))
            let pages = try await parts.builders.withPermit { try await parts.fold.fold(scope) }
            guard let folded = pages.countries[country], !folded.buckets.isEmpty else {
                throw AvailabilityFault.storeIsBehind  // published, but not stamped in this snapshot
            }
            try await admit(pages.causes)
            try await write(pages)
            var grown = folded.extent
            grown.buckets = max(grown.buckets, extent?.buckets ?? 0)
            grown.zones.formUnion(extent?.zones ?? [])
            checkpoint?.extents[country] = grown
        }
    }

    /// A practice in a zone that the country did not have may have other hot days.
    private func noteZones(_ changes: BatchChanges) throws {
        for practitioner in changes.practitioners {
            guard let entry = directory[practitioner.id] else { continue }
            checkpoint?.extents[entry.place.bucket.country]?.zones.insert(entry.grid.zone)
        }
    }

    private func write(_ pages: FoldedPages) async throws {
        for (country, folded) in pages.countries {
            for index in folded.buckets.keys.sorted() {  // one bucket at a time: a copy of all would double the memory
                let bucket = BucketID(country: country, partition: partition.number, index: index)
                try await store.write([(bucket, folded.pages(of: index, pages.header))], pages.header)
            }
        }
    }

    private func remember(_ pages: FoldedPages) {
        directory.reserveCapacity(pages.practitionerCount)
        pages.forEachPractitioner(partition) { id, practitioner in directory[id] = practitioner.entry }
    }

    private func subjects(_ pages: FoldedPages, dates: [LocalDate]?) -> [Announcer.Subject] {
        var subjects: [Announcer.Subject] = []
        subjects.reserveCapacity(pages.practitionerCount)
        let waiting = parts.quarantine.members(of: partition)
        pages.forEachPractitioner(partition) { id, practitioner in
            if waiting.contains(id) { return }
            subjects.append(
                Announcer.Subject(id: id, entry: practitioner.entry, dates: dates, cause: practitioner.newest))
        }
        return subjects
    }

    // MARK: time

    /// Says how far the pages are, and follows the days.
    func tick(_ progress: ProjectionProgress) async throws {
        guard var next = checkpoint else { throw ProjectionFault.modelLost }
        next.caughtUpAt = progress.caughtUpAt ?? next.caughtUpAt
        try await keep(next, progress.announcing)
        parts.progress.flush(partition, hasAll: progress.lagEvents == 0)
        for (country, extent) in next.extents { try await roll(country, extent, progress) }
        try await parts.quarantine.carryOut(partition) { cause, skips in try await restore(cause, skips, progress) }
    }

    /// Builds days that have become hot and drops those before yesterday.
    private func roll(
        _ country: CountryCode, _ extent: AvailabilityCheckpoint.Extent, _ progress: ProjectionProgress
    ) async throws {
        let wanted = try HotWindow.dates(zones: extent.zones, parts.fold.zones, at: parts.clock.now())
        var missing: [ClosedRange<LocalDate>] = []
        if wanted.upperBound > extent.lastDay {
            missing.append(max(extent.lastDay.adding(days: 1), wanted.lowerBound)...wanted.upperBound)
        }
        if wanted.lowerBound < extent.firstDay {
            missing.append(wanted.lowerBound...min(extent.firstDay.adding(days: -1), wanted.upperBound))
        }
        for dates in missing {
            let scope = PartitionFold.Scope(partition: partition, country: country, dates: .fixed(dates))
            let pages = try await parts.builders.withPermit { try await parts.fold.fold(scope) }
            try await admit(pages.causes)
            try await write(pages)
            remember(pages)
            checkpoint?.extents[country]?.lastDay = max(extent.lastDay, dates.upperBound)
            checkpoint?.extents[country]?.firstDay = min(extent.firstDay, dates.lowerBound)
            let days = (dates.lowerBound.days...dates.upperBound.days).map { LocalDate(days: $0) }
            let extents = checkpoint?.extents ?? [:]
            if progress.announcing == .here {
                try await announcer.announce(
                    subjects(pages, dates: days), extents, progress.checkpoint, partition.number)
            }
            try await advance(to: progress.checkpoint, progress.announcing)
        }
        if wanted.lowerBound > extent.firstDay {
            checkpoint?.extents[country]?.firstDay = wanted.lowerBound
            // From here on nothing is written to those pages.
            try await advance(to: progress.checkpoint, progress.announcing)
            let old = (extent.firstDay.days..<wanted.lowerBound.days).map { LocalDate(days: $0) }
            try await store.delete(buckets(country, extent.buckets), old)
        }
    }

    private func buckets(_ country: CountryCode, _ count: Int) -> [BucketID] {
        (0..<count).map { BucketID(country: country, partition: partition.number, index: $0) }
    }

    // MARK: comparing

    /// A figure over the pages as they are in Redis.
    func digest() async throws -> ModelDigest {
        guard let stored = try await store.checkpoint(of: partition.number, AvailabilityModel.topics) else {
            throw ProjectionFault.modelLost
        }
        let waiting = stored.quarantined.values.compactMap { $0.cell(in: partition.number) }
        var digest = ModelDigest()
        for (country, extent) in stored.extents {
            let dates = (extent.days.lowerBound.days...extent.days.upperBound.days).map { LocalDate(days: $0) }
            for bucket in buckets(country, extent.buckets) {
                for (date, page) in zip(dates, try await store.pages(bucket, dates)) {
                    guard let page else { throw ProjectionFault.modelLost }
                    digest.add(bucket, date, page: page, without: waiting)
                }
            }
        }
        return digest
    }

    /// The same figure over what a fold of the stores says that they should be.
    func digestOfStores() async throws -> ModelDigest {
        guard let stored = try await store.checkpoint(of: partition.number, AvailabilityModel.topics) else {
            throw ProjectionFault.modelLost
        }
        let waiting = stored.quarantined.values.compactMap { $0.cell(in: partition.number) }
        var digest = ModelDigest()
        for (country, extent) in stored.extents {
            let pages = try await parts.fold.fold(
                PartitionFold.Scope(partition: partition, country: country, dates: .fixed(extent.days)))
            for (index, _) in pages.countries[country]?.buckets ?? [:] {
                let bucket = BucketID(country: country, partition: partition.number, index: index)
                for (date, page) in pages.countries[country]?.pages(of: index, pages.header) ?? [] {
                    digest.add(bucket, date, page: page, without: waiting)
                }
            }
        }
        return digest
    }
}

extension FoldedCountry {
    /// What the checkpoint says of it.
    fileprivate var extent: AvailabilityCheckpoint.Extent {
        AvailabilityCheckpoint.Extent(
            buckets: (buckets.keys.max() ?? -1) + 1, firstDay: dates.lowerBound, lastDay: dates.upperBound, zones: zones
        )
    }
}

/// What can go wrong with the availability model beyond its stores, and passes.
enum AvailabilityFault: Error, Hashable {
    /// The event store does not show yet what was published.
    case storeIsBehind
    /// A page has more than its writer: somebody else has the partition, or a batch that was cut off comes again.
    case pagesAreAhead
}
