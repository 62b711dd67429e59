import CLibPQ

/// A failure reported by PostgreSQL or by libpq.
package struct PGError: Error, Sendable {
    /// The five-character SQLSTATE, or nil when the failure happened on this side of the wire.
    package let sqlState: SQLState?
    /// The constraint or unique index that refused, where the server names one.
    package let constraint: String?
    /// What we were doing: a statement name such as `append_events`, never its parameters.
    package let operation: String
    /// Server text; it may quote a row, so a patient, and so it only appears in `debugDescription`.
    package let serverMessage: String
    /// The session is dead; a new one may work.
    ///
    /// What was sent last is undone unless `isOutcomeUnknown`.
    package internal(set) var isConnectionLost: Bool
    /// The connection was lost after a commit was sent and before its answer came: it may or may not have happened.
    package internal(set) var isOutcomeUnknown = false
    /// The server has forgotten the prepared statement, or its result changed shape; preparing anew helps.
    let isStaleStatement: Bool

    /// The same transaction, run again from its start, may succeed.
    package var isRetryable: Bool {
        sqlState == .serializationFailure || sqlState == .deadlockDetected || isStaleStatement || isRoutedWrong
    }

    /// A row was on its way into DEFAULT when a partition for it was attached: run again, it finds that one.
    ///
    /// PostgreSQL calls it a check violation and, unlike with a CHECK, names no constraint
    /// (`ExecPartitionCheckEmitError`).
    private var isRoutedWrong: Bool { sqlState == .checkViolation && constraint == nil }

    /// A unique constraint or index refused; `constraint` says which.
    package var isUniqueViolation: Bool { sqlState == .uniqueViolation }

    /// A failure on this side of the wire.
    init(_ message: String, during operation: String, isConnectionLost: Bool = false) {
        sqlState = nil
        constraint = nil
        self.operation = operation
        serverMessage = message
        self.isConnectionLost = isConnectionLost
        isStaleStatement = false
    }

    /// What `PQerrorMessage` says of a connection.
    init(connection: OpaquePointer, during operation: String) {
        self.init(
            String(cString: PQerrorMessage(connection)), during: operation,
            isConnectionLost: PQstatus(connection) == CONNECTION_BAD)
    }

    /// What the server said in a result; the caller still owns the result.
    init(result: OpaquePointer, during operation: String) {
        let state = cpq_sqlstate(result).map { SQLState(rawValue: String(cString: $0)) }
        let severity = cpq_severity(result).map { String(cString: $0) }
        sqlState = state
        constraint = cpq_constraint(result).map { String(cString: $0) }
        self.operation = operation
        serverMessage = String(cString: PQresultErrorMessage(result))
        isConnectionLost = severity == "FATAL" || severity == "PANIC" || state?.isConnectionException == true
        let source = cpq_source_function(result).map { String(cString: $0) }
        isStaleStatement =
            state == .invalidStatementName
            || (state == .featureNotSupported && source == "RevalidateCachedQuery")
    }
}

extension PGError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Safe to log: no server text, no parameters.
    package var description: String {
        let state = sqlState?.rawValue ?? (isConnectionLost ? "connection lost" : "client")
        let refusal = constraint.map { " by \($0)" } ?? ""
        let outcome = isOutcomeUnknown ? ", outcome unknown" : ""
        return "PGError(\(state)\(refusal) during \(operation)\(outcome))"
    }

    /// With the server's text, for a developer's eyes: it may quote a row.
    package var debugDescription: String { "\(description): \(serverMessage)" }
}

/// A five-character SQLSTATE code of PostgreSQL, appendix A of its manual, or one of our own functions.
package struct SQLState: RawRepresentable, Hashable, Sendable {
    /// Five letters or digits.
    package let rawValue: String

    /// Takes any code.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Also a prepared statement whose result changed shape.
    package static let featureNotSupported = SQLState(rawValue: "0A000")
    /// A NULL where none may be.
    package static let notNullViolation = SQLState(rawValue: "23502")
    /// The row that is referred to does not exist.
    package static let foreignKeyViolation = SQLState(rawValue: "23503")
    /// The key is taken.
    package static let uniqueViolation = SQLState(rawValue: "23505")
    /// A CHECK constraint refused.
    package static let checkViolation = SQLState(rawValue: "23514")
    /// An EXCLUDE constraint refused.
    package static let exclusionViolation = SQLState(rawValue: "23P01")
    /// The server does not know the prepared statement.
    package static let invalidStatementName = SQLState(rawValue: "26000")
    /// Another transaction was faster; run this one again.
    package static let serializationFailure = SQLState(rawValue: "40001")
    /// Two transactions waited for each other; run this one again.
    package static let deadlockDetected = SQLState(rawValue: "40P01")
    /// The database role may not do this.
    package static let insufficientPrivilege = SQLState(rawValue: "42501")
    /// No such table.
    package static let undefinedTable = SQLState(rawValue: "42P01")
    /// The table exists already.
    package static let duplicateTable = SQLState(rawValue: "42P07")
    /// The database exists already.
    package static let duplicateDatabase = SQLState(rawValue: "42P04")
    /// No such database.
    package static let undefinedDatabase = SQLState(rawValue: "3D000")
    /// `NOWAIT` or `lock_timeout`.
    package static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// Cancelled, by `PQcancel` or by `statement_timeout`.
    package static let queryCanceled = SQLState(rawValue: "57014")
    /// The server stops, or somebody killed this backend.
    package static let adminShutdown = SQLState(rawValue: "57P01")
    /// Another backend crashed, so all were stopped.
    package static let crashShutdown = SQLState(rawValue: "57P02")
    /// The server starts or stops.
    package static let cannotConnectNow = SQLState(rawValue: "57P03")

    /// Class 08, or the server is going down: this session has no future.
    var isConnectionException: Bool {
        rawValue.hasPrefix("08") || self == .adminShutdown || self == .crashShutdown || self == .cannotConnectNow
    }
}
