package import Domain
package import Postgres

/// Writes what was done to the system into its own history: streams `operations-{id}` of the booking database, which
/// are stamped and sealed like all others, so that nobody can do something and take it back from the record.
///
/// ```swift
/// let log = OperationsLog(booking: pool, identifiers: UUIDv7Source(clock: clock), clock: clock)
/// let operation = OperationID(from: identifiers)
/// try await log.record(OperationFact(operation: operation, .rebuild, .started, by: operatorIdentity))
/// ```
package struct OperationsLog: Sendable {
    private static let attemptsMax = 3

    private let pool: PGPool
    private let identifiers: any IdentifierSource
    private let clock: any WallClock

    /// Writes through a pool of the booking database, as a role that may append.
    package init(booking pool: PGPool, identifiers: any IdentifierSource, clock: any WallClock) {
        self.pool = pool
        self.identifiers = identifiers
        self.clock = clock
    }

    /// Appends a fact to its operation's stream; when this returns, it is durable.
    ///
    /// - Returns: The fact's event id.
    /// - Throws: `OperationsLogError.notPermitted` where the database role may only read, which a caller turns into a
    ///   warning or a refusal; `OperationsLogError.unavailable`; `CancellationError`.
    @discardableResult
    package func record(_ fact: OperationFact) async throws -> EventID {
        let eventID = EventID(from: identifiers)
        for attempt in 1... {
            do {
                try await append(fact, eventID)
                break
            } catch let error as PGError {
                // Somebody else wrote to the same operation in between; its next version is free.
                let isConflict = EventStoreError(error) == .wrongExpectedVersion || error.isRetryable
                if !isConflict || attempt == Self.attemptsMax { throw OperationsLogError(error) }
            }
        }
        return eventID
    }

    private func append(_ fact: OperationFact, _ eventID: EventID) async throws {
        let event = fact.event
        let metadata = EventMetadata(
            eventID: eventID, occurredAt: clock.now(), correlationID: fact.correlationID ?? "\(event.operationID)",
            actorRole: fact.actor.role, actorSubject: fact.actor.subject)
        try await pool.withSession { session in
            let head = try await session.query(
                SQL.readStreamHead, [.text(event.country.text), .text(StreamName(event.operationID).text)])
            let version = head.count == 0 ? 1 : head.int(0, 0) + 1
            let append = EventAppend([EventToAppend(event, version: version, metadata: metadata)])
            let results = try await session.pipeline([PGStep(.begin)] + append.steps + [PGStep(.commit)])
            _ = try append.verify(results.dropFirst().dropLast())
        }
    }
}

/// Why a fact was not written.
package enum OperationsLogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The database role may only read, or the database takes no writes at all.
    case notPermitted
    /// The database does not answer, or refused for a reason of its own; the text has no secrets.
    case unavailable(String)

    private static let readOnlyTransaction = SQLState(rawValue: "25006")

    init(_ error: PGError) {
        let isReadOnly = error.sqlState == .insufficientPrivilege || error.sqlState == Self.readOnlyTransaction
        self = isReadOnly ? .notPermitted : .unavailable("\(error)")
    }

    /// Safe to log and to show.
    package var description: String {
        switch self {
        case .notPermitted:
            "the booking database does not let this role write; facts about operations need a role that may append"
        case .unavailable(let reason): "the booking database took no fact: \(reason)"
        }
    }
}
