import Domain
import ProjectionRunner
import Redis

extension PageScripts {
    /// Says in a checkpoint's hash who waits from now on and who does not any more.
    ///
    /// ARGV: how many wait then, how many are added, field and value of each of these, then fields to remove. Answers 0
    /// where there is no checkpoint: the model is gone.
    static let quarantine = RedisScript(
        name: "mark_quarantine",
        source: """
            if redis.call('HEXISTS', KEYS[1], 'total') == 0 then return 0 end
            local last = 2 + 2 * tonumber(ARGV[2])
            for from = 3, last, 4000 do
              redis.call('HSET', KEYS[1], unpack(ARGV, from, math.min(from + 3999, last)))
            end
            for from = last + 1, #ARGV, 4000 do
              redis.call('HDEL', KEYS[1], unpack(ARGV, from, math.min(from + 3999, #ARGV)))
            end
            redis.call('HSET', KEYS[1], '\(QuarantinedCell.countField)', ARGV[1])
            return 1
            """)

    /// Writes one cell of pages of one bucket, whatever was in it, unless a page is ahead of the writer.
    ///
    /// Afterwards each page has everything up to the writer's sequences, so that a writer from before changes nothing.
    /// ARGV: last sequence of booking-events, of practitioner-events, offset of the cell, then its bytes, one page a
    /// key.
    /// Answers -2 where a page is missing, 0 where one is ahead; then nothing was written.
    static let restore = RedisScript(
        name: "restore_cell",
        source: """
            local bookings, practitioners, offset = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
            for i = 1, #KEYS do
              if redis.call('STRLEN', KEYS[i]) < \(PageLayout.headerBytes) then return -2 end
              local seen = redis.call('BITFIELD', KEYS[i], 'GET', 'i64', 0, 'GET', 'i64', 64)
              if seen[1] > bookings or seen[2] > practitioners then return 0 end
            end
            for i = 1, #KEYS do
              local length = redis.call('STRLEN', KEYS[i])
              if length < offset + \(PageLayout.cellBytes) then
                local old = redis.call('GET', KEYS[i])
                redis.call('SET', KEYS[i], old .. string.rep('\\0', \(PageLayout.fullBytes) - length))
              end
              redis.call('SETRANGE', KEYS[i], offset, ARGV[3 + i])
              redis.call('BITFIELD', KEYS[i], 'SET', 'i64', 0, ARGV[1], 'SET', 'i64', 64, ARGV[2])
            end
            return 1
            """)
}

extension PageStore {
    /// Says who waits from now on, and who does not any more.
    ///
    /// - Parameters:
    ///   - added: With their places.
    ///   - removed: Others.
    ///   - checkpoint: As it is with both.
    ///   - partition: Whose.
    /// - Throws: `ProjectionFault.modelLost` where there is no checkpoint any more; `RedisError`.
    func mark(
        added: [PractitionerID: QuarantinedCell] = [:], removed: [PractitionerID] = [],
        _ checkpoint: AvailabilityCheckpoint, of partition: Int
    ) async throws {
        let fields = added.flatMap { id, cell in
            [RedisArgument.text(QuarantinedCell.field(of: id)), .text(cell.text)]
        }
        let answer = try await redis.evaluate(
            PageScripts.quarantine, keys: [AvailabilityCheckpoint.key(epoch: epoch, partition: partition)],
            arguments: [.int(Int64(checkpoint.quarantined.count)), .int(Int64(added.count))] + fields
                + removed.map { .text(QuarantinedCell.field(of: $0)) })
        if answer.integer == 0 { throw ProjectionFault.modelLost }
    }

    /// Writes a practitioner's cells as they are after everything up to `header`.
    ///
    /// - Throws: `ProjectionFault.modelLost` where a page is missing; `AvailabilityFault.pagesAreAhead`; `RedisError`.
    func restore(_ place: CellPlace, _ cells: [(date: LocalDate, cell: DayCell)], _ header: PageHeader) async throws {
        let bytes = cells.map { _, cell in
            var bytes = [UInt8](repeating: 0, count: PageLayout.cellBytes)
            cell.write(to: &bytes, at: 0)
            return RedisArgument.bytes(bytes)
        }
        let answer = try await redis.evaluate(
            PageScripts.restore, keys: cells.map { place.bucket.key(epoch: epoch, $0.date) },
            arguments: [
                .int(header.bookings), .int(header.practitioners), .int(Int64(PageLayout.offset(ofCell: place.cell))),
            ] + bytes)
        switch answer.integer {
        case 1: return
        case 0: throw AvailabilityFault.pagesAreAhead
        default: throw ProjectionFault.modelLost
        }
    }
}
