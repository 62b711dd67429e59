import AvailabilityProjection
import Domain
import Postgres
import Redis
import Synchronization

/// Looks again and again whether booked slots can be seen where readers look: in Redis' pages, in search's documents.
struct VisibilityWatch: Sendable {
    /// A slot that is about to be booked.
    struct Expected: Sendable {
        let slot: Practices.Slot
        let place: PractitionerPlace
        /// Microseconds since 1970 before which its booking is not even sent.
        let due: Int64
    }

    let expected: [Expected]
    let databases: DatabaseServer
    let redisURL: String

    private static let deadline = Duration.seconds(20)

    /// When each slot was first seen as taken in Redis, through the reader of the API, in microseconds since 1970.
    func inRedis() async throws -> [Int64] {
        let redis = try RedisClient(url: redisURL, label: "bench-watch")
        let pages = AvailabilityPages(redis: redis)
        let seen = try await watch(every: .milliseconds(2)) { waiting in
            try await withThrowingTaskGroup(of: Int?.self) { group in
                for index in waiting {
                    let (slot, place) = (expected[index].slot, expected[index].place)
                    group.addTask {
                        let cell = try await pages.view().read(place, [slot.date]).cells[0]
                        return cell?.booked.contains(slot.index) ?? false ? index : nil
                    }
                }
                var found: [Int] = []
                for try await index in group { if let index { found.append(index) } }
                return found
            }
        }
        await redis.close()
        return seen
    }

    /// When each slot was first seen as taken in the documents of search, in microseconds since 1970.
    func inSearch() async throws -> [Int64] {
        let pool = databases.pool(InstalledSystem.practitioner)
        let seen = try await watch(every: .milliseconds(10)) { waiting in
            let slots = waiting.map { expected[$0].slot }
            let rows = try await pool.query(
                SQL.readSearchable,
                [
                    .uuidArray(slots.map { PGUUID(high: $0.practitioner.high, low: $0.practitioner.low) }),
                    .dateArray(slots.map(\.date.days)), .int4Array(slots.map { Int32($0.index) }),
                ])
            return (0..<rows.count).map { waiting[Int(rows.int($0, 0)) - 1] }
        }
        await pool.close()
        return seen
    }

    /// Asks for everything that is due and was not seen yet, until all of it was.
    ///
    /// - Throws: `WrongAnswer` when some of it is not seen for long.
    private func watch(
        every interval: Duration, _ look: ([Int]) async throws -> [Int]
    ) async throws -> [Int64] {
        let clock = MachineClock()
        var seen = [Int64](repeating: 0, count: expected.count)
        var waiting: [Int] = []
        var next = 0
        var lastProgress = ContinuousClock.now
        while next < expected.count || !waiting.isEmpty {
            let now = clock.now().microseconds
            while next < expected.count, expected[next].due <= now {
                waiting.append(next)
                next += 1
                lastProgress = .now
            }
            if !waiting.isEmpty {
                let found = Set(try await look(waiting))
                let at = clock.now().microseconds
                for index in found { seen[index] = at }
                waiting.removeAll { found.contains($0) }
                if !found.isEmpty { lastProgress = .now }
                guard .now - lastProgress < Self.deadline else {
                    throw WrongAnswer("\(waiting.count) bookings cannot be seen by readers")
                }
            }
            try await Task.sleep(for: interval)
        }
        return seen
    }
}
