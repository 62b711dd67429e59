package import Domain
package import Postgres
import Synchronization

/// Practitioners by id, folded from their events, remembered, and looked up again when half a second has passed.
///
/// Whoever asks while a question is under way joins the next one, so that a storm of reads is a few statements.
/// Somebody who is not known is always asked for: a new practitioner is there at once.
package final class PractitionerPlaces: Sendable {
    /// A place, and whether the store has confirmed it lately.
    package struct Reading: Sendable {
        /// The practitioner.
        package let place: PractitionerPlace
        /// False: the store cannot be asked, and this is what was known before.
        package let isCurrent: Bool
        /// False: the store has an event of this practitioner that cannot be taken in, and this is what was before it.
        package var isWhole = true
    }

    /// Nothing is known of a practitioner, as the registration cannot be taken in.
    package struct Unreadable: Error {}

    fileprivate struct Entry {
        var place: PractitionerPlace
        var isWhole: Bool
        var checkedAt: ContinuousClock.Instant
    }

    fileprivate struct Cache {
        var recent: [PractitionerID: Entry] = [:]
        var older: [PractitionerID: Entry] = [:]
        var waiting: [Waiter] = []
        var readers = 0
    }

    fileprivate struct Waiter {
        let want: CalendarReader.Want
        let continuation: CheckedContinuation<Result<CalendarReader.Found, any Error>, Never>
    }

    private static let wantsMax = 1_000
    private static let readersMax = 2

    private let reader: CalendarReader
    private let trustedFor: Duration
    private let entriesMax: Int
    private let cache = Mutex(Cache())

    /// Stands on the practitioner database.
    ///
    /// - Parameters:
    ///   - pool: Reads events of the practitioner database.
    ///   - zones: The rules for every grid.
    ///   - trustedFor: How old a look-up may be before the store is asked again.
    ///   - entriesMax: At most twice as many are remembered.
    package init(
        pool: PGPool, zones: ZoneDatabase, trustedFor: Duration = .milliseconds(500), entriesMax: Int = 50_000
    ) {
        reader = CalendarReader(pool: pool, zones: zones)
        self.trustedFor = trustedFor
        self.entriesMax = entriesMax
    }

    /// One practitioner; nil where the country has none of that id.
    ///
    /// - Throws: `PGError` and what else a broken store throws, when nothing is known from before; `Unreadable`.
    package func place(of id: PractitionerID, in country: CountryCode) async throws -> Reading? {
        let now = ContinuousClock.now
        let known = cache.withLock { $0.find(id, entriesMax) }
        if let known, known.checkedAt.duration(to: now) < trustedFor {
            guard known.place.calendar.country == country else { return nil }
            return Reading(place: known.place, isCurrent: true, isWhole: known.isWhole)
        }
        if let known, known.place.calendar.country != country { return nil }
        let result = await ask(CalendarReader.Want(id: id, country: country, known: known?.place))
        switch result {
        case .success(let found):
            if let place = found.place {
                return Reading(place: place, isCurrent: true, isWhole: found.unreadable == nil)
            }
            if found.unreadable != nil { throw Unreadable() }
            return nil
        case .failure(let error):
            guard let known else { throw error }
            return Reading(place: known.place, isCurrent: false, isWhole: known.isWhole)
        }
    }

    /// Many practitioners as they are in the store now, for projectors; none of them is remembered.
    ///
    /// - Returns: One entry a question, nil where there is no such practitioner, or one of whom some event cannot be
    ///   taken in.
    /// - Throws: `PGError` and what else a broken store throws.
    package func read(_ wanted: [(id: PractitionerID, country: CountryCode)]) async throws -> [PractitionerPlace?] {
        try await find(wanted).map { $0.unreadable == nil ? $0.place : nil }
    }

    /// The same, with the events that cannot be taken in.
    func find(_ wanted: [(id: PractitionerID, country: CountryCode)]) async throws -> [CalendarReader.Found] {
        var places: [CalendarReader.Found] = []
        places.reserveCapacity(wanted.count)
        var index = 0
        while index < wanted.count {
            let chunk = wanted[index..<min(index + Self.wantsMax, wanted.count)]
            places += try await reader.read(chunk.map { CalendarReader.Want(id: $0.id, country: $0.country) })
            index += chunk.count
        }
        return places
    }

    /// What is known without asking anybody, however old.
    func remembered(_ id: PractitionerID) -> PractitionerPlace? { cache.withLock { $0.find(id, entriesMax)?.place } }

    private func ask(_ want: CalendarReader.Want) async -> Result<CalendarReader.Found, any Error> {
        await withCheckedContinuation { continuation in
            let startsReader = cache.withLock { cache in
                cache.waiting.append(Waiter(want: want, continuation: continuation))
                guard cache.readers < Self.readersMax else { return false }
                cache.readers += 1
                return true
            }
            if startsReader { Task { await self.answerWaiting() } }
        }
    }

    private func answerWaiting() async {
        while let waiters = nextWaiters() {
            let asked = ContinuousClock.now
            do {
                let found = try await reader.read(waiters.map(\.want))
                remember(found, asked)
                for (waiter, found) in zip(waiters, found) { waiter.continuation.resume(returning: .success(found)) }
            } catch {
                for waiter in waiters { waiter.continuation.resume(returning: .failure(error)) }
            }
        }
    }

    private func nextWaiters() -> [Waiter]? {
        cache.withLock { cache in
            guard !cache.waiting.isEmpty else {
                cache.readers -= 1
                return nil
            }
            let next = Array(cache.waiting.prefix(Self.wantsMax))
            cache.waiting.removeFirst(next.count)
            return next
        }
    }

    private func remember(_ places: [CalendarReader.Found], _ moment: ContinuousClock.Instant) {
        cache.withLock { cache in
            for found in places {
                guard let place = found.place else { continue }
                let known = cache.recent[place.calendar.practitionerID]
                if let known, known.place.calendar.version > place.calendar.version { continue }
                cache.insert(
                    Entry(place: place, isWhole: found.unreadable == nil, checkedAt: moment), entriesMax)
            }
        }
    }
}

extension PractitionerPlaces.Cache {
    /// Looks in both halves; what is found in the older one moves to the recent one.
    fileprivate mutating func find(_ id: PractitionerID, _ entriesMax: Int) -> PractitionerPlaces.Entry? {
        if let entry = recent[id] { return entry }
        guard let entry = older[id] else { return nil }
        insert(entry, entriesMax)
        return entry
    }

    fileprivate mutating func insert(_ entry: PractitionerPlaces.Entry, _ entriesMax: Int) {
        if recent.count >= entriesMax {
            older = recent
            recent = [:]
        }
        recent[entry.place.calendar.practitionerID] = entry
    }
}
