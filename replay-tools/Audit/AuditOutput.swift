import Glibc

/// Where an answer goes: standard output, or a file that appears when it is whole.
final class AuditOutput {
    private let console: Console
    private let path: String?
    private let partPath: String
    private var descriptor: Int32 = -1
    private var isFinished = false

    /// - Throws: `UsageError` where the file cannot be written.
    init(_ console: Console, file path: String?) throws(UsageError) {
        self.console = console
        self.path = path
        partPath = (path ?? "") + ".part"
        guard path != nil else { return }
        descriptor = open(partPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.fault(partPath) }
    }

    /// What was begun and not finished goes away again.
    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if !isFinished { unlink(partPath) }
    }

    /// Adds a part.
    ///
    /// - Throws: `UsageError` where the file takes no more.
    func write(_ text: String) throws(UsageError) {
        guard descriptor >= 0 else {
            console.write(text)
            return
        }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.fault(partPath) }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Gives the file its name.
    ///
    /// - Throws: `UsageError` where that cannot be.
    func finish() throws(UsageError) {
        guard descriptor >= 0, let path else { return }
        let isKept = fsync(descriptor) == 0 && rename(partPath, path) == 0
        if !isKept { throw Self.fault(path) }
        isFinished = true
    }

    private static func fault(_ path: String) -> UsageError {
        UsageError("--output: cannot write \(path): \(String(cString: strerror(errno)))")
    }
}

extension Console {
    /// Columns that a table may take: the terminal's, or 160 where answers go elsewhere.
    var width: Int {
        var size = winsize()
        guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return 160 }
        return Int(size.ws_col)
    }
}
