import Domain
import Redis

extension PageStore {
    /// One cell of one page as it was read, with the header that it was read under.
    struct ReadCell: Sendable {
        let date: LocalDate
        /// Nil: there is no page.
        let header: PageHeader?
        /// Nil: the page has not heard of the practitioner.
        let cell: DayCell?
    }

    /// What became of a page that was to be repaired.
    enum Repaired: Sendable {
        case done
        /// Somebody has written it in between.
        case moved
        case missing
    }

    /// Reads one practitioner's cells with the headers of their pages.
    func readCells(_ place: CellPlace, _ dates: [LocalDate]) async throws -> [ReadCell] {
        let first = Int64(PageLayout.offset(ofCell: place.cell))
        let commands = dates.flatMap { date in
            let key = RedisArgument.text(place.bucket.key(epoch: epoch, date))
            return [
                RedisCommand("GETRANGE", [key, 0, .int(Int64(PageLayout.headerBytes) - 1)]),
                RedisCommand("GETRANGE", [key, .int(first), .int(first + Int64(PageLayout.cellBytes) - 1)]),
            ]
        }
        let replies = try await redis.send(commands)
        return try dates.enumerated().map { index, date in
            let page = try replies[2 * index].orThrow().bytes.flatMap { AvailabilityPage($0) }
            return ReadCell(
                date: date, header: page.map { PageHeader(bookings: $0.bookings, practitioners: $0.practitioners) },
                cell: try replies[2 * index + 1].orThrow().bytes.flatMap { DayCell($0) })
        }
    }

    /// Writes one practitioner's cells where their pages have not moved since.
    ///
    /// - Returns: In the order of the cells.
    func repair(
        _ place: CellPlace, _ cells: [(date: LocalDate, header: PageHeader, cell: DayCell)]
    ) async throws -> [Repaired] {
        if cells.isEmpty { return [] }
        let bit = Int64(PageLayout.offset(ofCell: place.cell) * 8)
        let arguments: [RedisArgument] = cells.flatMap { _, header, cell -> [RedisArgument] in
            [
                .int(header.bookings), .int(header.practitioners), .int(bit),
                .int(Int64(PageLayout.plane(cell.open))), .int(Int64(PageLayout.plane(cell.booked))),
                .int(Int64(PageLayout.offset(ofCell: place.cell + 1))),
            ]
        }
        let reply = try await redis.evaluate(
            RepairScripts.cells, keys: cells.map { place.bucket.key(epoch: epoch, $0.date) }, arguments: arguments)
        guard let answers = reply.array, answers.count == cells.count else { throw Damaged() }
        return try answers.map { answer in
            switch answer.integer {
            case 1: .done
            case 0: .moved
            case -2: .missing
            default: throw Damaged()
            }
        }
    }

    /// Puts whole pages of one bucket in the place of what is there, except where that is newer.
    ///
    /// - Returns: The days whose pages were newer.
    func replace(
        _ bucket: BucketID, _ pages: [(date: LocalDate, bytes: [UInt8])], _ header: PageHeader
    ) async throws -> [LocalDate] {
        if pages.isEmpty { return [] }
        let reply = try await redis.evaluate(
            RepairScripts.pages, keys: pages.map { bucket.key(epoch: epoch, $0.date) },
            arguments: [.int(header.bookings), .int(header.practitioners)] + pages.map { .bytes($0.bytes) })
        guard let answers = reply.array, answers.count == pages.count else { throw Damaged() }
        return zip(pages, answers).filter { $0.1.integer == 0 }.map(\.0.date)
    }
}
