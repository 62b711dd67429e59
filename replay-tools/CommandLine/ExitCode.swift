/// How the program ends (CONTRACT section 4).
enum ExitCode: Int32 {
    case success = 0
    /// A difference or a broken proof was found.
    case differs = 1
    /// Wrong usage or settings.
    case usage = 2
    /// A dependency is unreachable.
    case unreachable = 3
    /// The source does not cover what is asked.
    case refused = 4
    /// Ended by a signal; nothing was changed.
    case interrupted = 130
}

/// The command line is wrong: exit code 2 and one line.
struct UsageError: Error {
    let message: String

    init(_ message: String) { self.message = message }
}

/// A server that does not answer, or refuses to, and without which the work cannot be done: exit code 3.
struct Unreachable: Error, Hashable {
    /// Such as `booking-database`, `redis`, `kafka`.
    let dependency: String
    /// Why, without secrets.
    let reason: String
}

/// The source does not hold all that is asked for: exit code 4.
struct Refusal: Error {
    /// What is missing, one line each.
    let missing: [String]
}
