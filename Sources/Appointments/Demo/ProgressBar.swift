import Glibc

/// One line that is drawn again on a terminal; elsewhere a line a tenth of the way.
struct ProgressBar {
    private let title: String
    private let total: Int
    private var done = 0
    private var shown = -1
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now

    init(_ title: String, total: Int) {
        self.title = title
        self.total = max(total, 1)
    }

    /// Counts `count` more and shows it, at most a hundred times in all.
    mutating func advance(by count: Int = 1) {
        done += count
        let percent = min(done * 100 / total, 100)
        let step = isTerminal ? percent : percent / 10
        if step == shown { return }
        shown = step
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        let rate = elapsed > 0 ? Int(Double(done) / elapsed) : 0
        if isTerminal {
            let filled = String(repeating: "=", count: percent * 30 / 100)
            let empty = String(repeating: " ", count: 30 - filled.count)
            write("\r  \(title) [\(filled)\(empty)] \(percent)% \(done)/\(total), \(rate)/s ", to: STDERR_FILENO)
            if done >= total { write("\n", to: STDERR_FILENO) }
        } else {
            write("  \(title): \(percent)% (\(done)/\(total), \(rate)/s)\n", to: STDERR_FILENO)
        }
    }
}
