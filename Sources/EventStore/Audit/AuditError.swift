/// Why an auditor's question was not answered.
package enum AuditError: Error, Hashable, Sendable {
    /// The cursor is none, or belongs to another question.
    case badCursor
    /// A database does not answer, or refuses; the text has no secrets.
    case unavailable(AuditDatabase, reason: String)
}
