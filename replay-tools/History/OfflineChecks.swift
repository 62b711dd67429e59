import Configuration
import Crypto
import Domain
import EventStore
import Glibc

/// Checks files by themselves: no database, no settings, no network.
struct OfflineChecks: Sendable {
    let key: Ed25519PublicKey
    let voice: HistoryVoice

    /// Checks the proof of one event.
    ///
    /// - Returns: 0 it holds, 1 it does not.
    /// - Throws: `UsageError` where the file cannot be read.
    func proof(_ path: String) throws -> ExitCode {
        let bytes: [UInt8]
        do { bytes = try FileBytes.read(path, bytesMax: InclusionProof.bytesMax + 1) } catch {
            throw UsageError("--proof: cannot read \(error)")
        }
        do throws(ProofFault) {
            voice.say(try InclusionProof(reading: bytes).verified(by: key), by: key)
            return .success
        } catch {
            voice.refuse(path, "\(error)")
            return .differs
        }
    }

    /// Checks rows that were exported with their head.
    ///
    /// - Returns: 0 they are those that were signed, 1 they are not.
    /// - Throws: `UsageError` where the file cannot be read.
    func export(_ path: String) throws -> ExitCode {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw UsageError("--export: cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var check = ExportCheck(publicKey: key)
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        do throws(ProofFault) {
            while true {
                let count = read(file, &chunk, chunk.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                try check.take(chunk[..<count])
            }
            voice.say(try check.finish(), by: key)
            return .success
        } catch {
            voice.refuse(path, "\(error)")
            return .differs
        }
    }

    /// Checks a folder of heads.
    ///
    /// - Returns: 0 all are signed and only grow, 1 some are not.
    /// - Throws: `UsageError` where the folder cannot be read.
    func heads(_ folder: String) async throws -> ExitCode {
        let book: HeadBook
        do {
            book = try await HeadBook.read(FileHeadLog(folder: folder, clock: SystemClock()), publicKey: key)
        } catch let error as HeadLogError {
            throw UsageError("--heads: \(error)")
        }
        voice.say(book)
        for finding in book.findings.kept { voice.say(finding) }
        voice.warnOfTorn(book, in: folder)
        if book.heads.isEmpty { voice.warn("there is no head of this key in \(folder)") }
        voice.note(
            "Without the rows a folder shows that heads are signed and only grow, not that each begins with the one "
                + "before.")
        return book.findings.isEmpty && !book.heads.isEmpty ? .success : .differs
    }
}
