import Glibc

/// Where answers and complaints go; tests collect them instead.
struct Console: Sendable {
    /// Answers: standard output.
    let write: @Sendable (String) -> Void
    /// Complaints and progress: standard error.
    let writeError: @Sendable (String) -> Void
    /// Whether answers go to a terminal: then they may have colour and be drawn again.
    let isTerminal: Bool
    /// Whether progress may be drawn.
    let errorIsTerminal: Bool
    /// How text is made to stand out.
    let style: TextStyle

    /// The process's own output; `NO_COLOR` and `TERM=dumb` are honoured.
    static func standard(_ environment: [String: String]) -> Console {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false || environment["TERM"] == "dumb"
        return Console(
            write: { Self.write($0, to: STDOUT_FILENO) }, writeError: { Self.write($0, to: STDERR_FILENO) },
            isTerminal: isTerminal, errorIsTerminal: isatty(STDERR_FILENO) == 1,
            style: TextStyle(isColoured: isTerminal && !isPlain))
    }

    /// Writes an answer's line.
    func line(_ text: String = "") { write(text + "\n") }

    /// Writes a line of complaint with the program's name.
    func complain(_ text: String) { writeError("replay: \(text)\n") }

    /// Writes all of it, also to a pipe that takes it in pieces; what a closed reader does not want is lost.
    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// Colours and bars, or plain text.
struct TextStyle: Sendable {
    /// True on a terminal only.
    let isColoured: Bool

    func good(_ text: String) -> String { coloured(text, "32") }
    func warning(_ text: String) -> String { coloured(text, "33") }
    func bad(_ text: String) -> String { coloured(text, "31") }
    func strong(_ text: String) -> String { coloured(text, "1") }
    func faint(_ text: String) -> String { coloured(text, "2") }

    private func coloured(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

extension String {
    /// Filled with spaces on the right up to `width` characters.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// Filled with spaces on the left up to `width` characters.
    func aligned(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
