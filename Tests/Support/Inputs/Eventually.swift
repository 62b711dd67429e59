/// Waits until `condition` holds.
///
/// The only way in which tests wait: sleeping is slow when it works and flaky when it does not.
///
/// - Parameters:
///   - what: What is waited for, as the failure will say it: "the slot is gone from the page".
///   - deadline: How long to go on asking.
///   - interval: Pause between two questions.
///   - condition: Asked again and again; an error counts as "not yet" and is told when time is up.
/// - Throws: `NeverHappened`, or `CancellationError`.
package func eventually(
    _ what: String, within deadline: Duration = .seconds(30), every interval: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async throws {
    _ = try await eventually(what, within: deadline, every: interval) { try await condition() ? true : nil }
}

/// Waits until `answer` is not nil and returns it.
///
/// - Throws: `NeverHappened`, or `CancellationError`.
package func eventually<T: Sendable>(
    _ what: String, within deadline: Duration = .seconds(30), every interval: Duration = .milliseconds(10),
    _ answer: () async throws -> T?
) async throws -> T {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: deadline)
    var lastError: (any Error)?
    while true {
        do {
            if let answer = try await answer() { return answer }
            lastError = nil
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            lastError = error
        }
        guard clock.now < end else {
            throw NeverHappened(what: what, deadline: deadline, lastError: lastError.map { String(reflecting: $0) })
        }
        try await Task.sleep(for: interval, clock: clock)
    }
}

/// A condition did not come true in time.
package struct NeverHappened: Error, CustomStringConvertible {
    let what: String
    let deadline: Duration
    let lastError: String?

    /// What was waited for, how long, and why it failed the last time it was asked.
    package var description: String {
        "within \(deadline) it never happened that \(what)" + (lastError.map { "; last error: \($0)" } ?? "")
    }
}
