import Crypto
import Domain
import EventStore
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite("Log of heads: added to, never changed, whole or not believed (G8)")
struct HeadLogTests {
    let key: Ed25519PrivateKey

    init() throws { key = try Ed25519PrivateKey() }

    func head(_ shard: Int, _ size: Int64) throws -> SignedNote {
        try Checkpoint(origin: "appointments/booking/\(shard)", size: size, root: TreeHasher.emptyRoot).signed(by: key)
    }

    func list(_ notes: [String: SignedNote]) throws -> SignedNote {
        let heads = try notes.values.map { try Checkpoint(text: $0.text) }
        return try HeadList(signedAt: Instant(seconds: 1_790_000_000), heads: heads).signed(by: key)
    }

    @discardableResult
    func add(_ heads: [SignedNote], to log: FileHeadLog) async throws -> [String: SignedNote] {
        try await log.append(heads) { try list($0) }
    }

    func sizes(_ log: FileHeadLog) async throws -> [String: Int64] {
        try await log.latest().mapValues { try Checkpoint(text: $0.text).size }
    }

    @Test("what was added is there for every process, lists come with it, and files read like text")
    func keepsWhatWasAdded() async throws {
        try await withFolder { folder in
            let clock = SteppingClock(Instant(seconds: 1_790_000_000))
            let one = FileHeadLog(folder: folder, clock: clock)
            let two = FileHeadLog(folder: folder, clock: clock)
            #expect(try await one.latest().isEmpty)
            try await add([head(0, 5), head(1, 7)], to: one)
            #expect(try await sizes(two) == ["appointments/booking/0": 5, "appointments/booking/1": 7])
            try await add([head(0, 9)], to: two)
            #expect(try await sizes(one) == ["appointments/booking/0": 9, "appointments/booking/1": 7])
            let read = try await readAll(one)
            #expect(read.torn == 0)
            #expect(
                read.notes.map(\.origin) == [
                    "appointments/booking/0", "appointments/booking/1", "appointments/heads",
                    "appointments/booking/0", "appointments/heads",
                ])
            let last = try HeadList(text: try #require(read.notes.last).text)
            #expect(last.heads.map(\.size) == [9, 7])
            let text = try contents("\(folder)/heads-2026-09-21.txt")
            #expect(text.hasPrefix("=== 2026-09-21T14:13:20Z "))
            #expect(text.contains("\nappointments/booking/0\n5\n47DEQ"))
        }
    }

    @Test("a head that is not newer is left out, so a slow process cannot put the log back")
    func refusesOlderHeads() async throws {
        try await withFolder { folder in
            let log = FileHeadLog(folder: folder, clock: SteppingClock(Instant(seconds: 1_790_000_000)))
            try await add([head(0, 9)], to: log)
            let latest = try await add([head(0, 9), head(0, 4)], to: log)
            #expect(try latest.values.map { try Checkpoint(text: $0.text).size } == [9])
            #expect(try await readAll(log).notes.count == 2)
            let foreign = try list([:])
            await #expect(throws: HeadLogError.notAHead) { try await add([foreign], to: log) }
        }
    }

    @Test("a new day's file begins with what was the latest, so that it can be read alone")
    func carriesOver() async throws {
        try await withFolder { folder in
            let clock = SteppingClock(Instant(seconds: 1_790_000_000))
            let log = FileHeadLog(folder: folder, clock: clock)
            try await add([head(0, 5), head(1, 7)], to: log)
            clock.set(Instant(seconds: 1_790_086_400))
            try await add([head(1, 8)], to: log)
            let wanted: [String: Int64] = ["appointments/booking/0": 5, "appointments/booking/1": 8]
            #expect(try await sizes(log) == wanted)
            #expect(unlink("\(folder)/heads-2026-09-21.txt") == 0)
            #expect(try await sizes(FileHeadLog(folder: folder, clock: clock)) == wanted)
            clock.set(Instant(seconds: 1_790_000_000))  // a clock that was put back does not begin an older file
            try await add([head(1, 9)], to: log)
            #expect(try await sizes(log)["appointments/booking/1"] == 9)
        }
    }

    @Test("a record that a crash has cut anywhere is passed over, named, and what comes after it counts")
    func passesOverTornRecords() async throws {
        try await withFolder { folder in
            let clock = SteppingClock(Instant(seconds: 1_790_000_000))
            let path = "\(folder)/heads-2026-09-21.txt"
            try await add([head(0, 5)], to: FileHeadLog(folder: folder, clock: clock))
            let whole = try contents(path)
            try await add([head(0, 6)], to: FileHeadLog(folder: folder, clock: clock))
            let tail = Array(try contents(path).dropFirst(whole.count))
            for cut in 1..<tail.count {
                try write(whole + String(tail[..<cut]), to: path)
                let log = FileHeadLog(folder: folder, clock: clock)
                let before = try await sizes(log)["appointments/booking/0"]
                #expect(before == 5 || before == 6, "cut after \(cut) characters")
                try await add([head(0, 7)], to: log)
                #expect(try await sizes(log)["appointments/booking/0"] == 7, "cut after \(cut) characters")
                let again = FileHeadLog(folder: folder, clock: clock)
                #expect(try await sizes(again)["appointments/booking/0"] == 7, "cut after \(cut) characters")
                let read = try await readAll(again)
                #expect(read.torn <= 1 && read.notes.count >= 4, "cut after \(cut) characters")
            }
        }
    }

    @Test("a log that was put back, cut or emptied is read as it is now, by those who knew it before too")
    func followsWhatIsThere() async throws {
        try await withFolder { folder in
            let path = "\(folder)/heads-2026-09-21.txt"
            let log = FileHeadLog(folder: folder, clock: SteppingClock(Instant(seconds: 1_790_000_000)))
            try await add([head(0, 5)], to: log)
            let old = try contents(path)
            try await add([head(0, 6)], to: log)
            try write(old, to: path)
            #expect(try await sizes(log)["appointments/booking/0"] == 5)
            #expect(unlink(path) == 0)
            #expect(try await log.latest().isEmpty)
            try await add([head(0, 7)], to: log)
            #expect(try await sizes(log)["appointments/booking/0"] == 7)
        }
    }

    @Test("a bit that was flipped makes a record that is not believed")
    func passesOverChangedRecords() async throws {
        try await withFolder { folder in
            let clock = SteppingClock(Instant(seconds: 1_790_000_000))
            let log = FileHeadLog(folder: folder, clock: clock)
            try await add([head(0, 5)], to: log)
            let path = "\(folder)/heads-2026-09-21.txt"
            try write(try contents(path).replacing("\n5\n", with: "\n6\n"), to: path)
            let read = try await readAll(FileHeadLog(folder: folder, clock: clock))
            #expect(read.torn == 1)
            #expect(read.notes.map(\.origin) == ["appointments/heads"])
        }
    }

    @Test("many processes' worth of writers lose nothing and tear nothing")
    func survivesManyWriters() async throws {
        try await withFolder { folder in
            let clock = SteppingClock(Instant(seconds: 1_790_000_000))
            try await withThrowingTaskGroup { group in
                for shard in 0..<6 {
                    let log = FileHeadLog(folder: folder, clock: clock)
                    group.addTask {
                        for size in Int64(1)...20 { try await add([head(shard, size)], to: log) }
                    }
                }
                try await group.waitForAll()
            }
            let log = FileHeadLog(folder: folder, clock: clock)
            #expect(try await sizes(log).values.allSatisfy { $0 == 20 })
            let read = try await readAll(log)
            #expect(read.torn == 0)
            #expect(read.notes.count == 6 * 20 * 2)
        }
    }

    @Test("a folder that is none is named, with what the system says")
    func namesWhatIsWrong() async throws {
        try await withFolder { folder in
            let clock = SteppingClock(Instant(seconds: 1_790_000_000))
            let missing = FileHeadLog(folder: "\(folder)/none", clock: clock)
            let refusal = HeadLogError.refused(operation: "open", path: "\(folder)/none", code: ENOENT)
            #expect(throws: refusal) { try missing.checkWritable() }
            #expect("\(refusal)" == "cannot open \(folder)/none: No such file or directory")
            await #expect(throws: HeadLogError.self) { try await missing.latest() }
            try FileHeadLog(folder: folder, clock: clock).checkWritable()
        }
    }

    private func readAll(_ log: FileHeadLog) async throws -> (notes: [SignedNote], torn: Int) {
        let notes = Mutex<[SignedNote]>([])
        let torn = try await log.read { record in notes.withLock { $0.append(record.note) } }
        return (notes.withLock { $0 }, torn)
    }
}

/// A folder that is gone after `body`.
func withFolder<T>(_ body: (String) async throws -> sending T) async throws -> sending T {
    var template = Array("/tmp/heads-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw FileFault() }
    let folder = String(cString: made)
    defer { removeFolder(folder) }
    return try await body(folder)
}

struct FileFault: Error {}

func contents(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw FileFault() }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte >= 0 { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self)
}

func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw FileFault() }
    defer { fclose(file) }
    fputs(text, file)
}

private func removeFolder(_ folder: String) {
    guard let directory = opendir(folder) else { return }
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { unlink("\(folder)/\(name)") }
    }
    closedir(directory)
    rmdir(folder)
}
