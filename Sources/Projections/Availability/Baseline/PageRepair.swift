package import Domain
package import EventStore
package import ProjectionRunner
import Redis

/// Puts parts of an epoch's pages right from outside of the lane that writes them, while it writes them.
///
/// A page says itself up to which events it is good, so whoever knows the events up to there knows what it must hold. A
/// practitioner's cell is written only while its page's header is the one that the cell was folded for; a whole page,
/// folded in a snapshot, only while it is not newer than that. What moved meanwhile is looked at again.
package struct PageRepair: Sendable {
    /// What was done.
    package struct Outcome: Hashable, Sendable {
        /// Practitioner-days that were looked at.
        package var looked = 0
        /// Those that were not as the stores say.
        package var changed = 0
        /// Whole pages that were missing.
        package var madePages = 0
        /// What was looked at as it was found.
        package var held = ModelDigest()
        /// The same as it must be.
        package var folded = ModelDigest()

        /// Nothing yet.
        package init() {}

        /// Adds what was done elsewhere.
        package mutating func add(_ other: Outcome) {
            looked += other.looked
            changed += other.changed
            madePages += other.madePages
            held.add(other.held)
            folded.add(other.folded)
        }
    }

    /// Why a part cannot be repaired.
    package enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// There are no pages at all: that is a matter of a whole rebuild.
        case neverBuilt(Shard)
        /// Live projection writes these pages faster than they can be looked at.
        case restless(PractitionerID)
        /// The practitioner waits in quarantine.
        case quarantined(PractitionerID)

        /// A sentence for operators.
        package var description: String {
            switch self {
            case .neverBuilt(let shard): "partition \(shard.number) has no pages; rebuild everything"
            case .restless(let id): "practitioner \(id) is booked faster than the pages can be looked at; try again"
            case .quarantined(let id): "practitioner \(id) is in quarantine; 'replay quarantine list' shows why"
            }
        }
    }

    private static let attemptsMax = 20
    /// Practitioners that a survey looks at a second time.
    private static let suspectsMax = 1_000

    private let store: PageStore
    private let fold: PartitionFold
    private let practitioners: EventReader
    private let bookings: PractitionerBookings
    private let skips: @Sendable () async throws -> [PractitionerID: Set<EventID>]

    /// Repairs one epoch.
    ///
    /// - Parameter model: The model over that epoch.
    package init(_ model: AvailabilityModel) {
        let parts = model.parts
        store = PageStore(redis: parts.redis, epoch: model.epoch)
        fold = parts.fold
        practitioners = EventReader(parts.fold.practitioners)
        bookings = PractitionerBookings(store: EventReader(parts.bookings))
        skips = parts.fold.skips
    }

    // MARK: one practitioner

    /// Puts one practitioner's days right.
    ///
    /// - Parameters:
    ///   - place: Where the pages have the practitioner.
    ///   - days: Only these; nil: all that have pages.
    /// - Returns: What was done.
    /// - Throws: `Fault`; `QuarantineCause`; `RedisError`; `PGError`; `EventStoreError`.
    package func repair(_ place: PractitionerPlace, days: ClosedRange<LocalDate>? = nil) async throws -> Outcome {
        try await repairCells(of: place, days: days, makesPages: true)
    }

    private func repairCells(
        of place: PractitionerPlace, days: ClosedRange<LocalDate>?, makesPages: Bool
    ) async throws -> Outcome {
        let shard = Shard(place.partition)
        var outcome = Outcome()
        var rest: [LocalDate]?
        for _ in 0..<Self.attemptsMax {
            guard let standing = try await store.checkpoint(of: shard.number, AvailabilityModel.topics) else {
                throw Fault.neverBuilt(shard)
            }
            let id = place.calendar.practitionerID
            if standing.quarantined[id] != nil { throw Fault.quarantined(id) }
            guard let extent = standing.extents[place.calendar.country] else { return outcome }
            let dates = rest ?? Self.dates(extent.days, days)
            if rest == nil { outcome.looked = dates.count }
            let read = try await store.readCells(place.cell, dates)
            let wanted = try await folded(place, read, standing.progress)
            if rest == nil {
                for day in wanted {
                    outcome.folded.add(id, day.date, day.cell)
                    if let held = day.held { outcome.held.add(id, day.date, held) }
                }
            }
            let wrong = wanted.filter { $0.cell != $0.held }.map { (date: $0.date, header: $0.header, cell: $0.cell) }
            let answers = try await store.repair(place.cell, wrong)
            var again: [LocalDate] = []
            for (cell, answer) in zip(wrong, answers) {
                switch answer {
                case .done: outcome.changed += 1
                case .moved: again.append(cell.date)
                case .missing: break  // there was one a moment ago: Redis is being emptied
                }
            }
            let missing = read.filter { $0.header == nil }.map(\.date)
            if makesPages, let first = missing.min(), let last = missing.max() {
                outcome.add(
                    try await repair(shard, place.calendar.country, days: first...last, only: place.cell.bucket))
            }
            if again.isEmpty { return outcome }
            rest = again
        }
        throw Fault.restless(place.calendar.practitionerID)
    }

    /// What each day that has a page must hold, up to where that page, or the whole partition, stands.
    private func folded(
        _ place: PractitionerPlace, _ read: [PageStore.ReadCell], _ progress: ProjectionCheckpoint
    ) async throws -> [(date: LocalDate, header: PageHeader, cell: DayCell, held: DayCell?)] {
        let (id, shard) = (place.calendar.practitionerID, Shard(place.partition))
        let skipped = try await skips()[id] ?? []
        var calendars: [Int64: PractitionerCalendar?] = [:]
        var booked: [Int64: [LocalDate: SlotMask]] = [:]
        var wanted: [(date: LocalDate, header: PageHeader, cell: DayCell, held: DayCell?)] = []
        guard let first = read.map(\.date).min(), let last = read.map(\.date).max() else { return [] }
        for day in read {
            guard let header = day.header else { continue }
            let upTo = PageHeader(
                bookings: max(header.bookings, progress[.bookingEvents].sequence),
                practitioners: max(header.practitioners, progress[.practitionerEvents].sequence))
            if calendars[upTo.practitioners] == nil {
                calendars[upTo.practitioners] = .some(try await calendar(id, shard, upTo.practitioners, skipped))
            }
            if booked[upTo.bookings] == nil {
                booked[upTo.bookings] = try await bookings.fold(
                    place, through: upTo.bookings, first...last, skips: skipped)
            }
            let open = (calendars[upTo.practitioners] ?? nil)?.open(on: day.date) ?? .empty
            let cell = DayCell(open: open, booked: booked[upTo.bookings]?[day.date] ?? .empty)
            // A page that has not heard of somebody holds as much as an empty cell does.
            let held = day.cell ?? (cell == DayCell() ? cell : nil)
            wanted.append((day.date, header, cell, held))
        }
        return wanted
    }

    private func calendar(
        _ id: PractitionerID, _ shard: Shard, _ position: Int64, _ skips: Set<EventID>
    ) async throws -> PractitionerCalendar? {
        var calendar: PractitionerCalendar?
        for event in try await practitioners.events(of: id, shard, through: position) {
            let stored = event.event
            // What is done without is not even read: that it could not be is why.
            if skips.contains(stored.metadata.eventID) { continue }
            let content = try EventCodec.practitionerEvent(stored.wireType, stored.data)
            if case .registered(let registered) = content, calendar == nil {
                calendar = try PractitionerCalendar(registered, version: stored.version, zones: fold.zones)
            } else {
                calendar?.evolve(content, version: stored.version)
            }
        }
        return calendar
    }

    // MARK: many

    /// Puts the pages of a country, or of all, right.
    ///
    /// - Parameters:
    ///   - country: Nil: all.
    ///   - days: Only these; nil: all that have pages.
    ///   - pace: Asked before every stretch that is read.
    /// - Returns: What was done, and who cannot be folded.
    /// - Throws: As above.
    package func repair(
        country: CountryCode?, days: ClosedRange<LocalDate>?,
        pace: @escaping @Sendable (RebuildOrder.Progress) async throws -> Void
    ) async throws -> (outcome: Outcome, unreadable: [QuarantineCause]) {
        let (folded, standings, _) = try await folded(country: country, days: days, pace: pace)
        var outcome = Outcome()
        for (shard, pages) in zip(Shard.all, folded) {
            guard let standing = standings[shard] else { continue }
            for (code, country) in pages.countries {
                guard let extent = standing.extents[code] else { continue }
                let wanted = Set(Self.dates(extent.days, days))
                outcome.add(
                    try await write(
                        shard, code, country, pages, Part(days: days, dates: wanted, buckets: extent.buckets), standing)
                )
            }
        }
        return (outcome, folded.flatMap(\.causes))
    }

    /// Folds the days that the pages of a country, or of all, have.
    private func folded(
        country: CountryCode?, days: ClosedRange<LocalDate>?,
        pace: @escaping @Sendable (RebuildOrder.Progress) async throws -> Void
    ) async throws -> ([FoldedPages], [Shard: AvailabilityCheckpoint], ClosedRange<LocalDate>?) {
        var standings: [Shard: AvailabilityCheckpoint] = [:]
        var dates: [LocalDate] = []
        for shard in Shard.all {
            guard let standing = try await store.checkpoint(of: shard.number, AvailabilityModel.topics) else {
                throw Fault.neverBuilt(shard)
            }
            standings[shard] = standing
            for (code, extent) in standing.extents where country == nil || code == country {
                dates += Self.dates(extent.days, days)
            }
        }
        guard let first = dates.min(), let last = dates.max() else { return ([], standings, nil) }
        var request = PartitionFold.Request(
            partitions: Shard.all, country: country, dates: .fixed(first...last), allowsUnreadable: true)
        request.pace = { stage, progress in
            let share = progress.pagesTotal == 0 ? 1 : Double(progress.pagesDone) / Double(progress.pagesTotal)
            try await pace(RebuildOrder.Progress(stage, share: share, events: progress.events))
        }
        return (try await fold.fold(request), standings, first...last)
    }

    /// What a repair, or a rebuild of everything, would change; nothing is written.
    ///
    /// What differs is looked at a second time, practitioner by practitioner and up to where each page stands, unless
    /// there are very many: an event on its way is no difference.
    ///
    /// - Parameters:
    ///   - country: Nil: all.
    ///   - days: Only these; nil: all that have pages.
    ///   - pace: Asked before every stretch that is read.
    /// - Returns: What would be done.
    /// - Throws: As above.
    package func survey(
        country: CountryCode?, days: ClosedRange<LocalDate>?,
        pace: @escaping @Sendable (RebuildOrder.Progress) async throws -> Void
    ) async throws -> Survey {
        let (folded, standings, wanted) = try await folded(country: country, days: days, pace: pace)
        var survey = Survey()
        var suspects: [PractitionerPlace] = []
        for (shard, pages) in zip(Shard.all, folded) {
            survey.practitioners += pages.practitionerCount
            survey.unreadable += pages.causes
            for (code, folded) in pages.countries {
                guard let extent = standings[shard]?.extents[code] else {
                    survey.looked += folded.memberTotal * folded.dayCount
                    survey.differing += folded.memberTotal * folded.dayCount
                    continue
                }
                let dates = wanted.map { Set(Self.dates(extent.days, $0)) } ?? []
                for index in folded.buckets.keys.sorted() {
                    let bucket = BucketID(country: code, partition: shard.number, index: index)
                    let made = folded.pages(of: index, pages.header).filter { dates.contains($0.date) }
                    let held = try await store.pages(bucket, made.map(\.date))
                    var cells: Set<Int> = []
                    for (page, old) in zip(made, held) {
                        let differing = PageLayout.differingCells(page.bytes, old)
                        survey.differing += differing.count
                        survey.missingPages += old == nil ? 1 : 0
                        cells.formUnion(differing)
                    }
                    let members = folded.members(of: index)
                    survey.looked += made.count * members.count
                    if suspects.count <= Self.suspectsMax { suspects += cells.sorted().compactMap { members[$0] } }
                }
            }
        }
        if suspects.count <= Self.suspectsMax, survey.missingPages == 0 { survey.differing = 0 }
        for place in suspects.prefix(Self.suspectsMax) {
            let found = try await differences(of: place, days)
            if suspects.count <= Self.suspectsMax, survey.missingPages == 0 { survey.differing += found.count }
            survey.sample += found.prefix(max(0, Survey.sampleMax - survey.sample.count))
        }
        return survey
    }

    /// What a repair of one practitioner would change; nothing is written.
    ///
    /// - Parameters:
    ///   - place: Where the pages have the practitioner.
    ///   - days: Only these; nil: all that have pages.
    /// - Returns: What would be done.
    /// - Throws: As above.
    package func survey(_ place: PractitionerPlace, days: ClosedRange<LocalDate>?) async throws -> Survey {
        let (id, shard) = (place.calendar.practitionerID, Shard(place.partition))
        guard let standing = try await store.checkpoint(of: shard.number, AvailabilityModel.topics) else {
            throw Fault.neverBuilt(shard)
        }
        if standing.quarantined[id] != nil { throw Fault.quarantined(id) }
        var survey = Survey()
        survey.practitioners = 1
        guard let extent = standing.extents[place.calendar.country] else { return survey }
        let read = try await store.readCells(place.cell, Self.dates(extent.days, days))
        let found = try await differences(of: place, days)
        survey.looked = read.count
        survey.missingPages = read.count { $0.header == nil }
        survey.differing = found.count + survey.missingPages
        survey.sample = Array(found.prefix(Survey.sampleMax))
        return survey
    }

    /// The days of one practitioner that are not as the stores say; two looks agree.
    private func differences(
        of place: PractitionerPlace, _ days: ClosedRange<LocalDate>?
    ) async throws -> [Survey.Difference] {
        var before: [Survey.Difference]?
        for _ in 0..<Self.attemptsMax {
            guard
                let standing = try await store.checkpoint(of: place.partition, AvailabilityModel.topics),
                let extent = standing.extents[place.calendar.country],
                standing.quarantined[place.calendar.practitionerID] == nil
            else { return [] }
            let read = try await store.readCells(place.cell, Self.dates(extent.days, days))
            let found = try await folded(place, read, standing.progress).filter { $0.cell != $0.held }
                .map { wrong in
                    Survey.Difference(
                        practitioner: place.calendar.practitionerID, country: place.calendar.country, date: wrong.date,
                        held: wrong.held, folded: wrong.cell)
                }
            if found.isEmpty || found == before { return found }
            before = found
        }
        return before ?? []
    }

    /// The same of one bucket, some of whose pages are gone.
    private func repair(
        _ shard: Shard, _ code: CountryCode, days: ClosedRange<LocalDate>, only bucket: BucketID
    ) async throws -> Outcome {
        guard let standing = try await store.checkpoint(of: shard.number, AvailabilityModel.topics),
            let extent = standing.extents[code]
        else { throw Fault.neverBuilt(shard) }
        let pages = try await fold.fold(
            PartitionFold.Scope(
                partition: shard, country: code, firstBucket: bucket.index, dates: .fixed(days)))
        guard let country = pages.countries[code] else { return Outcome() }
        return try await write(
            shard, code, country, pages,
            Part(days: days, dates: Set(Self.dates(days, nil)), buckets: min(extent.buckets, bucket.index + 1)),
            standing)
    }

    /// A page that is not what it must be.
    private struct WrongPage {
        let date: LocalDate
        let bytes: [UInt8]
        let cells: [Int]
        let isMissing: Bool
    }

    /// Which pages of a country are put right.
    private struct Part {
        /// Nil: all that have pages.
        let days: ClosedRange<LocalDate>?
        /// The same, day by day.
        let dates: Set<LocalDate>
        /// Buckets below this one.
        let buckets: Int
    }

    private func write(
        _ shard: Shard, _ code: CountryCode, _ country: FoldedCountry, _ pages: FoldedPages, _ part: Part,
        _ standing: AvailabilityCheckpoint
    ) async throws -> Outcome {
        var outcome = Outcome()
        let waiting = Set(standing.quarantined.keys).union(pages.unreadable.keys)
        for index in country.buckets.keys.sorted() where index < part.buckets {
            let bucket = BucketID(country: code, partition: shard.number, index: index)
            let made = country.pages(of: index, pages.header).filter { part.dates.contains($0.date) }
            let held = try await store.pages(bucket, made.map(\.date))
            for (page, old) in zip(made, held) {
                outcome.folded.add(bucket, page.date, page: page.bytes)
                if let old { outcome.held.add(bucket, page.date, page: old) }
            }
            let wrong = zip(made, held).compactMap { page, old -> WrongPage? in
                let cells = PageLayout.differingCells(page.bytes, old)
                if cells.isEmpty, old != nil { return nil }
                return WrongPage(date: page.date, bytes: page.bytes, cells: cells, isMissing: old == nil)
            }
            let members = country.members(of: index)
            outcome.looked += made.count * members.count
            if wrong.isEmpty { continue }
            // The cell of somebody who waits is not to be touched: such pages are put right one practitioner at a time.
            let isGuarded = members.values.contains { waiting.contains($0.calendar.practitionerID) }
            let whole = wrong.filter { $0.isMissing || !isGuarded }
            let newer = Set(try await store.replace(bucket, whole.map { ($0.date, $0.bytes) }, pages.header))
            for page in whole where !newer.contains(page.date) {
                outcome.changed += page.cells.count
                outcome.madePages += page.isMissing ? 1 : 0
            }
            var hurt = Set(wrong.filter { newer.contains($0.date) || !($0.isMissing || !isGuarded) }.flatMap(\.cells))
            if whole.contains(where: \.isMissing) {
                hurt.formUnion(try await touched(shard, since: pages.header, members))
            }
            for cell in hurt.sorted() {
                guard let place = members[cell], !waiting.contains(place.calendar.practitionerID) else { continue }
                outcome.changed += try await repairCells(of: place, days: part.days, makesPages: false)
                    .changed
            }
        }
        return outcome
    }

    /// Whose events the lane has taken in since a snapshot: a page that was missing has not seen them.
    private func touched(
        _ shard: Shard, since header: PageHeader, _ members: [Int: PractitionerPlace]
    ) async throws -> Set<Int> {
        guard let standing = try await store.checkpoint(of: shard.number, AvailabilityModel.topics) else {
            throw Fault.neverBuilt(shard)
        }
        var keys: Set<RecordKey> = []
        for (reader, from, to) in [
            (bookings.store, header.bookings, standing.progress[.bookingEvents].sequence),
            (practitioners, header.practitioners, standing.progress[.practitionerEvents].sequence),
        ] {
            var position = from
            while position < to {
                let events = try await reader.positions(of: shard, after: position)
                guard let last = events.last else { break }
                for event in events where event.position <= to { keys.insert(event.key) }
                position = last.position
            }
        }
        return Set(members.filter { keys.contains(RecordKey($0.value.calendar.practitionerID)) }.map(\.key))
    }

    private static func dates(_ days: ClosedRange<LocalDate>, _ wanted: ClosedRange<LocalDate>?) -> [LocalDate] {
        (days.lowerBound.days...days.upperBound.days).map { LocalDate(days: $0) }
            .filter { wanted?.contains($0) ?? true }
    }
}

extension ModelDigest {
    /// Counts in one practitioner's grid day.
    fileprivate mutating func add(_ id: PractitionerID, _ date: LocalDate, _ cell: DayCell) {
        add(
            id.high, id.low, UInt64(bitPattern: Int64(date.days)),
            UInt64(cell.open.rawValue) << 24 | UInt64(cell.booked.rawValue))
    }
}
