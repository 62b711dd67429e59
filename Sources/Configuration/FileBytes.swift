import Glibc

/// Whole files as bytes, without Foundation.
package enum FileBytes {
    /// A file could not be read or written.
    package struct Fault: Error, CustomStringConvertible {
        package let path: String
        package let code: Int32

        /// The path and what the system says.
        package var description: String { "\(path): \(String(cString: strerror(code)))" }
    }

    /// The first `bytesMax` bytes of a file.
    ///
    /// - Throws: `Fault` with the `errno` of `open(2)` or `read(2)`.
    package static func read(_ path: String, bytesMax: Int) throws(Fault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Fault(path: path, code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(bytesMax, 65_536))
        while bytes.count < bytesMax {
            let count = Glibc.read(descriptor, &chunk, min(chunk.count, bytesMax - bytes.count))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw Fault(path: path, code: errno)
            }
            bytes += chunk.prefix(count)
        }
        return bytes
    }

    /// Writes a file whole or not at all: to a neighbour first, then by `rename(2)`.
    ///
    /// - Throws: `Fault` with the `errno` of the call that failed.
    package static func write(_ bytes: [UInt8], to path: String) throws(Fault) {
        let neighbour = "\(path).\(getpid()).new"
        try fill(neighbour, with: bytes)
        guard rename(neighbour, path) == 0 else { throw Fault(path: path, code: errno) }
    }

    /// Creates a file whole, unless it exists: of several processes that try, one's bytes stay, by `link(2)`.
    ///
    /// - Throws: `Fault` with the `errno` of the call that failed.
    package static func create(_ bytes: [UInt8], at path: String) throws(Fault) {
        let neighbour = "\(path).\(getpid()).new"
        try fill(neighbour, with: bytes)
        defer { unlink(neighbour) }
        guard link(neighbour, path) == 0 || errno == EEXIST else { throw Fault(path: path, code: errno) }
    }

    private static func fill(_ neighbour: String, with bytes: [UInt8]) throws(Fault) {
        let descriptor = open(neighbour, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Fault(path: neighbour, code: errno) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                let code = errno
                close(descriptor)
                throw Fault(path: neighbour, code: code)
            }
            written += count
        }
        close(descriptor)
    }
}
