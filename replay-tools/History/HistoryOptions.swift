import Domain
import EventStore

/// What `replay verify history` was asked for.
struct HistoryOptions: Sendable {
    /// Where the history is.
    enum Mode: Hashable, Sendable {
        case databases
        case proof(String)
        case export(String)
        case heads(String)
    }

    static let databaseNames = ["booking", "practitioner", "patient"]

    let mode: Mode
    let key: String?
    let isJSON: Bool
    /// The databases to look at.
    let databases: [String]
    let shard: Shard?
    let positions: ClosedRange<Int64>
    let time: Range<Instant>?
    let isSinceLast: Bool
    let state: String?
    /// How long an event may wait for a head, in minutes.
    let ageMaxMinutes: Int
    /// Where to write the positions with what proves them.
    let output: String?

    /// Whether everything is verified, or everything since the last time.
    var isWholeTree: Bool { shard == nil && time == nil }

    /// Takes all options out of the arguments.
    ///
    /// - Throws: `UsageError` for what cannot be, or does not go together.
    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        if try arguments.option("--country") != nil {
            throw UsageError(
                "--country does not apply: a tree has the events of all countries of its shard, and is only proven as "
                    + "a whole")
        }
        let offline: [(String, Mode)] = [
            ("--proof", try arguments.option("--proof").map { .proof($0) }),
            ("--export", try arguments.option("--export").map { .export($0) }),
            ("--heads", try arguments.option("--heads").map { .heads($0) }),
        ].compactMap { name, mode in mode.map { (name, $0) } }
        guard offline.count < 2 else { throw UsageError("\(offline[0].0) and \(offline[1].0) do not go together") }
        mode = offline.first?.1 ?? .databases
        key = try arguments.option("--key")
        isJSON = arguments.flag("--json")
        let database = try arguments.option("--database")
        databases = try Self.databases(database)
        shard = try Self.shard(try arguments.option("--shard"))
        let from = try Self.number("--from-position", try arguments.option("--from-position"), in: 1...Int64.max)
        let to = try Self.number("--to-position", try arguments.option("--to-position"), in: 1...Int64.max)
        let (first, last) = (from ?? 1, to ?? .max)
        guard first <= last else { throw UsageError("--to-position is before --from-position") }
        positions = first...last
        let since = try Self.moment("--from", try arguments.option("--from"))
        let until = try Self.moment("--to", try arguments.option("--to"))
        if since != nil || until != nil {
            let (start, end) = (since ?? Instant(microseconds: 0), until ?? Instant(seconds: 4_102_444_800))
            guard start < end else { throw UsageError("--to is not after --from") }
            time = start..<end
        } else {
            time = nil
        }
        isSinceLast = arguments.flag("--since-last")
        state = try arguments.option("--state")
        output = try arguments.option("--write")
        let minutes = try Self.number("--max-age", try arguments.option("--max-age"), in: 1...525_600)
        ageMaxMinutes = Int(minutes ?? 5)

        if shard != nil, database == nil { throw UsageError("--shard needs --database") }
        if from != nil || to != nil, shard == nil { throw UsageError("positions need --database and --shard") }
        let parts = [shard != nil, time != nil, isSinceLast].filter { $0 }.count
        if parts > 1 { throw UsageError("--shard, --from/--to and --since-last do not go together") }
        if output != nil, shard == nil { throw UsageError("--write needs --database and --shard") }
        if let name = offline.first?.0, database != nil || time != nil || isSinceLast || output != nil || state != nil {
            throw UsageError("\(name) is checked without databases: the other options do not go with it")
        }
    }

    private static func databases(_ name: String?) throws(UsageError) -> [String] {
        guard let name else { return databaseNames }
        guard databaseNames.contains(name) else {
            throw UsageError("--database must be one of \(databaseNames.joined(separator: ", ")), not '\(name)'")
        }
        return [name]
    }

    private static func shard(_ text: String?) throws(UsageError) -> Shard? {
        guard let number = try number("--shard", text, in: 0...Int64(Shard.count)) else { return nil }
        return Shard(Int(number))
    }

    private static func number(
        _ name: String, _ text: String?, in range: ClosedRange<Int64>
    ) throws(UsageError) -> Int64? {
        guard let text else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            let most = range.upperBound == .max ? "" : " to \(range.upperBound)"
            throw UsageError("\(name) must be a whole number from \(range.lowerBound)\(most), not '\(text)'")
        }
        return number
    }

    /// A date in UTC, or a time with offset.
    private static func moment(_ name: String, _ text: String?) throws(UsageError) -> Instant? {
        guard let text else { return nil }
        if let date = LocalDate(text) { return Instant(seconds: Int64(date.days) * 86_400) }
        guard let time = try? ParsedTime(text) else {
            throw UsageError("\(name) must be a date such as 2026-11-20 or a time with offset, not '\(text)'")
        }
        return time.instant
    }
}
