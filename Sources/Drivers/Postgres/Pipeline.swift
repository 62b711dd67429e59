import CLibPQ
import Glibc

extension PGConnection {
    /// Runs the steps in one round trip and one implicit transaction, unless they begin or commit themselves.
    ///
    /// The first error makes the server skip the rest; a transaction that the steps began is rolled back then. Steps
    /// that failed only because a prepared statement went stale are run once more, if nothing of them can have been
    /// committed.
    func run(_ steps: [PGStep]) throws(PGError) -> [PGRows] {
        for step in steps where step.parameters.count > Self.parametersMax {
            throw PGError("more than \(Self.parametersMax) parameters: pass arrays", during: step.statement.name)
        }
        let wasIdle = isIdle
        if wasIdle && prepared.isStale { try deallocateAll() }
        var outcome = attempt(steps, wasIdle: wasIdle)
        if let failure = outcome.failure, failure.isStaleStatement {
            prepared.forgetAll(serverDropped: false)
            guard wasIdle, !outcome.rows.contains(where: { Self.committing.contains($0.commandTag) }) else {
                throw failure
            }
            try deallocateAll()
            outcome = attempt(steps, wasIdle: wasIdle)
        }
        if let failure = outcome.failure { throw failure }
        return outcome.rows
    }

    /// The protocol counts parameters in 16 bits.
    private static let parametersMax = 65_535

    /// After one of these the steps before it are no longer undone by a later failure.
    private static let committing: Set<String> = ["COMMIT", "CALL", "DO"]

    private struct Outcome {
        var rows: [PGRows] = []
        var failure: PGError?
    }

    /// One command on the wire: the preparation of a step's statement, or the step itself.
    private struct Command {
        let step: Int
        let preparedName: String?
    }

    private func attempt(_ steps: [PGStep], wasIdle: Bool) -> Outcome {
        var outcome = Outcome()
        guard !steps.isEmpty else { return outcome }
        guard PQenterPipelineMode(handle) == 1 else {
            outcome.failure = PGError(connection: handle, during: steps[0].statement.name)
            return outcome
        }
        let commands = send(steps, &outcome)
        if outcome.failure == nil { receive(commands, of: steps, &outcome) }
        if outcome.failure?.isConnectionLost == true {
            markOutcome(&outcome, of: steps, wasIdle: wasIdle)
        } else if outcome.failure != nil && wasIdle && !isIdle {
            rollBack(&outcome)
        }
        return outcome
    }

    /// Queues everything, then a Sync, and flushes.
    ///
    /// It reads meanwhile, so that full buffers on both sides cannot block each other.
    private func send(_ steps: [PGStep], _ outcome: inout Outcome) -> [Command] {
        var commands: [Command] = []
        commands.reserveCapacity(steps.count + 1)
        _ = PQsetnonblocking(handle, 1)
        defer { _ = PQsetnonblocking(handle, 0) }
        for (index, step) in steps.enumerated() {
            encoder.encode(step.parameters)
            var name = prepared.serverName(step.statement, encoder.types)
            if name == nil {
                let added = prepared.add(step.statement, encoder.types)
                name = added
                commands.append(Command(step: index, preparedName: added))
                let count = Int32(encoder.types.count)
                guard PQsendPrepare(handle, added, step.statement.text, count, encoder.types) == 1 else {
                    outcome.failure = abandoned(commands, of: steps, during: step.statement.name)
                    return commands
                }
            }
            commands.append(Command(step: index, preparedName: nil))
            let sent = encoder.withPointers { count, values, lengths, formats in
                PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
            }
            guard sent == 1 else {
                outcome.failure = abandoned(commands, of: steps, during: step.statement.name)
                return commands
            }
        }
        guard PQpipelineSync(handle) == 1, flush() else {
            outcome.failure = abandoned(commands, of: steps, during: steps[0].statement.name)
            return commands
        }
        return commands
    }

    /// libpq refused to queue a command: the connection is given up, because half a pipeline cannot be taken back.
    private func abandoned(_ commands: [Command], of steps: [PGStep], during operation: String) -> PGError {
        for command in commands {
            guard let name = command.preparedName else { continue }
            prepared.remove(steps[command.step].statement, name)
        }
        var error = PGError(connection: handle, during: operation)
        error.isConnectionLost = true
        return error
    }

    private func flush() -> Bool {
        while true {
            switch PQflush(handle) {
            case 0: return true
            case 1:
                var watched = pollfd(fd: PQsocket(handle), events: Int16(POLLIN | POLLOUT), revents: 0)
                if poll(&watched, 1, -1) < 0 && errno != EINTR { return false }
                if watched.revents & Int16(POLLIN) != 0 && PQconsumeInput(handle) == 0 { return false }
            default: return false
            }
        }
    }

    private func receive(_ commands: [Command], of steps: [PGStep], _ outcome: inout Outcome) {
        for command in commands {
            let statement = steps[command.step].statement
            guard let result = PQgetResult(handle) else {
                outcome.failure = outcome.failure ?? lost(during: statement.name)
                return
            }
            take(result, of: command, statement, &outcome)
            while let extra = PQgetResult(handle) {  // the nil that ends each command
                PQclear(extra)
                if PQstatus(handle) == CONNECTION_BAD { break }
            }
            if PQstatus(handle) == CONNECTION_BAD {
                var failure = outcome.failure ?? lost(during: statement.name)
                failure.isConnectionLost = true
                outcome.failure = failure
                return
            }
        }
        guard let sync = PQgetResult(handle) else {
            outcome.failure = outcome.failure ?? lost(during: steps[steps.count - 1].statement.name)
            return
        }
        defer { PQclear(sync) }
        if PQresultStatus(sync) != PGRES_PIPELINE_SYNC {  // a deferred constraint, or the commit itself, failed
            outcome.failure = outcome.failure ?? failure(sync, during: steps[steps.count - 1].statement.name)
            drainToSync()
        }
        if PQexitPipelineMode(handle) != 1 {
            outcome.failure = outcome.failure ?? lost(during: steps[steps.count - 1].statement.name)
            outcome.failure?.isConnectionLost = true
        }
    }

    private func take(_ result: OpaquePointer, of command: Command, _ statement: SQLStatement, _ outcome: inout Outcome)
    {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            if command.preparedName == nil {
                outcome.rows.append(PGRows(taking: result, during: statement.name))
            } else {
                PQclear(result)
            }
            return
        case PGRES_PIPELINE_ABORTED:
            break
        default:
            outcome.failure = outcome.failure ?? failure(result, during: statement.name)
        }
        PQclear(result)
        if let name = command.preparedName { prepared.remove(statement, name) }
    }

    /// An implicit commit can fail after the last step's answer; what follows up to the Sync carries nothing new.
    private func drainToSync() {
        var nilsInARow = 0
        while nilsInARow < 2 && PQstatus(handle) == CONNECTION_OK {
            guard let result = PQgetResult(handle) else {
                nilsInARow += 1
                continue
            }
            nilsInARow = 0
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC { return }
        }
    }

    private func lost(during operation: String) -> PGError {
        var error = PGError(connection: handle, during: operation)
        error.isConnectionLost = true
        return error
    }

    /// Says whether the loss fell into the time in which the server may have committed.
    private func markOutcome(_ outcome: inout Outcome, of steps: [PGStep], wasIdle: Bool) {
        let answered = outcome.rows.count
        let controls = steps.map(\.statement.control)
        let commit: Int?
        if let explicit = controls.indices.first(where: { $0 >= answered && controls[$0] == .commits }) {
            commit = explicit
        } else {
            let lastControl = controls.last { $0 != .none }
            let endsInsideTransaction = lastControl.map { $0 == .begins } ?? !wasIdle
            commit = endsInsideTransaction ? nil : steps.count  // the Sync commits
        }
        guard let commit, let failure = outcome.failure else { return }
        // A farewell in answer to a step before the commit says that the commit was not reached; silence says nothing.
        outcome.failure?.isOutcomeUnknown = failure.sqlState == nil || answered >= min(commit, steps.count)
    }

    /// Undoes what the steps began; where even that fails the connection is given up, and the first error still counts.
    private func rollBack(_ outcome: inout Outcome) {
        do throws(PGError) {
            try execute(SQLStatement.rollback.text, during: SQLStatement.rollback.name)
        } catch {
            outcome.failure?.isConnectionLost = true
        }
    }

    private func deallocateAll() throws(PGError) {
        try execute("DEALLOCATE ALL", during: "deallocate_all")
        prepared.forgetAll(serverDropped: true)
    }
}
