import Domain

/// Asks booking for the first free start after the hot days, within bounds: no partition waits for another role for
/// ever.
///
/// Who gets no answer is published without a start.
struct ColdStarts: Sendable {
    /// What one batch may spend.
    struct Budget {
        /// Questions that may still be asked.
        var questions = 256
        /// When asking ends.
        let deadline = ContinuousClock.now + .seconds(2)
    }

    private static let questionsAtOnce = 8
    private static let attemptsMax = 3

    let days: any ColdDays
    let countries: [CountryCode: Country]
    let clock: any WallClock

    /// The first cold start of each; nil where there is none or none could be found out.
    func starts(
        of practitioners: [(id: PractitionerID, entry: DirectoryEntry)], _ budget: inout Budget
    ) async -> [Instant?] {
        var starts = [Instant?](repeating: nil, count: practitioners.count)
        let asked = min(budget.questions, practitioners.count)
        budget.questions -= asked
        let deadline = budget.deadline
        await withTaskGroup(of: (Int, Instant?).self) { group in
            for index in 0..<asked {
                if index >= Self.questionsAtOnce, let (done, start) = await group.next() { starts[done] = start }
                let (id, entry) = practitioners[index]
                group.addTask { (index, await self.start(of: id, entry, until: deadline)) }
            }
            for await (done, start) in group { starts[done] = start }
        }
        return starts
    }

    private func start(
        of id: PractitionerID, _ entry: DirectoryEntry, until deadline: ContinuousClock.Instant
    ) async -> Instant? {
        guard let country = countries[entry.place.bucket.country] else { return nil }
        let window = BookingWindow(now: clock.now(), country: country, grid: entry.grid)
        let first = window.today.adding(days: PageLayout.hotDays)
        let count = first.days(until: window.lastDate) + 1
        guard count > 0 else { return nil }
        var delay: Duration = .milliseconds(50)
        for _ in 1...Self.attemptsMax where ContinuousClock.now < deadline {
            do {
                let free = try await days.free(of: id, in: country.code, from: first, count: count) ?? []
                return Availability.nextAvailable(grid: entry.grid, window: window, from: first) { date in
                    let index = first.days(until: date)
                    return free.indices.contains(index) ? free[index] : .empty
                }?.start
            } catch {
                do { try await Task.sleep(for: delay) } catch { return nil }
                delay *= 2
            }
        }
        return nil
    }
}
