/// How much a log line matters.
package enum LogLevel: String, CaseIterable, Comparable, Sendable {
    /// For whoever follows one request through the code.
    case debug
    /// Normal life that an operator may want to read later.
    case info
    /// Something was refused, retried or degraded; the system copes.
    case warning
    /// A promise is at risk, or a person must act.
    case error

    /// In the order of severity.
    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.severity < right.severity }

    private var severity: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}
