import Domain
import ProjectionRunner
import Redis

/// All that the projector does in Redis, for one epoch.
struct PageStore: Sendable {
    /// Values of pages or checkpoints that this program did not write.
    struct Damaged: Error {}

    /// Buckets whose pages travel in one pipeline.
    private static let bucketsPerTrip = 16
    /// Cells of a bucket from which on its pages are read whole.
    private static let cellsWorthPages = 4

    let redis: RedisClient
    let epoch: Int64

    // MARK: checkpoints

    /// Reads the checkpoint; nil where there is none.
    func checkpoint(of partition: Int, _ topics: [Topic]) async throws -> AvailabilityCheckpoint? {
        let reply = try await redis.call(
            RedisCommand("HGETALL", [.text(AvailabilityCheckpoint.key(epoch: epoch, partition: partition))]))
        return AvailabilityCheckpoint(reply, topics: topics)
    }

    /// Moves the checkpoint on.
    ///
    /// - Throws: `ProjectionFault.modelLost` where there is none any more.
    func advance(_ checkpoint: AvailabilityCheckpoint, of partition: Int) async throws {
        let answer = try await run(PageScripts.advance, checkpoint, partition)
        if answer.integer == 0 { throw ProjectionFault.modelLost }
    }

    /// Begins a new life of the partition.
    func replace(_ checkpoint: AvailabilityCheckpoint, of partition: Int) async throws {
        _ = try await run(PageScripts.replace, checkpoint, partition, checkpoint.quarantineFields)
    }

    private func run(
        _ script: RedisScript, _ checkpoint: AvailabilityCheckpoint, _ partition: Int,
        _ more: [(name: String, value: String)] = []
    ) async throws -> RedisReply {
        let total = checkpoint.progress.positions.reduce(0) { $0 + $1.sequence }
        let fields = (checkpoint.fields + more).flatMap { [RedisArgument.text($0.name), .text($0.value)] }
        return try await redis.evaluate(
            script, keys: [AvailabilityCheckpoint.key(epoch: epoch, partition: partition)],
            arguments: [.int(total), .text(checkpoint.announcedText)] + fields)
    }

    // MARK: pages

    /// Applies edits; each page takes exactly those that it does not have yet.
    ///
    /// - Throws: `ProjectionFault.modelLost` where a page is missing: an event never creates one.
    func apply(_ edits: [PageEdit]) async throws {
        var pending = edits
        while !pending.isEmpty {
            let buckets = Dictionary(grouping: pending) { $0.page.bucket }
            let calls = buckets.map { bucket, edits in
                var arguments: [RedisArgument] = []
                for edit in edits { edit.append(to: &arguments) }
                return RedisScriptCall(
                    PageScripts.edit, keys: edits.map { bucket.key(epoch: epoch, $0.page.date) }, arguments: arguments)
            }
            let replies = try await redis.evaluate(calls)
            var rest: [PageEdit] = []
            for (edits, reply) in zip(buckets.values, replies) {
                guard let answers = try reply.orThrow().array, answers.count == edits.count else { throw Damaged() }
                for (edit, answer) in zip(edits, answers) {
                    guard let sequence = answer.integer else { throw Damaged() }
                    if sequence == -2 { throw ProjectionFault.modelLost }
                    if sequence >= 0, let later = edit.after(sequence) { rest.append(later) }
                }
            }
            pending = rest
        }
    }

    /// Writes whole pages.
    func write(_ pages: [(bucket: BucketID, pages: [(date: LocalDate, bytes: [UInt8])])], _ header: PageHeader)
        async throws
    {
        var index = 0
        while index < pages.count {
            let some = pages[index..<min(index + Self.bucketsPerTrip, pages.count)]
            let calls = some.map { bucket, pages in
                RedisScriptCall(
                    PageScripts.write, keys: pages.map { bucket.key(epoch: epoch, $0.date) },
                    arguments: [.int(header.bookings), .int(header.practitioners)] + pages.map { .bytes($0.bytes) })
            }
            for reply in try await redis.evaluate(calls) { _ = try reply.orThrow() }
            index += some.count
        }
    }

    /// Deletes the pages of days.
    func delete(_ buckets: [BucketID], _ dates: [LocalDate]) async throws {
        if dates.isEmpty { return }
        let commands = buckets.map { bucket in
            RedisCommand("UNLINK", dates.map { .text(bucket.key(epoch: epoch, $0)) })
        }
        for reply in try await redis.send(commands) { _ = try reply.orThrow() }
    }

    /// Reads cells of one bucket, all days of each; where many are wanted, the pages as they are.
    ///
    /// - Returns: One row a cell, one entry a day, nil where a page is missing or too short.
    func cells(_ bucket: BucketID, _ cells: [Int], _ dates: [LocalDate]) async throws -> [[DayCell?]] {
        if cells.count >= Self.cellsWorthPages {
            let pages = try await self.pages(bucket, dates)
            return cells.map { cell in
                pages.map { page in page.flatMap { DayCell($0, at: PageLayout.offset(ofCell: cell)) } }
            }
        }
        let commands = cells.flatMap { cell in
            let first = Int64(PageLayout.offset(ofCell: cell))
            return dates.map { date in
                RedisCommand(
                    "GETRANGE",
                    [
                        .text(bucket.key(epoch: epoch, date)), .int(first),
                        .int(first + Int64(PageLayout.cellBytes) - 1),
                    ])
            }
        }
        let replies = try await redis.send(commands)
        return try cells.indices.map { row in
            try dates.indices.map { try replies[row * dates.count + $0].orThrow().bytes.flatMap { DayCell($0) } }
        }
    }

    /// Reads whole pages of a bucket; nil where one is missing.
    func pages(_ bucket: BucketID, _ dates: [LocalDate]) async throws -> [[UInt8]?] {
        let replies = try await redis.send(
            dates.map { RedisCommand("GET", [.text(bucket.key(epoch: epoch, $0))]) })
        return try replies.map { try $0.orThrow().bytes }
    }
}

/// The last sequences that went into a page.
struct PageHeader: Hashable, Sendable {
    /// Of booking-events.
    var bookings: Int64
    /// Of practitioner-events.
    var practitioners: Int64

    /// As it stands in front of a page.
    var bytes: [UInt8] {
        [bookings, practitioners].flatMap { sequence in
            (0..<8).map { UInt8(truncatingIfNeeded: sequence >> Int64(56 - 8 * $0)) }
        }
    }
}
