import Domain
import JSON
import Synchronization
import TestSupport

/// Looks at practices all along that only ever get more bookings: what somebody has seen as taken must not be free
/// again, in no listing and in no search, whatever an operator does meanwhile.
final class Watch: Sendable {
    /// What was seen.
    struct Report: Sendable, CustomStringConvertible {
        var listings = 0
        var searches = 0
        var booked = 0
        var faultCount = 0
        /// The first faults, for people.
        var faults: [String] = []

        var description: String {
            "\(listings) listings, \(searches) searches, \(booked) bookings, \(faultCount) faults"
        }
    }

    /// What search shows of a practice.
    private struct Found {
        var next: Instant
        var count: Int64
    }

    private struct State {
        var report = Report()
        /// Slots that were booked for good, by practice and day.
        var booked: [String: [LocalDate: SlotMask]] = [:]
        /// Those that some reader has seen as taken.
        var taken: [String: [LocalDate: SlotMask]] = [:]
        /// The latest next slot, and the lowest number of free ones, that search has shown.
        var found: [String: Found] = [:]
    }

    private static let days = 12
    /// The last slots of a practice stay free, so that one without any is a fault.
    private static let slots = 22

    private let practices: [String]
    private let specialty: String
    private let state = Mutex(State())
    private let isOver = Atomic<Bool>(false)

    /// - Parameters:
    ///   - practices: Nobody else books them, and nothing is given back.
    ///   - specialty: By which search finds them all.
    init(_ practices: [String], specialty: String) {
        self.practices = practices
        self.specialty = specialty
    }

    var report: Report { state.withLock { $0.report } }

    /// Whether search knows all practices and their free slots.
    func isReady(_ caller: Caller) async throws -> Bool {
        let found = try found(try await caller.get("/search?specialty=\(specialty)&limit=200").expecting(200))
        return practices.allSatisfy { found[$0] != nil }
    }

    /// Looks and books while `body` runs, and ends when it has ended.
    ///
    /// - Parameters:
    ///   - listing: Who asks for free slots.
    ///   - searching: Who searches.
    ///   - booking: Who books.
    ///   - patient: For whom.
    ///   - length: How long it will take at least: until then there is something left to be booked.
    ///   - body: What is done meanwhile.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws.
    func look<T: Sendable>(
        listing: [Caller], searching: [Caller], booking: Caller, for patient: String, over length: Duration,
        while body: @Sendable () async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in listing { group.addTask { await self.sampleListings(caller) } }
            for caller in searching { group.addTask { await self.sampleSearch(caller) } }
            group.addTask { try await self.book(booking, patient, over: length) }
            defer { isOver.store(true, ordering: .relaxed) }
            let result = try await body()
            isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
            return result
        }
    }

    private var goesOn: Bool { !isOver.load(ordering: .relaxed) && !Task.isCancelled }

    /// Books one slot after the other of every practice in turn, and gives none back.
    private func book(_ caller: Caller, _ patient: String, over length: Duration) async throws {
        let all = Self.days * Self.slots * practices.count
        let pause = max(.milliseconds(100), length / all)
        for number in 0..<all where goesOn {
            let practice = practices[number % practices.count]
            let (day, slot) = ((number / practices.count) / Self.slots, (number / practices.count) % Self.slots)
            let start = try Wall.start(slot, inDays: 1 + day)
            let date = try Wall.date(inDays: 1 + day)
            do {
                let answer = try await caller.book(practice, patient, at: start)
                if answer.status == 201 {
                    state.withLock { state in
                        state.report.booked += 1
                        let mask = SlotMask(first: slot, count: 1)
                        let known = state.booked[practice]?[date] ?? .empty
                        state.booked[practice, default: [:]][date] = known.union(mask)
                    }
                } else {
                    fault("a booking was answered \(answer.status): \(answer.text)")
                }
            } catch {
                fault("a booking had no answer: \(error)")
            }
            try? await Task.sleep(for: pause)
        }
    }

    private func sampleListings(_ caller: Caller) async {
        var number = 0
        while goesOn {
            let practice = practices[number % practices.count]
            number += 1
            // Seen before this question was asked: a later answer must not take it back.
            let before = state.withLock { $0.taken[practice] ?? [:] }
            do {
                let answer = try await caller.availability(practice, days: 14)
                if answer.status == 200 {
                    judge(Listing(answer), of: practice, before)
                } else {
                    fault("a listing was answered \(answer.status): \(answer.text)")
                }
            } catch {
                fault("a listing had no answer: \(error)")
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func judge(_ listing: Listing, of practice: String, _ before: [LocalDate: SlotMask]) {
        var faults: [String] = []
        if listing.state == "unknown" || listing.days.count != 14 {
            faults.append("\(practice) is \(listing.state) with \(listing.days.count) days")
        }
        if listing.days.dropFirst().allSatisfy(\.free.isEmpty) {
            faults.append("\(practice) is open and has nothing free at all")
        }
        for day in listing.days {
            let back = day.free.intersection(before[day.date] ?? .empty)
            if !back.isEmpty { faults.append("\(practice), \(day.date): \(back) was taken, and is free again") }
        }
        state.withLock { state in
            state.report.listings += 1
            for day in listing.days {
                let gone = (state.booked[practice]?[day.date] ?? .empty).subtracting(day.free)
                let known = state.taken[practice]?[day.date] ?? .empty
                state.taken[practice, default: [:]][day.date] = known.union(gone)
            }
        }
        for text in faults { fault(text) }
    }

    private func sampleSearch(_ caller: Caller) async {
        while goesOn {
            let before = state.withLock { $0.found }
            do {
                let answer = try await caller.get("/search?specialty=\(specialty)&limit=200")
                if answer.status == 200 {
                    judge(answer, before)
                } else {
                    fault("a search was answered \(answer.status): \(answer.text)")
                }
            } catch {
                fault("a search had no answer: \(error)")
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Free slots only become fewer, and the next one only later.
    private func judge(_ answer: Answer, _ before: [String: Found]) {
        var faults: [String] = []
        if answer.json["degraded"]?.boolValue != false { faults.append("a search was degraded: \(answer.text)") }
        let found = (try? found(answer)) ?? [:]
        for practice in practices {
            guard let now = found[practice] else {
                faults.append("search does not show \(practice), or not when it is free")
                continue
            }
            guard let then = before[practice] else { continue }
            if now.count > then.count {
                faults.append("search showed \(then.count) free slots of \(practice), and \(now.count) afterwards")
            }
            if now.next < then.next {
                faults.append("search showed \(then.next) as next of \(practice), and \(now.next) afterwards")
            }
        }
        state.withLock { state in
            state.report.searches += 1
            for (practice, now) in found {
                let then = state.found[practice]
                state.found[practice] = Found(
                    next: max(now.next, then?.next ?? now.next), count: min(now.count, then?.count ?? now.count))
            }
        }
        for text in faults { fault(text) }
    }

    /// The practices of an answer of search that say when they are free.
    private func found(_ answer: Answer) throws -> [String: Found] {
        var found: [String: Found] = [:]
        for item in answer.json["items"]?.arrayValue ?? [] {
            guard let id = item["practitioner"]?["practitionerId"]?.stringValue, practices.contains(id),
                let next = item["nextAvailable"]?.stringValue, let count = item["freeSlots"]?.intValue
            else { continue }
            found[id] = Found(next: try Wall.instant(next), count: count)
        }
        return found
    }

    private func fault(_ text: String) {
        state.withLock { state in
            state.report.faultCount += 1
            if state.report.faults.count < 10 { state.report.faults.append("\(Wall.now()): \(text)") }
        }
    }
}
