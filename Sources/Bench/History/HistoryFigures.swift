import Crypto
import Domain
import EventStore
import Postgres

/// What a long history costs: verifying it, proving one event of it, finding one booking in it, adding to it.
struct HistoryFigures {
    let ground: BenchGround

    private static let fullCount = 10_000_000
    private static let smallCount = 10_000
    private static let samples: Int64 = 300

    func measure(_ report: (FigureResult) -> Void) async throws {
        let count = ground.scale.count(Self.fullCount)
        Progress.say("   making a history of \(count) events")
        let history = try await SealedHistory.make("history", count, isSealed: true, ground)
        let name = "\(history.eventCount) events"
        let pool = history.pool(4)
        do {
            try await storage(history, pool, report)
            try await verification(history, pool, name, report)
            try await proof(history, pool, name, report)
            try await oneBooking(history, pool, name, report)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
        try await appends(history, name, report)
        for database in [history.database, "bench_small"] {
            try await ground.databases.execute("DROP DATABASE IF EXISTS \(database) WITH (FORCE)", in: "postgres")
        }
    }

    // MARK: verification

    private func verification(
        _ history: SealedHistory, _ pool: PGPool, _ name: String, _ report: (FigureResult) -> Void
    ) async throws {
        let book = try await HeadBook.read(history.log, publicKey: history.key.publicKey)
        var rates: [Double] = []
        var limits: [Double] = []
        for run in 1...ground.scale.runs {
            let begin = ContinuousClock.now
            let result = try await HistoryVerifier(database: "booking", pool: pool, book: book).verify(.whole)
            let seconds = (ContinuousClock.now - begin).seconds
            guard result.isGood, result.rowCount == history.eventCount else {
                throw WrongAnswer("the history is not proven: \(result.allFindings)")
            }
            rates.append(Double(result.rowCount) / seconds)
            limits.append(try await hashRate(result.rowCount, bytes: Int(result.byteCount / result.rowCount)))
            Progress.say(
                "   run \(run): \(decimal(rates[run - 1], digits: 0)) events/s verified, SHA-256 alone "
                    + "\(decimal(limits[run - 1], digits: 0))/s, \(result.byteCount / result.rowCount) bytes each")
        }
        report(
            FigureResult(
                "verification, \(name)", rates.median, .perSecond, limit: limits.median, target: .atLeast(500_000)))
    }

    /// Events a second whose bytes SHA-256 gets through on two threads, with nothing else to do.
    private func hashRate(_ count: Int64, bytes: Int) async throws -> Double {
        let begin = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let row = [UInt8](repeating: 0x61, count: bytes)
                    var hasher = SHA256Hasher()
                    for _ in 0..<(count / 2) {
                        hasher.update(row)
                        withUnsafeTemporaryAllocation(byteCount: SHA256.byteCount, alignment: 8) {
                            hasher.finish(into: $0)
                        }
                    }
                }
            }
        }
        return Double(count) / (ContinuousClock.now - begin).seconds
    }

    // MARK: one out of many

    private func proof(
        _ history: SealedHistory, _ pool: PGPool, _ name: String, _ report: (FigureResult) -> Void
    ) async throws {
        let key = try history.key.publicKey
        let maker = ProofMaker(database: "booking", pool: pool, log: history.log, publicKey: key)
        let times = try await timed(history.eventCount) { number in
            let proofs = try await maker.proofs(of: SealedHistory.event(number))
            _ = try InclusionProof(reading: proofs[0].encoded).verified(by: key)
        }
        let bare = try await timed(history.eventCount) { number in
            let id = SealedHistory.event(number)
            _ = try await pool.query(Self.selectEvent, [.uuid(id.high, id.low)])
        }
        report(
            FigureResult(
                "proof of one of \(name), p99", times.quantile(0.99), .milliseconds, limit: bare.quantile(0.99),
                target: .atMost(50)))
    }

    /// The least that a proof needs: its row, by id.
    private static let selectEvent = SQLStatement(
        name: "bench_event", text: "SELECT data FROM events WHERE event_id = $1 AND country_code = 'fr'")
    /// The least that a booking's history needs: its rows, by stream.
    private static let selectStream = SQLStatement(
        name: "bench_stream",
        text: "SELECT data FROM events WHERE stream = $1 AND country_code = 'fr' ORDER BY stream_version")

    private func oneBooking(
        _ history: SealedHistory, _ pool: PGPool, _ name: String, _ report: (FigureResult) -> Void
    ) async throws {
        let reader = AuditReader(booking: pool, practitioner: pool, patient: pool)
        let times = try await timed(history.eventCount) { number in
            // Of five events four are bookings, the first of them with two events.
            let booking = SealedHistory.booking((number - 1) / 5 * 4)
            let events = try await reader.all(.booking(booking), AuditFilter())
            guard events.count == 2, events.allSatisfy({ $0.places.first?.position != nil }) else {
                throw WrongAnswer("a booking has \(events.count) events with positions")
            }
        }
        let bare = try await timed(history.eventCount) { number in
            let stream = StreamName(SealedHistory.booking((number - 1) / 5 * 4)).text
            let rows = try await pool.query(Self.selectStream, [.text(stream)])
            guard rows.count == 2 else { throw WrongAnswer("a stream has \(rows.count) rows") }
        }
        report(
            FigureResult(
                "history of one booking of \(name), p99", times.quantile(0.99), .milliseconds,
                limit: bare.quantile(0.99), target: .atMost(20)))
    }

    /// Milliseconds of each of some hundred questions about events all over the history.
    private func timed(_ count: Int64, _ ask: (Int64) async throws -> Void) async throws -> [Double] {
        var random = SeededGenerator(seed: 5)
        var times: [Double] = []
        for _ in 0..<Self.samples {
            let number = Int64(random.next() % UInt64(count)) + 1
            let begin = ContinuousClock.now
            try await ask(number)
            times.append((ContinuousClock.now - begin).seconds * 1_000)
        }
        return times
    }

    // MARK: adding to it

    private static let perTransaction = 20
    private static let writers = 8

    private func appends(
        _ history: SealedHistory, _ name: String, _ report: (FigureResult) -> Void
    ) async throws {
        var (short, long): ([Double], [Double]) = ([], [])
        for run in 0..<max(2, ground.scale.runs) {
            // Anew each time: what a run adds must not make the short history a long one.
            let small = try await SealedHistory.make("small", Self.smallCount, isSealed: false, ground)
            if run % 2 == 0 { short.append(try await appendRate(small, run)) }
            long.append(try await appendRate(history, run))
            if run % 2 == 1 { short.append(try await appendRate(small, run)) }
        }
        report(
            FigureResult(
                "appends to \(name), against 10,000", long.median, .perSecond,
                limit: short.median, target: .ratio(0.9)))
    }

    private func appendRate(_ store: SealedHistory, _ run: Int) async throws -> Double {
        let batches = ground.scale.count(200_000) / Self.perTransaction
        let first = run * batches
        let pool = store.pool(Self.writers)
        let begin = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    for batch in stride(from: first + writer, to: first + batches, by: Self.writers) {
                        let start = batch * Self.perTransaction
                        let append = EventAppend((start..<start + Self.perTransaction).map(ground.history.event))
                        _ = try await pool.pipeline([PGStep(.begin)] + append.steps + [PGStep(.commit)])
                    }
                }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - begin).seconds
        await pool.close()
        return Double(batches * Self.perTransaction) / seconds
    }

    // MARK: what it takes

    private func storage(
        _ history: SealedHistory, _ pool: PGPool, _ report: (FigureResult) -> Void
    ) async throws {
        let sizes = try await pool.query(SQL.measureStorage)
        let payload = Double(sizes.int(0, 4)) / Double(history.eventCount)
        for (column, what) in ["rows", "indexes", "stamps", "tree"].enumerated() {
            let bytes = Double(sizes.int(0, column)) / Double(history.eventCount)
            report(FigureResult("stored an event: \(what), beside its payload", bytes, .bytes, limit: payload))
        }
    }
}
