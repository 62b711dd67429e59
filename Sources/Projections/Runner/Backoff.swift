/// Waits longer after each failure in a row: 50 ms, 100 ms … 5 s.
struct Backoff {
    private static let shortest: Duration = .milliseconds(50)
    private static let longest: Duration = .seconds(5)

    private var next = Self.shortest

    /// The wait before the next attempt.
    mutating func delay() -> Duration {
        defer { next = min(next * 2, Self.longest) }
        return next
    }

    /// After a success.
    mutating func reset() { next = Self.shortest }
}
