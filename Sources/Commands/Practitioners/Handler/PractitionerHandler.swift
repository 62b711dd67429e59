package import Domain
import EventStore
package import Observability
package import Postgres

/// Carries a change of a practitioner all the way: into the store, into booking's calendar, and back to the caller.
///
/// The change commits first, its answer still owed under the request's key. Then booking applies it, says what it
/// displaced, and the answer is given and stored. Whatever fails in between leaves the change kept and the key bound:
/// the same request again, or the event on its way to booking, goes on from there.
package struct PractitionerHandler: Sendable {
    /// Transactions that one request tries, when others with the same key, or a lost connection, come between.
    static let attemptsMax = 4

    private let pool: PGPool
    private let transaction: PractitionerTransaction
    private let check: CommandCheck
    private let queries: PractitionerQueries
    private let stream: PractitionerStream
    private let calendar: any CalendarPort
    private let log: Log

    /// - Parameters:
    ///   - pool: The practitioner database, as the application's role.
    ///   - zones: The zones that practices may be in; their version is recorded with each event.
    ///   - calendar: Booking.
    ///   - clock: Says what today is, and when an event happened.
    ///   - identifiers: For practitioners, exceptions and events.
    ///   - log: Gets what went wrong.
    ///   - committed: Called after each commit that has an event, to wake the relayer; must not block.
    package init(
        pool: PGPool, zones: ZoneDatabase, calendar: any CalendarPort, clock: any WallClock,
        identifiers: any IdentifierSource, log: Log, committed: @escaping @Sendable () -> Void
    ) {
        self.pool = pool
        transaction = PractitionerTransaction(
            pool: pool, zones: zones, clock: clock, identifiers: identifiers, committed: committed)
        check = CommandCheck(zones: zones)
        queries = PractitionerQueries(pool: pool)
        stream = PractitionerStream(pool: pool)
        self.calendar = calendar
        self.log = log
    }

    /// Decides, writes, has it applied and answers one command.
    package func execute(_ request: PractitionerRequest) async -> PractitionerResult {
        let faults = check.faults(request.command, in: request.country)
        if !faults.isEmpty { return .invalid(faults) }
        for attempt in 1...Self.attemptsMax {
            do {
                switch try await transaction.run(request) {
                case .answered(let answer, let replayed): return .answer(answer, replayed: replayed)
                case .keyReused: return .keyReused
                case .preconditionFailed(let current): return .preconditionFailed(current: current)
                case .kept(let change): return await answer(change, request)
                }
            } catch {
                log.warning(
                    "practitioner transaction failed",
                    [.error: .error(error), .attempt: .count(attempt), .attemptsMax: .count(Self.attemptsMax)])
                guard mayRunAgain(after: error) else {
                    return .unavailable(dependency: Self.database, changeKept: false)
                }
                if attempt == Self.attemptsMax, EventStoreError(error) != nil {
                    return .inProgress(retryAfterSeconds: 1)
                }
            }
        }
        return .unavailable(dependency: Self.database, changeKept: false)
    }

    private static let database = "practitioner-database"

    /// Nothing of a failed transaction counts; one whose COMMIT was lost is found by its key, or by its content.
    private func mayRunAgain(after error: any Error) -> Bool {
        if Task.isCancelled { return false }
        if EventStoreError(error) != nil { return true }
        guard let error = error as? PGError else { return false }
        return error.isRetryable || error.isConnectionLost
    }

    /// Has booking apply a kept change, and gives the answer that was owed until then.
    private func answer(_ committed: CommittedChange, _ request: PractitionerRequest) async -> PractitionerResult {
        let country = request.country.code
        do {
            let change = try await lastChange(of: committed, in: country)
            try await asking {
                try await calendar.apply([change], of: committed.owed.practitionerID, in: country, upTo: change.version)
            }
            let answer = request.render(try await outcome(of: committed, in: country))
            guard let key = request.idempotency else { return .answer(answer, replayed: false) }
            return try await give(answer, to: key)
        } catch {
            log.warning(
                "answer to a kept change of a practitioner is owed",
                [
                    .practitioner: .uuid(
                        high: committed.owed.practitionerID.high, low: committed.owed.practitionerID.low),
                    .error: .error(error),
                ])
            let isBooking = error as? HandlerFault == .bookingUnavailable
            return .unavailable(dependency: isBooking ? "booking" : Self.database, changeKept: true)
        }
    }

    /// The change that was just made, or the last one of the stream: whoever applies it has applied all before it.
    private func lastChange(
        of committed: CommittedChange, in country: CountryCode
    ) async throws -> PractitionerChange {
        if let change = committed.change { return change }
        let id = committed.owed.practitionerID
        var version = committed.practitioner?.streamVersion
        if version == nil { version = try await queries.practitioner(id, in: country)?.streamVersion }
        guard let version else { throw HandlerFault.rowMissing }
        return try await stream.changes(of: id, in: country, after: version - 1, upTo: version)[0]
    }

    private func outcome(of committed: CommittedChange, in country: CountryCode) async throws -> PractitionerOutcome {
        let owed = committed.owed
        var shown = committed.practitioner
        if shown == nil { shown = try await stream.practitioner(owed.practitionerID, in: country, at: owed.version) }
        guard let practitioner = shown else { throw HandlerFault.rowMissing }
        var displaced: [DisplacedBooking] = []
        if let cause = owed.cause {
            displaced = try await asking { try await calendar.displaced(by: cause, in: country) }
        }
        switch owed.kind {
        case .registered: return .registered(practitioner)
        case .updated: return .updated(practitioner)
        case .switched: return .switched(practitioner, displaced: displaced)
        case .scheduled: return .scheduled(practitioner, displaced: displaced)
        case .exceptionAdded:
            guard let id = owed.exceptionID,
                let exception = try await queries.exception(id, of: practitioner.id, in: country)
            else { throw HandlerFault.rowMissing }
            return .exceptionAdded(exception, of: practitioner, displaced: displaced)
        case .exceptionRemoved: return .exceptionRemoved
        }
    }

    /// Stores an answer that was owed; where another process with the same request was faster, its answer counts.
    private func give(_ answer: StoredAnswer, to key: IdempotencyKey) async throws -> PractitionerResult {
        let results = try await pool.pipeline([
            IdempotencyStore.complete(key, with: answer), IdempotencyStore.lookup([key]),
        ])
        if results[0].count == 1 { return .answer(answer, replayed: false) }
        guard case .given(let stored) = IdempotencyStore.answers(to: [key], results[1])[0] else {
            throw HandlerFault.foreignOwedAnswer
        }
        return .answer(stored, replayed: true)
    }

    private func asking<T>(_ question: () async throws -> T) async throws -> T {
        do { return try await question() } catch {
            log.warning("booking cannot be asked", [.dependency: .name("booking"), .error: .error(error)])
            throw HandlerFault.bookingUnavailable
        }
    }
}
