package import Domain
package import Redis
import Synchronization

/// Reads free slots from the pages: the hot days of a practitioner in one round trip.
package final class AvailabilityPages: Sendable {
    /// Which epoch is served; asked once a request, so that no answer mixes two.
    package typealias Epoch = @Sendable () async throws -> Int64

    /// The pages as one request sees them: all that it reads is of one epoch, also when another one is swapped in.
    package struct View: Sendable {
        /// Which epoch.
        package let epoch: Int64
        fileprivate let pages: AvailabilityPages

        /// Reads the cells of a practitioner on some days.
        ///
        /// - Throws: `RedisError` when Redis cannot be asked.
        package func read(_ place: PractitionerPlace, _ days: [LocalDate]) async throws -> Reading {
            try await pages.read(place, days, epoch)
        }
    }

    /// Some days of a practitioner and how far the projection is.
    package struct Reading: Sendable {
        /// A cell a day that was asked for; nil where its page is gone or has not heard of the practitioner: unknown.
        package let cells: [DayCell?]
        /// How far the practitioner's partition is.
        package let progress: Progress
        /// Whether the practitioner's sequence waits: then the cells mean nothing.
        package let isQuarantined: Bool
    }

    /// How far a partition's pages are.
    package struct Progress: Hashable, Sendable {
        /// When the newest event in the pages happened; nil before the first.
        package var asOf: Instant?
        /// The last moment at which the pages had everything that was published; nil: never.
        package var caughtUpAt: Instant?

        /// Whether the pages have been seen to be up to date within the last ten seconds.
        package func isFresh(at now: Instant) -> Bool {
            guard let caughtUpAt else { return false }
            return now.microseconds - caughtUpAt.microseconds <= Self.freshForMicroseconds
        }

        private static let freshForMicroseconds: Int64 = 10_000_000
    }

    private struct Cached {
        let progress: Progress
        /// Whether nobody of the partition is in quarantine; else everybody is asked about.
        let isClear: Bool
        let epoch: Int64
        let readAt: ContinuousClock.Instant
    }

    private static let progressTrustedFor: Duration = .milliseconds(50)

    private let redis: RedisClient
    private let epoch: Epoch
    private let cached = Mutex<[Int: Cached]>([:])

    /// Reads through a client that is shared by all requests.
    package init(redis: RedisClient, epoch: @escaping Epoch = { 1 }) {
        self.redis = redis
        self.epoch = epoch
    }

    /// The pages of the epoch that is served now; take it once a request.
    ///
    /// - Throws: What the epoch's source throws.
    package func view() async throws -> View { View(epoch: try await epoch(), pages: self) }

    private func read(_ place: PractitionerPlace, _ days: [LocalDate], _ epoch: Int64) async throws -> Reading {
        let (bucket, cell) = (place.cell.bucket, place.cell.cell)
        let known = cached.withLock { $0[place.partition] }.flatMap { cached in
            let isYoung = cached.readAt.duration(to: .now) < Self.progressTrustedFor
            return cached.epoch == epoch && cached.isClear && isYoung ? cached : nil
        }
        let first = Int64(PageLayout.offset(ofCell: cell))
        var commands = days.map { day in
            RedisCommand(
                "GETRANGE",
                [
                    .text(bucket.key(epoch: epoch, day)), .int(first),
                    .int(first + Int64(PageLayout.cellBytes) - 1),
                ])
        }
        if known == nil {
            let key = AvailabilityCheckpoint.key(epoch: epoch, partition: place.partition)
            let mark = QuarantinedCell.field(of: place.calendar.practitionerID)
            commands.append(
                RedisCommand(
                    "HMGET", [.text(key), "asOf", "caughtUpAt", .text(QuarantinedCell.countField), .text(mark)]))
        }
        let replies = try await redis.send(commands)
        let cells = try replies.prefix(days.count).map { reply in
            try reply.orThrow().bytes.flatMap { DayCell($0) }
        }
        if let known { return Reading(cells: cells, progress: known.progress, isQuarantined: false) }
        let values = try replies[days.count].orThrow().array ?? []
        let progress = Progress(values)
        let isClear = values.count == 4 && (values[2].text ?? "0") == "0"
        let fetched = Cached(progress: progress, isClear: isClear, epoch: epoch, readAt: .now)
        cached.withLock { $0[place.partition] = fetched }
        let isQuarantined = values.count == 4 && values[3].text != nil
        return Reading(cells: cells, progress: progress, isQuarantined: isQuarantined)
    }

    /// Whether the page shows the slot that starts at `start` as booked; false when it cannot be read.
    ///
    /// It saves work before a booking is tried and is never the judge: a page may be old in either direction.
    package func looksTaken(_ place: PractitionerPlace, at start: Instant) async -> Bool {
        guard let (date, slot) = place.calendar.grid.locate(start), let reading = try? await view().read(place, [date]),
            !reading.isQuarantined, let cell = reading.cells.first ?? nil
        else { return false }
        return cell.booked.contains(slot)
    }
}

extension AvailabilityPages.Progress {
    fileprivate init(_ values: [RedisReply]) {
        let instants = values.prefix(2).map { $0.text.flatMap { Int64($0) }.map { Instant(microseconds: $0) } }
        self.init(asOf: instants.first ?? nil, caughtUpAt: instants.last ?? nil)
    }
}
