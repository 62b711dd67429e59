package import Domain
import Executors
import Glibc

/// Heads in a folder: one file a day, `heads-2026-11-21.txt`, only ever added to (`HeadFile` says how it looks).
///
/// Relays of several processes may share the folder; `heads.lock` lets one of them write at a time. Everything is on
/// disk when `append` returns: file and, for a new one, folder are synchronised. Whoever keeps the folder where the
/// database's owner cannot change it (another machine, an append-only attribute, a copy) keeps the proof.
package actor FileHeadLog: HeadLog {
    /// How long to wait for other processes that write.
    private static let patience = Duration.seconds(10)

    private nonisolated let folder: String
    private nonisolated let clock: any WallClock
    private nonisolated let executor = SerialQueueExecutor(label: "heads")
    /// The file that is followed, and what was understood of it.
    private var followed: (name: String, reader: HeadFile.Reader)?
    /// The latest note of each origin, the list's too.
    private var notes: [String: SignedNote] = [:]

    /// Uses a folder that exists.
    ///
    /// - Parameters:
    ///   - folder: Its path.
    ///   - clock: Says which day's file is written, and when.
    package init(folder: String, clock: any WallClock) {
        self.folder = folder
        self.clock = clock
    }

    /// The queue that may block on files.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Says whether heads can be written here; for the start of a process.
    ///
    /// - Throws: `HeadLogError.refused` with the folder's path.
    package nonisolated func checkWritable() throws(HeadLogError) {
        var status = stat()
        guard stat(folder, &status) == 0 else { throw Self.refusal("open", folder) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .refused(operation: "open", path: folder, code: ENOTDIR)
        }
        guard access(folder, R_OK | W_OK | X_OK) == 0 else { throw Self.refusal("write to", folder) }
    }

    package func latest() async throws -> [String: SignedNote] {
        try follow()
        return heads
    }

    package func latestList() async throws -> SignedNote? {
        try follow()
        return notes[HeadList.origin]
    }

    package func append(
        _ heads: [SignedNote], list: @Sendable ([String: SignedNote]) throws -> SignedNote
    ) async throws -> [String: SignedNote] {
        let lock = try await takeLock()
        defer { close(lock) }  // ends the lock too
        try follow()
        var next = notes
        var added: [SignedNote] = []
        for head in heads {
            let size = try Self.size(head)
            if let known = next[head.origin], try Self.size(known) >= size { continue }
            next[head.origin] = head
            added.append(head)
        }
        if added.isEmpty { return self.heads }
        added.append(try list(next.filter { $0.key != HeadList.origin }))
        try write(added)
        // Not what the files say now: what somebody has taken away since was added all the same, and whoever adds it
        // must find out later that it is gone. Nobody else adds anything before the lock is given back.
        return next.filter { $0.key != HeadList.origin }
    }

    @discardableResult
    package func read(_ each: @escaping @Sendable (HeadRecord) throws -> Void) async throws -> Int {
        var tornCount = 0
        for name in try files() {
            var reader = HeadFile.Reader()
            try readOn(name, &reader) { found in
                try each(
                    HeadRecord(note: found.note, addedAt: found.addedAt, place: "\(name), byte \(found.offset)"))
            }
            tornCount += reader.tornCount + (reader.hasRest ? 1 : 0)
        }
        return tornCount
    }

    // MARK: Reading

    private var heads: [String: SignedNote] { notes.filter { $0.key != HeadList.origin } }

    /// Reads what was added since; at first, or where the file is another or has lost something, all that says what is
    /// latest.
    private func follow() throws {
        let names = try files()
        guard let newest = names.last else { return (followed, notes) = (nil, [:]) }
        if let followed, followed.name == newest, try length(of: newest) >= followed.reader.nextByte {
            var reader = followed.reader
            let found = try notes(in: newest, &reader)
            notes.merge(found) { _, found in found }
            self.followed = (newest, reader)
            return
        }
        // A file begins with the heads that were the latest; only where a crash has cut that does an older one matter.
        var latest: [String: SignedNote] = [:]
        var newestReader = HeadFile.Reader()
        for name in names.reversed() {
            var reader = HeadFile.Reader()
            latest.merge(try notes(in: name, &reader)) { newer, _ in newer }
            if name == newest { newestReader = reader }
            if Self.isComplete(latest) { break }
        }
        notes = latest
        followed = (newest, newestReader)
    }

    /// True if the heads of all trees that the latest list names are there.
    private static func isComplete(_ notes: [String: SignedNote]) -> Bool {
        guard let list = notes[HeadList.origin].flatMap({ try? HeadList(text: $0.text) }) else { return false }
        return list.heads.allSatisfy { notes[$0.origin] != nil }
    }

    /// The latest note of each origin in what a file has beyond what the reader has understood.
    private func notes(in name: String, _ reader: inout HeadFile.Reader) throws -> [String: SignedNote] {
        var notes: [String: SignedNote] = [:]
        try readOn(name, &reader) { notes[$0.note.origin] = $0.note }
        return notes
    }

    /// Gives every record that a file has beyond what the reader has understood.
    private func readOn(
        _ name: String, _ reader: inout HeadFile.Reader, _ each: (HeadFile.Found) throws -> Void
    ) throws {
        let path = "\(folder)/\(name)"
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Self.refusal("open", path) }
        defer { close(file) }
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = pread(file, &chunk, chunk.count, off_t(reader.nextByte))
            if count == 0 { return }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.refusal("read", path)
            }
            for found in reader.take(chunk.prefix(count)) { try each(found) }
        }
    }

    private func length(of name: String) throws -> Int {
        var status = stat()
        guard stat("\(folder)/\(name)", &status) == 0 else { throw Self.refusal("open", "\(folder)/\(name)") }
        return Int(status.st_size)
    }

    /// The names of the log's files, oldest first.
    private func files() throws -> [String] {
        guard let directory = opendir(folder) else { throw Self.refusal("open", folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(Self.prefix) && name.hasSuffix(Self.suffix) { names.append(name) }
        }
        return names.sorted()
    }

    // MARK: Writing

    private static let prefix = "heads-"
    private static let suffix = ".txt"

    /// Adds notes to today's file; a new file begins with what was the latest before.
    private func write(_ added: [SignedNote]) throws {
        let now = clock.now()
        let today = Self.prefix + now.text().prefix("2026-11-21".count) + Self.suffix
        // A clock that was put back must not write into a file that is not the last one.
        let name = max(today, followed?.name ?? "")
        let isNew = name != followed?.name
        let addedOrigins = Set(added.map(\.origin))
        let carried = isNew ? notes.filter { !addedOrigins.contains($0.key) }.sorted { $0.key < $1.key } : []
        // After a record that was cut, the next one begins a line of its own.
        var bytes: [UInt8] = followed?.reader.hasRest == true && !isNew ? [UInt8(ascii: "\n")] : []
        for note in carried.map(\.value) + added { bytes += HeadFile.record(note, at: now) }
        try Self.add(bytes, to: "\(folder)/\(name)")
        if isNew { try Self.synchronise(folder) }
    }

    /// Appends all bytes to a file and waits until they are on disk.
    private static func add(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw refusal("open", path) }
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw refusal("write to", path)
            }
            rest = rest.dropFirst(count)
        }
        guard fsync(file) == 0 else { throw refusal("synchronise", path) }
    }

    private static func synchronise(_ folder: String) throws {
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw refusal("open", folder) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw refusal("synchronise", folder) }
    }

    /// The lock's descriptor; closing it, or dying, gives the lock back.
    private func takeLock() async throws -> Int32 {
        let path = "\(folder)/heads.lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Self.refusal("open", path) }
        let end = ContinuousClock.now + Self.patience
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            do {
                guard errno == EWOULDBLOCK || errno == EINTR else { throw Self.refusal("lock", path) }
                guard ContinuousClock.now < end else { throw HeadLogError.busy(path: path) }
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                close(file)
                throw error
            }
        }
        return file
    }

    /// How many leaves a head's tree has; only checkpoints may be added.
    private static func size(_ head: SignedNote) throws -> Int64 {
        do { return try Checkpoint(text: head.text).size } catch { throw HeadLogError.notAHead }
    }

    private static func refusal(_ operation: String, _ path: String) -> HeadLogError {
        .refused(operation: operation, path: path, code: errno)
    }
}

extension HeadLogError: CustomStringConvertible {
    /// The path and what the system says.
    package var description: String {
        switch self {
        case .refused(let operation, let path, let code):
            "cannot \(operation) \(path): \(String(cString: strerror(code)))"
        case .busy(let path): "another process keeps \(path) locked"
        case .notAHead: "a note that is no head cannot be kept among heads"
        }
    }
}
