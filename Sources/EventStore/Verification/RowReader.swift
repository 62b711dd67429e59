import Postgres

/// Reads rows of one snapshot over two connections at once and puts their leaves into a round.
struct RowReader: Sendable {
    /// What was seen while a round was filled.
    struct Seen: Sendable {
        var rowCount: Int64 = 0
        var byteCount: Int64 = 0
        var streams = StreamSum()
        /// Ids of rows that have no position in the round.
        var unclaimed: [Int64] = []
        /// Slots for which a second row came.
        var doubled: [Int] = []
        /// Ids that were fetched by number and found.
        var fetched: [Int64] = []
    }

    let database: String
    /// Only rows that have this shard on one of their sides; nil: all.
    let shard: Shard?
    let sessions: [PGSession]

    private static let fetchedAtOnce = 10_000

    /// Fills a round.
    ///
    /// - Parameters:
    ///   - round: Prepared.
    ///   - numbers: The event numbers to read in one go; nil: none, all slots are fetched by number.
    /// - Returns: What was seen on the way.
    /// - Throws: `PGError`; `HistoryFormatError`; `CancellationError`.
    func fill(_ round: StampedRound, scanning numbers: ClosedRange<Int64>?) async throws -> Seen {
        var seen = Seen()
        if let numbers {
            try await withThrowingTaskGroup(of: RowScanner.self) { group in
                for (session, part) in zip(sessions, split(numbers)) {
                    let scanner = RowScanner(round, database: database)
                    group.addTask {
                        try await scan(part, scanner, session)
                        return scanner
                    }
                }
                for try await scanner in group { seen.add(scanner) }
            }
        }
        try await fetchStrays(of: round, &seen)
        return seen
    }

    /// Rows whose numbers lie elsewhere: they committed much later or earlier than their neighbours, or were altered.
    private func fetchStrays(of round: StampedRound, _ seen: inout Seen) async throws {
        var wanted: [Int64: [Int]] = [:]
        for slot in round.unfilled { wanted[round.ids[slot], default: []].append(slot) }
        let numbers = Set(wanted.keys.filter { $0 >= 0 }.map { $0 >> 1 }).sorted()
        for start in stride(from: 0, to: numbers.count, by: Self.fetchedAtOnce) {
            let scanner = RowScanner(round, database: database, wanted: wanted)
            let list = numbers[start..<min(start + Self.fetchedAtOnce, numbers.count)]
            let text = list.map(String.init).joined(separator: ",")
            try await copy("event_number = ANY ('{\(text)}'::bigint[])", scanner, sessions[0])
            seen.add(scanner)
            for number in scanner.fetched {
                seen.fetched += [number &* 2, number &* 2 &+ 1].filter { wanted[$0] != nil }
            }
        }
    }

    private func scan(_ numbers: ClosedRange<Int64>, _ scanner: RowScanner, _ session: PGSession) async throws {
        var filter = "event_number BETWEEN \(numbers.lowerBound) AND \(numbers.upperBound)"
        if let shard { filter += " AND (shard = \(shard.number) OR second_shard = \(shard.number))" }
        try await copy(filter, scanner, session)
    }

    private func copy(_ filter: String, _ scanner: RowScanner, _ session: PGSession) async throws {
        let text = SQL.copyHistory.text.replacing("/* filter */", with: filter)
        _ = try await session.copyOut(SQLStatement(name: SQL.copyHistory.name, text: text)) { chunk in
            try scanner.take(chunk)
        }
    }

    /// As many parts of one length as there are sessions.
    private func split(_ numbers: ClosedRange<Int64>) -> [ClosedRange<Int64>] {
        let length = (numbers.upperBound - numbers.lowerBound) / Int64(sessions.count) + 1
        var parts: [ClosedRange<Int64>] = []
        var start = numbers.lowerBound
        while start <= numbers.upperBound {
            let end = min(start + length - 1, numbers.upperBound)
            parts.append(start...end)
            start = end + 1
        }
        return parts
    }
}

extension RowReader.Seen {
    fileprivate mutating func add(_ scanner: RowScanner) {
        rowCount += scanner.rowCount
        byteCount += scanner.byteCount
        streams.add(scanner.streams)
        unclaimed += scanner.unclaimed
        doubled += scanner.doubled
    }
}
