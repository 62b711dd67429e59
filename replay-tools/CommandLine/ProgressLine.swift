/// A bar that is drawn again and again on a terminal; elsewhere nothing.
struct ProgressLine {
    private static let width = 30

    private let console: Console
    private let total: Int
    private var done = 0

    init(_ console: Console, total: Int) {
        self.console = console
        self.total = max(total, 1)
    }

    /// Says what is being done now.
    func show(_ what: String) { show(what, done: done) }

    /// The same, with how much is done by now.
    func show(_ what: String, done: Int) {
        guard console.errorIsTerminal else { return }
        let filled = done * Self.width / total
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: Self.width - filled)
        console.writeError("\r[\(bar)] \(done)/\(total) \(what)\u{1B}[K")
    }

    /// Counts one more.
    mutating func advance() { done = min(done + 1, total) }

    /// Takes the bar away, before other text.
    func clear() {
        if console.errorIsTerminal { console.writeError("\r\u{1B}[K") }
    }
}
