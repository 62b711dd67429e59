import Domain
import JSON
import TestSupport

/// Compares what callers see with what the store says.
struct ReadModels: Sendable {
    let caller: Caller
    let truth: StoreTruth
    let country: Country

    init(_ caller: Caller, _ truth: StoreTruth) throws {
        self.caller = caller
        self.truth = truth
        guard let code = CountryCode(caller.country) else { throw UnknownToTheStore(id: caller.country) }
        country = Country(code: code, languages: ["fr"], timeZone: "Europe/Paris", bookingHorizonDays: 90)
    }

    /// Waits until availability and search show exactly what the store says for every practitioner.
    ///
    /// - Parameters:
    ///   - practitioners: Whose 14 days and next free slots are compared.
    ///   - specialty: By which search finds them all.
    ///   - deadline: For all of them together.
    /// - Throws: `NeverHappened` with what differed last.
    func converge(_ practitioners: [String], specialty: String, within deadline: Duration = .seconds(60)) async throws {
        let end = ContinuousClock.now + deadline
        for practitioner in practitioners {
            let left = max(end - ContinuousClock.now, .seconds(2))
            try await eventually(
                "availability of \(practitioner) is what the store says", within: left, every: .milliseconds(100)
            ) {
                try await checkAvailability(of: practitioner)
                return true
            }
        }
        let left = max(end - ContinuousClock.now, .seconds(10))
        try await eventually("search says what the store says", within: left, every: .milliseconds(200)) {
            try await checkSearch(for: practitioners, specialty: specialty)
            return true
        }
    }

    /// - Throws: `ModelDiffers` naming the first day that differs; today is left out, because it changes as we look.
    func checkAvailability(of practitioner: String) async throws {
        let calendar = try await truth.calendar(practitioner)
        let booked = try await truth.bookedSlots(of: practitioner)
        let listing = try await caller.listing(practitioner, days: 14)
        let window = BookingWindow(now: Wall.now(), country: country, grid: calendar.grid)
        guard listing.state == "fresh" else { throw ModelDiffers("state is \(listing.state)") }
        guard listing.days.count == 14 else { throw ModelDiffers("\(listing.days.count) of 14 days") }
        for day in listing.days where day.date > window.today {
            let free = Availability.freeStarts(
                calendar, on: day.date, booked: booked[day.date] ?? .empty, window: window)
            guard day.free == free else {
                throw ModelDiffers("\(day.date) of \(practitioner): shown \(day.free), stored \(free)")
            }
        }
        let next = try listing.nextAvailable.map { try Wall.instant($0) }
        let first = Availability.nextAvailable(calendar, window: window) { booked[$0] ?? .empty }
        guard next == first?.start else {
            throw ModelDiffers("next of \(practitioner): shown \(listing.nextAvailable ?? "none")")
        }
    }

    private func checkSearch(for practitioners: [String], specialty: String) async throws {
        let found = try await nextAvailableInSearch(specialty: specialty)
        for practitioner in practitioners {
            guard let shown = found[practitioner] else { throw ModelDiffers("search does not know \(practitioner)") }
            let calendar = try await truth.calendar(practitioner)
            let booked = try await truth.bookedSlots(of: practitioner)
            let window = BookingWindow(now: Wall.now(), country: country, grid: calendar.grid)
            let first = Availability.nextAvailable(calendar, window: window) { booked[$0] ?? .empty }
            guard try shown.map({ try Wall.instant($0) }) == first?.start else {
                throw ModelDiffers("search shows \(shown ?? "none") for \(practitioner)")
            }
        }
    }

    /// What search says is each practitioner's next free slot.
    func nextAvailableInSearch(specialty: String) async throws -> [String: String?] {
        var found: [String: String?] = [:]
        var cursor: String?
        repeat {
            let page = cursor.map { "&cursor=\($0)" } ?? ""
            let answer = try await caller.get("/search?specialty=\(specialty)&limit=200\(page)").expecting(200)
            for item in answer.json["items"]?.arrayValue ?? [] {
                guard let id = item["practitioner"]?["practitionerId"]?.stringValue else { continue }
                found.updateValue(item["nextAvailable"]?.stringValue, forKey: id)
            }
            cursor = answer.json["nextCursor"]?.stringValue
        } while cursor != nil
        return found
    }
}

/// A read model does not say what the store says.
struct ModelDiffers: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
