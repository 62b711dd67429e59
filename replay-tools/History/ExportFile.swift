import Glibc

/// A file that is written piece by piece and appears under its name only when it is whole.
final class ExportFile {
    /// The name that it is to have.
    let path: String
    private let neighbour: String
    private let file: Int32

    /// Creates a neighbour of the file.
    ///
    /// - Throws: `UsageError` where that is not possible.
    init(_ path: String) throws(UsageError) {
        self.path = path
        neighbour = "\(path).\(getpid()).new"
        file = open(neighbour, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw UsageError("--write: cannot write \(neighbour): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(file)
        unlink(neighbour)  // gone already where the file was finished
    }

    /// Adds bytes.
    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw UsageError("--write: cannot write \(neighbour): \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Gives the file its name.
    func finish() throws {
        guard rename(neighbour, path) == 0 else {
            throw UsageError("--write: cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
