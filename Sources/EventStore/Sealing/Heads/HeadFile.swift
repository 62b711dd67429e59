import Crypto
import Domain

/// The format of the log's files: text, readable with `less`; only ever added to.
///
/// A record is a line `=== <time> <bytes of the note> <first 16 digits of its SHA-256>`, the note as it is, and an
/// empty line. A record that a crash has cut has another hash, or ends at the next line that begins with `=== `; it is
/// passed over. The hash tells torn from whole, not true from forged: that is what the signature inside is for.
enum HeadFile {
    /// What one record looks like.
    static func record(_ note: SignedNote, at time: Instant) -> [UInt8] {
        let bytes = Array(note.encoded.utf8)
        return Array("\(mark)\(time.text()) \(bytes.count) \(digest(bytes))\n".utf8) + bytes + [lineFeed]
    }

    /// A record found in a file.
    struct Found {
        let note: SignedNote
        let addedAt: Instant
        /// Where in the file it begins.
        let offset: Int
    }

    /// Reads what was added to a file, piece by piece.
    struct Reader {
        /// Bytes that were understood; reading goes on here.
        private(set) var offset: Int
        /// Records that were passed over.
        private(set) var tornCount = 0
        private var pending: [UInt8] = []
        private var isInTornRecord = false

        init(from offset: Int = 0) { self.offset = offset }

        /// Where the next bytes to `take` lie in the file.
        var nextByte: Int { offset + pending.count }
        /// Bytes at the end that are no whole record: one that is being written now, or that a crash has cut.
        var hasRest: Bool { !pending.isEmpty }

        /// Takes the next bytes of the file.
        ///
        /// - Returns: The records that they complete.
        mutating func take(_ bytes: some Sequence<UInt8>) -> [Found] {
            pending += bytes
            var found: [Found] = []
            var rest = pending[...]
            while let step = HeadFile.step(rest) {
                switch step {
                case .record(let note, let time, let length):
                    isInTornRecord = false
                    found.append(Found(note: note, addedAt: time, offset: offset))
                    advance(&rest, by: length)
                case .torn(let length):
                    if !isInTornRecord { tornCount += 1 }
                    isInTornRecord = true
                    advance(&rest, by: length)
                case .gap(let length): advance(&rest, by: length)
                }
            }
            pending = Array(rest)
            return found
        }

        private mutating func advance(_ rest: inout ArraySlice<UInt8>, by length: Int) {
            rest = rest.dropFirst(length)
            offset += length
        }
    }

    private enum Step {
        case record(SignedNote, Instant, length: Int)
        case torn(length: Int)
        case gap(length: Int)
    }

    private static let mark = "=== "
    private static let lineFeed = UInt8(ascii: "\n")

    /// What the bytes begin with; nil where more of them are needed to say.
    private static func step(_ bytes: ArraySlice<UInt8>) -> Step? {
        guard let first = bytes.first else { return nil }
        if first == lineFeed { return .gap(length: 1) }
        guard let end = bytes.firstIndex(of: lineFeed) else { return nil }
        let headLength = end + 1 - bytes.startIndex
        guard let head = header(bytes[..<end]) else { return .torn(length: resumption(bytes, after: headLength)) }
        let body = bytes.dropFirst(headLength)
        let isCut = nextMark(in: body.prefix(head.byteCount)) != nil
        if !isCut && body.count < head.byteCount { return nil }
        let note = Array(body.prefix(head.byteCount))
        guard !isCut, digest(note) == head.digest, let parsed = try? SignedNote(parsing: note) else {
            return .torn(length: resumption(bytes, after: headLength))
        }
        return .record(parsed, head.time, length: headLength + head.byteCount)
    }

    /// How many bytes to pass over: up to the next record, or all whole lines.
    private static func resumption(_ bytes: ArraySlice<UInt8>, after length: Int) -> Int {
        if let next = nextMark(in: bytes.dropFirst(length)) { return next - bytes.startIndex }
        // What comes after the last line feed may become the next record's mark.
        let end = bytes.lastIndex(of: lineFeed).map { $0 + 1 } ?? bytes.endIndex
        return end - bytes.startIndex
    }

    /// Where the first line that begins with the mark begins; `bytes` begin a line.
    private static func nextMark(in bytes: ArraySlice<UInt8>) -> Int? {
        var line = bytes
        while !line.isEmpty {
            if line.starts(with: mark.utf8) { return line.startIndex }
            guard let end = line.firstIndex(of: lineFeed) else { return nil }
            line = line[(end + 1)...]
        }
        return nil
    }

    private static func header(_ line: ArraySlice<UInt8>) -> (time: Instant, byteCount: Int, digest: String)? {
        guard line.starts(with: mark.utf8) else { return nil }
        let parts = String(decoding: line.dropFirst(mark.utf8.count), as: UTF8.self).split(separator: " ")
        guard parts.count == 3, let time = try? ParsedTime(parts[0]), let count = Int(parts[1]),
            (1...SignedNote.bytesMax).contains(count)
        else { return nil }
        return (time.instant, count, String(parts[2]))
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        SHA256.hash(bytes).prefix(8).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
