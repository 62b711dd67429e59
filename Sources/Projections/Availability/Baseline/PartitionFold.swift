import Domain
import EventStore
import Postgres
import ProjectionRunner

/// Folds the pages of a partition out of the two event stores, in the memory that one partition takes.
///
/// First all calendars, then the bookings of the days in question, each in one snapshot of its database. What was
/// stored later than a snapshot has a higher position and comes out of the log.
struct PartitionFold: Sendable {
    /// Which pages are wanted.
    struct Scope: Sendable {
        /// Which days.
        enum Dates: Sendable {
            /// Those that are hot at this moment, by the zones of each country's practices.
            case hot(Instant)
            case fixed(ClosedRange<LocalDate>)
        }

        var partition: Shard
        /// Nil: all.
        var country: CountryCode?
        /// Only buckets from this index on.
        var firstBucket = 0
        var dates: Dates
    }

    let bookings: PGPool
    let practitioners: PGPool
    let places: PractitionerPlaces
    let zones: ZoneDatabase

    /// Folds what the scope asks for.
    ///
    /// - Throws: `ProjectionFault.unreadableHistory`; `PGError`; `EventStoreError`; `ZoneError`.
    func fold(_ scope: Scope) async throws -> FoldedPages {
        var pages = FoldedPages()
        do {
            try await foldCalendars(scope, into: &pages)
            try await foldBookings(scope, into: &pages)
        } catch let error as EventDecodingError {
            throw ProjectionFault.unreadableHistory(error.type)
        }
        return pages
    }

    // MARK: calendars

    /// The events of each practitioner, as COPY brings them: in no order.
    ///
    /// COPY calls back on its session's queue, one row after the other, and has ended when anybody else looks.
    private final class Streams: @unchecked Sendable {
        private var decoder: EventDecoder
        private(set) var events: [PractitionerID: [StreamEvent]] = [:]
        private(set) var newest: Instant?

        init() throws { decoder = try EventDecoder() }

        func take(_ event: BaselineEvent) throws {
            let content = try decoder.practitionerEvent(event.wireType, event.data)
            events[content.practitionerID, default: []].append(
                StreamEvent(version: event.streamVersion, id: event.eventID, event: content.withoutProfile))
            newest = max(newest ?? event.recordedAt, event.recordedAt)
        }
    }

    private struct StreamEvent {
        let version: Int64
        let id: EventID
        let event: PractitionerEvent
    }

    private func foldCalendars(_ scope: Scope, into pages: inout FoldedPages) async throws {
        let streams = try Streams()
        let partition = scope.partition.number
        pages.header.practitioners = try await Baseline.withSnapshot(of: practitioners) { baseline in
            try await baseline.read(BaselineFilter(shards: [scope.partition], country: scope.country)) {
                try streams.take($0)
            }
            return baseline.heads[partition].stamped
        }
        pages.asOf = streams.newest
        var zonesOf: [CountryCode: Set<String>] = [:]
        for case .registered(let event) in streams.events.values.lazy.flatMap({ $0.map(\.event) }) {
            zonesOf[event.country, default: []].insert(event.timeZone)
        }
        for (country, names) in zonesOf {
            let dates =
                switch scope.dates {
                case .hot(let now): try HotWindow.dates(zones: names, zones, at: now)
                case .fixed(let dates): dates
                }
            pages.countries[country] = FoldedCountry(dates: dates, zones: names)
        }
        for events in streams.events.values { try foldCalendar(events, scope, into: &pages) }
    }

    private func foldCalendar(
        _ unsorted: [StreamEvent], _ scope: Scope, into pages: inout FoldedPages
    ) throws {
        let events = unsorted.sorted { $0.version < $1.version }
        guard let first = events.first, let last = events.last, case .registered(let registered) = first.event,
            last.version == Int64(events.count)
        else {
            let id = unsorted[0].event.practitionerID
            throw EventStoreError.streamHole(StreamName(id), expectedVersion: 1)
        }
        var calendar = try PractitionerCalendar(registered, version: first.version, zones: zones)
        for event in events.dropFirst() { calendar.evolve(event.event, version: event.version) }
        let place = CellPlace(
            country: registered.country, partition: scope.partition.number, number: registered.number)
        pages.practitioners[registered.practitionerID] = FoldedPages.Practitioner(
            entry: DirectoryEntry(place: place, grid: calendar.grid), newest: last.id)
        guard place.bucket.index >= scope.firstBucket, let dates = pages.countries[registered.country]?.dates else {
            return
        }
        pages.countries[registered.country]?.admit(place)
        for days in dates.lowerBound.days...dates.upperBound.days {
            let date = LocalDate(days: days)
            let open = calendar.open(on: date)
            if !open.isEmpty { pages.countries[registered.country]?.setOpen(place, date, open) }
        }
    }

    // MARK: bookings

    /// Pages under construction, with what could not be placed yet; used like `Streams`.
    private final class Construction: @unchecked Sendable {
        private var reader: SlotEffectReader
        private let scope: Scope
        private(set) var pages: FoldedPages
        /// Slots of practitioners who registered after the snapshot of the calendars.
        private(set) var unplaced: [Unplaced] = []

        init(_ pages: consuming FoldedPages, _ scope: Scope) throws {
            reader = try SlotEffectReader()
            self.pages = pages
            self.scope = scope
        }

        func take(_ event: BaselineEvent) throws {
            let effects = try reader.read(event.wireType, event.data, .all)
            pages.asOf = max(pages.asOf ?? event.recordedAt, event.recordedAt)
            guard let country = effects.country else { return }
            // A move between practitioners has a key a side; every other event has one, for all that it does.
            let isMove = event.secondShard != nil
            let takesReleased = event.shard == scope.partition && event.isFirstSideStamped
            let takesTaken = isMove ? event.secondShard == scope.partition && event.isSecondSideStamped : takesReleased
            if takesReleased, let effect = effects.released { toggle(effect, country) }
            if takesTaken, let effect = effects.taken { toggle(effect, country) }
        }

        private func toggle(_ effect: SlotEffect, _ country: CountryCode) {
            guard let id = effect.practitioner else { return }
            guard let place = pages.practitioners[id]?.entry.place else {
                unplaced.append(Unplaced(id: id, country: country, effect: effect))
                return
            }
            if place.bucket.index >= scope.firstBucket {
                pages.countries[country]?.toggleBooked(place, effect.date, effect.slots)
            }
        }
    }

    private struct Unplaced {
        let id: PractitionerID
        let country: CountryCode
        let effect: SlotEffect
    }

    private func foldBookings(_ scope: Scope, into pages: inout FoldedPages) async throws {
        let since = pages.countries.values.map(\.dates.lowerBound).min() ?? earliest(scope)
        let construction = try Construction(pages, scope)
        pages = FoldedPages()  // the one copy is under construction now
        let filter = BaselineFilter(shards: [scope.partition], country: scope.country, relevantSince: since)
        let head = try await Baseline.withSnapshot(of: bookings) { baseline in
            try await baseline.read(filter) { try construction.take($0) }
            return baseline.heads[scope.partition.number].stamped
        }
        pages = construction.pages
        pages.header.bookings = head
        if !construction.unplaced.isEmpty { try await place(construction.unplaced, scope, into: &pages) }
    }

    /// A booking may be ahead of its practitioner's registration, which is another database's; the number is in the
    /// store.
    private func place(
        _ unplaced: [Unplaced], _ scope: Scope, into pages: inout FoldedPages
    ) async throws {
        let wanted = Dictionary(unplaced.map { ($0.id, $0.country) }, uniquingKeysWith: { first, _ in first })
        var known: [PractitionerID: PractitionerPlace] = [:]
        for place in try await places.read(wanted.map { ($0.key, $0.value) }) {
            if let place { known[place.calendar.practitionerID] = place }
        }
        for slot in unplaced {
            let (id, country, effect) = (slot.id, slot.country, slot.effect)
            guard let place = known[id] else {
                throw EventStoreError.streamHole(StreamName(id), expectedVersion: 1)
            }
            if place.cell.bucket.index < scope.firstBucket { continue }
            if pages.countries[country] == nil {
                let names: Set = [place.calendar.grid.zone]
                let dates =
                    switch scope.dates {
                    case .hot(let now): try HotWindow.dates(zones: names, zones, at: now)
                    case .fixed(let dates): dates
                    }
                pages.countries[country] = FoldedCountry(dates: dates, zones: names)
            }
            pages.countries[country]?.admit(place.cell)
            pages.countries[country]?.toggleBooked(place.cell, effect.date, effect.slots)
        }
    }

    private func earliest(_ scope: Scope) -> LocalDate {
        switch scope.dates {
        case .fixed(let dates): dates.lowerBound
        case .hot(let now): LocalDate(days: Int32(clamping: now.seconds / 86_400 - 2))
        }
    }
}

extension PractitionerEvent {
    /// The event without what a calendar does not need: a partition's worth of events is in memory at once.
    fileprivate var withoutProfile: PractitionerEvent {
        switch self {
        case .registered(var event):
            event.displayName = ""
            event.specialty = ""
            event.languages = []
            event.location = Location(latitude: 0, longitude: 0, street: "", postalCode: "", city: "")
            return .registered(event)
        case .updated(let event):
            return .updated(PractitionerUpdated(practitionerID: event.practitionerID, country: event.country))
        default: return self
        }
    }
}

extension EventDecodingError {
    /// What could not be read.
    fileprivate var type: WireType {
        switch self {
        case .unknownType(let type), .unknownVersion(let type), .malformed(let type, _): type
        }
    }
}
