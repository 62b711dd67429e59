/// One SQL text with a name; prepared once a connection, on first use.
package struct SQLStatement: Sendable {
    /// Names the statement in errors and metrics; the server sees a short number instead.
    package let name: String
    /// The text, with `$1` and so on for parameters; to be prepared it must be exactly one statement.
    package let text: String

    /// Takes a text that is made at run time.
    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// Takes a file that SwiftPM embedded from the target's `SQL` folder.
    package init(name: StaticString, embedded bytes: [UInt8]) {
        self.init(name: "\(name)", text: String(decoding: bytes, as: UTF8.self))
    }
}

extension SQLStatement {
    /// Opens a READ COMMITTED transaction; may ride in a pipeline.
    package static let begin = SQLStatement(name: "begin", text: "BEGIN")
    /// Opens a REPEATABLE READ transaction: one snapshot for all its statements.
    package static let beginRepeatableRead = SQLStatement(
        name: "begin_repeatable_read", text: "BEGIN ISOLATION LEVEL REPEATABLE READ")
    /// Commits; as the last step of a pipeline it is skipped when an earlier step failed.
    package static let commit = SQLStatement(name: "commit", text: "COMMIT")
    /// Has the statements that follow planned for their very values, until the transaction ends; `plan_cache_mode`.
    ///
    /// For questions whose best way depends on what is asked. By itself PostgreSQL compares a plan for all values with
    /// what plans for the first five cost by the statistics of that moment, and may keep the wrong one for good.
    package static let planAnew = SQLStatement(
        name: "plan_anew", text: "SET LOCAL plan_cache_mode = force_custom_plan")
    /// Gives the transaction up.
    package static let rollback = SQLStatement(name: "rollback", text: "ROLLBACK")

    /// What the statement does to the transaction, judged by its first word after comments.
    var control: TransactionControl {
        switch firstWord.uppercased() {
        case "BEGIN", "START": .begins
        case "COMMIT", "END": .commits
        default: .none
        }
    }

    private var firstWord: Substring {
        var rest = Substring(text)
        while true {
            rest = rest.drop(while: \.isWhitespace)
            guard rest.hasPrefix("--") else { return rest.prefix(while: \.isLetter) }
            rest = rest.drop { !$0.isNewline }
        }
    }
}

/// Whether a statement opens or commits a transaction.
enum TransactionControl {
    case none
    case begins
    case commits
}

/// One statement with its parameters, ready to be sent.
package struct PGStep: Sendable {
    /// What to run.
    package let statement: SQLStatement
    /// `$1` … in order.
    package let parameters: [PGValue]

    /// Joins a statement and its parameters.
    ///
    /// - Parameters:
    ///   - s: What to run.
    ///   - p: As many values as the statement has parameters, at most 65,535; pass arrays for sets.
    package init(_ s: SQLStatement, _ p: [PGValue] = []) {
        statement = s
        parameters = p
    }
}
