import Configuration
import Crypto
import Domain
import EventStore
import Postgres

/// Verifies the history of databases against a folder of heads.
struct DatabaseChecks: Sendable {
    let options: HistoryOptions
    let key: Ed25519PublicKey
    let headsFolder: String
    let statePath: String
    let voice: HistoryVoice

    private let clock = SystemClock()

    init(
        options: HistoryOptions, key: Ed25519PublicKey, headsFolder: String, statePath: String, voice: HistoryVoice
    ) {
        self.options = options
        self.key = key
        self.headsFolder = headsFolder
        self.statePath = statePath
        self.voice = voice
    }

    /// - Returns: 0 proven, 1 something is wrong.
    /// - Throws: `SettingsError` (2), `Unreachable` (3), `Refusal` (4), `CancellationError` (130).
    func run(_ environment: [String: String]) async throws -> ExitCode {
        let databases = try HistoryDatabases(environment, options.databases)
        do {
            let code = try await run(databases, OperatorIdentity.current(environment))
            await databases.close()
            return code
        } catch {
            await databases.close()
            throw error
        }
    }

    private func run(_ databases: HistoryDatabases, _ actor: OperationActor) async throws -> ExitCode {
        let output = try options.output.map { path throws(UsageError) in try ExportFile(path) }  // before the work
        let state = options.isSinceLast ? try VerifiedState.read(statePath) : VerifiedState()
        if options.isSinceLast { sayWhatIsTrusted(state) }
        let log = FileHeadLog(folder: headsFolder, clock: clock)
        // The heads before the snapshots: what is sealed meanwhile is then no finding.
        let book = try await naming("history-heads") {
            // What was verified is not looked at again, but its head must still be there.
            try await HeadBook.read(log, publicKey: key, floors: state.trees.mapValues(\.size))
        }
        let record = HistoryRecord(databases, actor, clock)
        await record.add(.started, details(), voice)
        do {
            let (result, reports) = try await verify(databases, book, state)
            if let output { try await write(output, databases, log) }
            keep(reports, state, isGood: result.findingCount == 0)
            voice.summary(result, at: clock.now())
            let outcome = [
                OperationDetail("rows", result.rowCount), OperationDetail("findings", result.findingCount),
            ]
            await record.add(.finished, details() + outcome, voice)
            return result.findingCount == 0 ? .success : .differs
        } catch {
            let phase: OperationPhase =
                error is Refusal ? .refused : error is CancellationError || Task.isCancelled ? .interrupted : .failed
            await Task { await record.add(phase, details(), voice) }.value
            throw error
        }
    }

    private func verify(
        _ databases: HistoryDatabases, _ book: HeadBook, _ state: VerifiedState
    ) async throws -> (HistoryResult, [HistoryReport]) {
        var result = HistoryResult()
        result.noteCount = book.noteCount
        let begin = ContinuousClock.now
        guard !book.heads.isEmpty || !book.findings.isEmpty || !state.trees.isEmpty else {
            throw Refusal(
                missing: ["there is no signed head in \(headsFolder): nothing says what the history must be"])
        }
        let concerning = book.findings.kept.filter(concerns)
        for finding in concerning { voice.say(finding) }
        result.findingCount += book.findings.count
        let unsaid = book.findings.count - concerning.count
        if unsaid > 0 { voice.warn("\(unsaid) more findings in the log of heads are not listed; --heads shows more") }
        if book.isThinned {
            voice.note("The log has very many heads: the newest, and evenly spread ones of the others, are compared.")
        }
        voice.warnOfTorn(book, in: headsFolder)
        var reports: [HistoryReport] = []
        for (name, pool) in databases.pools {
            let report = try await verify(name, pool, book, state)
            for shard in report.shards { voice.say(shard) }
            for finding in report.allFindings { voice.say(finding) }
            let hidden = report.findingCount - report.allFindings.count
            if hidden > 0 { voice.warn("\(hidden) more findings in \(name) are not listed") }
            warnOfAge(report)
            result.shardCount += report.shards.count
            result.findingCount += report.findingCount
            result.rowCount += report.rowCount
            result.byteCount += report.byteCount
            reports.append(report)
        }
        let time = (ContinuousClock.now - begin).components
        result.seconds = Double(time.seconds) + Double(time.attoseconds) / 1e18
        return (result, reports)
    }

    private func verify(
        _ name: String, _ pool: PGPool, _ book: HeadBook, _ state: VerifiedState
    ) async throws -> HistoryReport {
        let bar = HistoryBar(voice.console)
        defer { bar.clear() }
        do {
            return try await naming("\(name)-database") {
                try await HistoryVerifier(database: name, pool: pool, book: book).verify(scope(state)) { bar.show($0) }
            }
        } catch let error as HistoryNotCovered {
            throw Refusal(missing: error.missing)
        }
    }

    private func scope(_ state: VerifiedState) -> HistoryScope {
        if let shard = options.shard { return .positions(shard, options.positions) }
        if let time = options.time { return .time(time) }
        return options.isSinceLast ? .since(state.trees) : .whole
    }

    private func naming<T>(_ dependency: String, _ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let error as HeadLogError {
            throw Unreachable(dependency: dependency, reason: "\(error)")
        } catch {
            throw Unreachable(dependency, error) ?? error
        }
    }

    /// A log is shared by the databases: what is wrong with another one's heads is told, too, if all are asked for.
    private func concerns(_ finding: HistoryFinding) -> Bool {
        finding.database.map { options.databases.contains($0) } ?? true
    }

    // MARK: what else is said

    private func sayWhatIsTrusted(_ state: VerifiedState) {
        guard let at = state.verifiedAt else {
            return voice.note("Nothing was verified before (\(statePath)): everything is read.")
        }
        voice.note(
            "Trusted without reading it again: what \(statePath) says was verified until \(at.text()). Rows before "
                + "that, and rows put between them since, are only found by a full verification.")
    }

    private func warnOfAge(_ report: HistoryReport) {
        let now = clock.now()
        for shard in report.shards {
            guard let at = shard.oldestUnsealedAt else { continue }
            let minutes = (now.seconds - at.seconds) / 60
            guard minutes >= Int64(options.ageMaxMinutes) else { continue }
            voice.warn(
                "\(shard.tree.database) shard \(shard.tree.shard.number): \(shard.unsealedCount) events are under no "
                    + "signed head, the oldest for \(minutes) minutes: does the role relay run, with HISTORY_KEY?")
        }
    }

    // MARK: what is kept

    private func keep(_ reports: [HistoryReport], _ before: VerifiedState, isGood: Bool) {
        guard isGood, options.isWholeTree else { return }
        var state = before
        for shard in reports.flatMap(\.shards) {
            if let verified = shard.verified { state.trees[shard.tree] = verified }
        }
        // Databases that were not looked at now stay as they were.
        if !options.isSinceLast, let known = try? VerifiedState.read(statePath) {
            state.trees.merge(known.trees) { new, _ in new }
        }
        state.verifiedAt = clock.now()
        do { try state.write(statePath) } catch {
            voice.warn("what was verified cannot be kept for --since-last: \(error)")
        }
    }

    private func write(_ file: ExportFile, _ databases: HistoryDatabases, _ log: FileHeadLog) async throws {
        guard let shard = options.shard, let (name, pool) = databases.pools.first else { return }
        do {
            let export = HistoryExport(database: name, pool: pool, log: log, publicKey: key)
            let range = try await naming("\(name)-database") {
                try await export.write(shard, options.positions) { try file.write($0) }
            }
            try file.finish()
            voice.note("Positions \(range.lowerBound) to \(range.upperBound) were written to \(file.path).")
        } catch let error as NoProof {
            throw Refusal(missing: ["\(file.path) was not written: \(error)"])
        }
    }

    private func details() -> [OperationDetail] {
        var details = [OperationDetail("databases", options.databases.joined(separator: " "))]
        if let shard = options.shard {
            details.append(OperationDetail("shard", shard.number))
            details.append(OperationDetail("from_position", options.positions.lowerBound))
            details.append(OperationDetail("to_position", options.positions.upperBound))
        }
        if let time = options.time {
            details.append(OperationDetail("from", time.lowerBound.text()))
            details.append(OperationDetail("to", time.upperBound.text()))
        }
        if options.isSinceLast { details.append(OperationDetail("since_last", 1)) }
        return details
    }
}
