import Domain
import EventStore
import JSON
import Postgres
import ProjectionRunner
import Synchronization

/// Folds the pages of partitions out of the two event stores, in the memory that these partitions take.
///
/// First all calendars, then the bookings of the days in question, each in one snapshot of its database, read once for
/// all partitions together. What was stored later than a snapshot has a higher position and comes out of the log.
struct PartitionFold: Sendable {
    /// Which days are wanted.
    enum Dates: Sendable {
        /// Those that are hot at this moment, by the zones of each country's practices.
        case hot(Instant)
        case fixed(ClosedRange<LocalDate>)
    }

    /// Which pages are wanted of one partition.
    struct Scope: Sendable {
        var partition: Shard
        /// Nil: all.
        var country: CountryCode?
        /// Only buckets from this index on.
        var firstBucket = 0
        var dates: Dates
    }

    /// May take its time, and end the fold by throwing.
    typealias Pace = @Sendable (RebuildOrder.Progress.Stage, BaselineScan.Progress) async throws -> Void

    /// Which pages are wanted of several partitions.
    struct Request: Sendable {
        /// Each once.
        var partitions: [Shard]
        /// Nil: all.
        var country: CountryCode?
        var dates: Dates
        /// False: an event that cannot be read ends the fold; true: it is noted, and its practitioner's cells mean
        /// nothing.
        var allowsUnreadable = false
        /// Where events come from; nil: the stores.
        var log: LogReader?
        /// Asked before every stretch that is read.
        var pace: Pace = { _, _ in }
    }

    /// Sessions that read a database at once.
    private static let readers = 2

    let bookings: PGPool
    let practitioners: PGPool
    let places: PractitionerPlaces
    let zones: ZoneDatabase
    /// Events that an operator decided to do without, by whose they are.
    var skips: @Sendable () async throws -> [PractitionerID: Set<EventID>] = { [:] }
    /// How other versions of events are read.
    var upcasters = Upcasters.standard

    /// Folds what the scope asks for; of events that cannot be taken in it says whose they are.
    ///
    /// - Throws: `PGError`; `EventStoreError`; `ZoneError`.
    func fold(_ scope: Scope) async throws -> FoldedPages {
        let request = Request(
            partitions: [scope.partition], country: scope.country, dates: scope.dates, allowsUnreadable: true)
        return try await fold(request, firstBucket: scope.firstBucket)[0]
    }

    /// Folds several partitions at once.
    ///
    /// - Returns: In the order of the request's partitions.
    /// - Throws: As above; what the pace throws.
    func fold(_ request: Request, firstBucket: Int = 0) async throws -> [FoldedPages] {
        try await tables(request).map { folded in
            try FoldedPages(folded.table, folded.partition, header: folded.header, firstBucket: firstBucket) {
                try dates(of: $0, request.dates)
            }
        }
    }

    /// Everything that was folded of one partition, and up to which positions.
    struct Folded: Sendable {
        let partition: Shard
        let table: FoldTable
        let header: PageHeader
    }

    /// The same, not yet sorted into pages.
    ///
    /// - Throws: As above.
    func tables(_ request: Request) async throws -> [Folded] {
        let skips = try await skips()
        let desks = Desks(request.partitions, days: window(request.dates), skips: skips)
        do {
            if let log = request.log { try await readRounds(log, request, desks) }
            let calendars =
                if let log = request.log {
                    try await readCalendars(log, request, desks)
                } else {
                    try await scanCalendars(request, desks).map(\.stamped)
                }
            for desk in desks.all { if let hole = desk.table.withLock({ $0.hole }) { throw hole } }
            let since = try dates(of: desks, request.dates).map(\.lowerBound).min() ?? desks.days.lowerBound
            let booked =
                if let log = request.log {
                    try await readBookings(log, request, desks)
                } else {
                    try await scanBookings(request, since, desks).map(\.stamped)
                }
            var folded: [Folded] = []
            for desk in desks.all {
                let shard = desk.partition
                try await placeLateComers(desk)
                desk.table.withLock { $0.takeInOrder() }
                folded.append(
                    Folded(
                        partition: shard, table: desk.table.withLock { $0 },
                        header: PageHeader(
                            bookings: booked[shard.number], practitioners: calendars[shard.number])))
            }
            return folded
        } catch let error as EventDecodingError {
            throw ProjectionFault.unreadableHistory(error.type)
        }
    }

    // MARK: days

    /// Days that are kept while it is not known yet in which zones the practices are: no zone is more than a day away.
    private func window(_ dates: Dates) -> ClosedRange<LocalDate> {
        switch dates {
        case .fixed(let dates): return dates
        case .hot(let now):
            let today = LocalDate(days: Int32(clamping: now.seconds / 86_400))
            let hot = PageLayout.hotDates(today: today)
            return hot.lowerBound.adding(days: -1)...hot.upperBound.adding(days: 1)
        }
    }

    private func dates(of zoneNames: Set<String>, _ dates: Dates) throws -> ClosedRange<LocalDate> {
        switch dates {
        case .fixed(let dates): dates
        case .hot(let now): try HotWindow.dates(zones: zoneNames, zones, at: now)
        }
    }

    /// The days of all countries that are in.
    private func dates(of desks: Desks, _ dates: Dates) throws -> [ClosedRange<LocalDate>] {
        var names: Set<String> = []
        for desk in desks.all {
            desk.table.withLock { table in
                var last: SlotGrid?
                for entry in table.entries where entry.calendar.grid != last {
                    names.insert(entry.calendar.grid.zone)
                    last = entry.calendar.grid
                }
            }
        }
        return names.isEmpty ? [] : [try self.dates(of: names, dates)]
    }

    // MARK: reading

    /// A partition's table, where the readers take turns.
    final class Desk: Sendable {
        let partition: Shard
        let table: Mutex<FoldTable>

        init(_ partition: Shard, days: ClosedRange<LocalDate>, inOrder: Set<PractitionerID>) {
            self.partition = partition
            table = Mutex(FoldTable(days: days, inOrder: inOrder))
        }
    }

    /// The tables of all partitions, found by number.
    struct Desks: Sendable {
        let all: [Desk]
        let days: ClosedRange<LocalDate>
        private let byNumber: [Desk?]
        private let skips: [PractitionerID: Set<EventID>]

        init(_ partitions: [Shard], days: ClosedRange<LocalDate>, skips: [PractitionerID: Set<EventID>]) {
            let desks = partitions.map { Desk($0, days: days, inOrder: Set(skips.keys)) }
            all = desks
            self.days = days
            self.skips = skips
            byNumber = Shard.sealed.map { shard in desks.first { $0.partition == shard } }
        }

        subscript(_ shard: Shard) -> Desk? { byNumber[shard.number] }

        /// Whether an operator decided to do without this side of an event.
        func skip(_ event: borrowing ScannedEvent, of id: PractitionerID) -> Bool {
            !skips.isEmpty && skip(event.eventID, of: id)
        }

        /// The same, of a record of the log.
        func skip(_ record: ProjectionRecord) -> Bool {
            !skips.isEmpty && (record.eventID.map { skip($0, of: record.key) } ?? false)
        }

        /// The same, of an event that is known by its id.
        func skip(_ event: EventID, of id: PractitionerID) -> Bool { skips[id]?.contains(event) ?? false }
    }

    private func filter(_ request: Request) -> BaselineFilter {
        // All partitions together are what the filter's nil stands for.
        BaselineFilter(
            shards: request.partitions.count == Shard.count ? nil : request.partitions, country: request.country)
    }

    private func scanCalendars(_ request: Request, _ desks: Desks) async throws -> [ShardHead] {
        let scan = BaselineScan(practitioners, filter(request), readers: Self.readers) { progress in
            try await request.pace(.readingPractitioners, progress)
        }
        return try await scan.run {
            let reader = Calendars(try CalendarStepReader(zones, upcasters), desks, isLenient: request.allowsUnreadable)
            return { event in try reader.take(event) }
        }.heads
    }

    private func scanBookings(_ request: Request, _ since: LocalDate, _ desks: Desks) async throws -> [ShardHead] {
        var filter = filter(request)
        filter.relevantSince = since
        let scan = BaselineScan(bookings, filter, readers: Self.readers) { progress in
            try await request.pace(.readingBookings, progress)
        }
        return try await scan.run {
            let reader = Bookings(try SlotEffectReader(upcasters), desks, isLenient: request.allowsUnreadable)
            return { event in try reader.take(event) }
        }.heads
    }

    /// Decodes for one session: used on its queue alone.
    private final class Calendars: @unchecked Sendable {
        private var reader: CalendarStepReader
        private let desks: Desks
        private let isLenient: Bool

        init(_ reader: consuming CalendarStepReader, _ desks: Desks, isLenient: Bool) {
            self.reader = reader
            self.desks = desks
            self.isLenient = isLenient
        }

        func take(_ event: ScannedEvent) throws {
            guard let desk = desks[event.shard], event.isFirstSideStamped else { return }
            let (id, recordedAt) = (event.practitioner, event.recordedAt)
            let type = event.wireType
            do {
                let isSkipped = desks.skip(event, of: id)
                if isSkipped, event.streamVersion == 1 { throw CalendarFault.notRegistered }
                let step = isSkipped ? .nothing : try reader.read(type, event.data)
                guard let country = event.country else { throw EventDecodingError.malformed(type, .unexpectedKind) }
                try desk.table.withLock { table in
                    table.note(recordedAt)
                    try table.take(step, of: id, country, version: event.streamVersion, event.eventID)
                }
            } catch {
                guard isLenient, let fault = CalendarFault.text(error) else { throw error }
                desk.table.withLock { $0.note(event.unreadable(.practitionerEvents, fault), of: id) }
            }
        }
    }

    /// The same of bookings.
    private final class Bookings: @unchecked Sendable {
        private var reader: SlotEffectReader
        private let desks: Desks
        private let isLenient: Bool

        init(_ reader: consuming SlotEffectReader, _ desks: Desks, isLenient: Bool) {
            self.reader = reader
            self.desks = desks
            self.isLenient = isLenient
        }

        func take(_ event: ScannedEvent) throws {
            let type = event.wireType
            do {
                guard let country = event.country else { throw EventDecodingError.malformed(type, .unexpectedKind) }
                try take(event, country, try reader.read(type, event.data, .slots))
            } catch let error as EventDecodingError {
                guard isLenient else { throw error }
                if event.isFirstSideStamped { note(event, event.practitioner, event.shard, error.fault) }
                guard event.isSecondSideStamped, let id = event.secondPractitioner else { return }
                note(event, id, event.secondShard, error.fault)
            }
        }

        /// Each side of a move is judged with its own key.
        private func note(_ event: ScannedEvent, _ id: PractitionerID, _ shard: Shard?, _ fault: String) {
            guard let desk = shard.flatMap({ desks[$0] }), !desks.skip(event, of: id) else { return }
            desk.table.withLock { $0.note(event.unreadable(.bookingEvents, fault), of: id) }
        }

        private func take(_ event: ScannedEvent, _ country: CountryCode, _ effects: SlotEffects) throws {
            let (recordedAt, id) = (event.recordedAt, event.practitioner)
            let (other, number) = (event.secondPractitioner, event.number)
            if let desk = desks[event.shard], event.isFirstSideStamped, !desks.skip(event, of: id) {
                desk.table.withLock { table in
                    table.note(recordedAt)
                    if let effect = effects.released {
                        table.toggle(effect.practitioner ?? id, country, effect, number, takes: false)
                    }
                    // A move between practitioners has a key a side; every other event has one, for all that it does.
                    if other == nil, let effect = effects.taken {
                        table.toggle(effect.practitioner ?? id, country, effect, number, takes: true)
                    }
                }
            }
            guard let other, let effect = effects.taken, event.isSecondSideStamped,
                let desk = event.secondShard.flatMap({ desks[$0] }), !desks.skip(event, of: other)
            else { return }
            desk.table.withLock { table in
                table.note(recordedAt)
                table.toggle(other, country, effect, number, takes: true)
            }
        }
    }

    /// A booking may be ahead of its practitioner's registration, which is another database's; the number is in the
    /// store.
    private func placeLateComers(_ desk: Desk) async throws {
        let unplaced = desk.table.withLock { $0.unplaced }
        if unplaced.isEmpty { return }
        let wanted = Dictionary(unplaced.map { ($0.id, $0.country) }, uniquingKeysWith: { first, _ in first })
        var known: [PractitionerID: PractitionerPlace] = [:]
        for place in try await places.read(wanted.map { ($0.key, $0.value) }) {
            if let place { known[place.calendar.practitionerID] = place }
        }
        try desk.table.withLock { try $0.place(known) }
    }
}

extension ScannedEvent {
    fileprivate func unreadable(_ topic: Topic, _ fault: String) -> FoldTable.Unreadable {
        FoldTable.Unreadable(
            topic: topic, number: number, eventID: eventID, type: wireType, country: country, fault: fault)
    }
}
