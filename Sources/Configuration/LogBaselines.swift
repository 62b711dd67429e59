/// `LOG_BASELINE_HOURS`: how often models put what they hold into the log, so that a rebuild can do with the log alone.
package enum LogBaselines {
    /// A topic keeps seven days: of these hours, a whole round and everything after it is there at any moment.
    package static let hoursRange = 1...120
    private static let name = "LOG_BASELINE_HOURS"

    /// Reads the setting; a value out of range is told by `environment.faults`.
    ///
    /// - Returns: Hours; nil where it is empty: nothing is put into the log.
    package static func hours(_ environment: inout Environment) -> Int? {
        guard environment.text(name) != nil else { return nil }
        return environment.integer(name, in: hoursRange, default: hoursRange.upperBound)
    }
}
