import EventStore
import Synchronization

/// How far a verification is, with rate and time to go: a bar on a terminal, elsewhere nothing.
final class HistoryBar: Sendable {
    private static let width = 30
    private static let pause = Duration.milliseconds(200)

    private struct Shown {
        var database = ""
        var begin = ContinuousClock.now
        var drawnAt: ContinuousClock.Instant?
    }

    private let console: Console
    private let shown = Mutex(Shown())

    init(_ console: Console) {
        self.console = console
    }

    /// Draws the bar, at most five times a second.
    func show(_ progress: HistoryProgress) {
        guard console.errorIsTerminal else { return }
        let line: String? = shown.withLock { shown in
            let now = ContinuousClock.now
            if shown.database != progress.database { shown = Shown(database: progress.database, begin: now) }
            if let drawn = shown.drawnAt, now - drawn < Self.pause { return nil }
            shown.drawnAt = now
            return Self.line(progress, after: now - shown.begin)
        }
        if let line { console.writeError("\r\(line)\u{1B}[K") }
    }

    /// Takes the bar away, before other text.
    func clear() {
        if console.errorIsTerminal { console.writeError("\r\u{1B}[K") }
    }

    /// `[=====     ] booking 1200000/2400000 610000 events/s, 2 s to go`.
    static func line(_ progress: HistoryProgress, after time: Duration) -> String {
        let total = max(progress.total, 1)
        let done = min(progress.done, total)
        let filled = Int(done * Int64(width) / total)
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
        let seconds = max(Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18, 0.001)
        let rate = Double(done) / seconds
        let rest = rate > 0 ? Int(Double(total - done) / rate) : 0
        return "[\(bar)] \(progress.database) \(done)/\(total) \(Int(rate)) events/s, \(rest) s to go"
    }
}
