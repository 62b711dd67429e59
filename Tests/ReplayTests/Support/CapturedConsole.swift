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
    var console: Console {
        Console(
            write: { text in self.answers.withLock { $0 += text } },
            writeError: { text in self.complaints.withLock { $0 += text } }, isTerminal: false,
            errorIsTerminal: false, style: TextStyle(isColoured: false))
    }
}
