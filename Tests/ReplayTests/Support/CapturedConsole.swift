import Synchronization

@testable import replay

/// A console that remembers instead of writing.
final class CapturedConsole: Sendable {
    private let answers = Mutex("")
    private let complaints = Mutex("")

    /// What was written to standard output.
    var answer: String { answers.withLock { $0 } }
    /// What was written to standard error.
    var complaint: String { complaints.withLock { $0 } }

    /// As the program sees it: no terminal, no colour.
    var console: Console { console(errorIsTerminal: false) }

    /// The same, where progress may be drawn.
    func console(errorIsTerminal: Bool) -> Console {
        Console(
            write: { text in self.answers.withLock { $0 += text } },
            writeError: { text in self.complaints.withLock { $0 += text } }, isTerminal: false,
            errorIsTerminal: errorIsTerminal, style: TextStyle(isColoured: false))
    }
}
