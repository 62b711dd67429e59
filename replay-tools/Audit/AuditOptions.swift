import Domain
import EventStore

/// What every `replay audit` command takes beside its question.
struct AuditOptions: Sendable {
    /// How rows are written.
    enum Format: String, CaseIterable {
        case table, jsonl, csv
    }

    /// Nil: what suits the command.
    let format: Format?
    let country: CountryCode?
    /// Rows of the answer; nil: all.
    let limit: Int?
    /// Where an earlier answer ended.
    let cursor: String?
    /// A file to write to instead of standard output.
    let output: String?
    /// The only row of the answer that is wanted, from 1: of an event with two places.
    var place: Int?

    /// Takes the options out of the arguments.
    ///
    /// - Throws: `UsageError` for what cannot be.
    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        let isJSON = arguments.flag("--json")
        let named = try arguments.option("--format")
        if let named {
            guard let known = Format(rawValue: named) else {
                throw UsageError("--format must be one of table, jsonl, csv, not '\(named)'")
            }
            if isJSON, known != .jsonl { throw UsageError("--json is --format jsonl; say one of them") }
            format = known
        } else {
            format = isJSON ? .jsonl : nil
        }
        if let text = try arguments.option("--country") {
            guard let code = CountryCode(text) else {
                throw UsageError("--country must be two lower-case letters, not '\(text)'")
            }
            country = code
        } else {
            country = nil
        }
        limit = try AuditArguments.number("--limit", try arguments.option("--limit"), in: 1...1_000_000).map { Int($0) }
        cursor = try arguments.option("--cursor")
        output = try arguments.option("--output")
    }

    /// What these options are, for the help of each command.
    static let help = """
          --country CC                 one country only
          --format table|jsonl|csv     how rows are written (default table); --json is jsonl
          --output FILE                write to a file, whole or not at all
        """

    static let pageHelp = """
          --from TIME, --to TIME       recorded then: dates (UTC) or times with offset; --to is not in it
          --type TYPE[,TYPE]           only these types, such as BookingCancelled
          --actor SUBJECT              done by this subject
          --actor-role ROLE            done by this role: patient, practitioner, staff, operator, auditor, partner,
                                       system
          --limit N                    so many rows; then --cursor goes on where they ended (default: all rows)
          --cursor TEXT                go on; it belongs to the same question
        """

    static let csvNote = """
        CSV is that of RFC 4180. A text that begins with = + - @, a tab or a carriage return gets an apostrophe in
        front, so that no spreadsheet runs it as a formula. Every question is recorded, with who asked and how many
        rows were given, in the sealed history; one that cannot be recorded is not answered (exit code 3).
        """
}

/// Reads values of `replay audit`.
enum AuditArguments {
    /// Which events are wanted.
    ///
    /// - Throws: `UsageError`.
    static func filter(_ arguments: inout ArgumentReader) throws(UsageError) -> AuditFilter {
        let from = try moment("--from", try arguments.option("--from"))
        let to = try moment("--to", try arguments.option("--to"))
        if let from, let to, from >= to { throw UsageError("--to is not after --from") }
        let types = (try arguments.option("--type") ?? "").split(separator: ",").map(String.init)
        let role = try arguments.option("--actor-role")
        if let role, role != "system", Role(rawValue: role) == nil {
            let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError("--actor-role must be one of \(known), system, not '\(role)'")
        }
        return AuditFilter(
            from: from, to: to, types: types, actorRole: role, actorSubject: try arguments.option("--actor"))
    }

    /// The id that the command is about.
    ///
    /// - Throws: `UsageError` where there is none, or it is none.
    static func identifier<Tag>(
        _ arguments: inout ArgumentReader, of what: String
    ) throws(UsageError) -> Identifier<Tag> {
        guard let text = arguments.word() else { throw UsageError("which \(what)? give its id") }
        guard let id = Identifier<Tag>(text) else { throw UsageError("'\(text)' is no id of a \(what): it is a UUID") }
        return id
    }

    /// A date in UTC, or a time with offset.
    ///
    /// - Throws: `UsageError`.
    static func moment(_ name: String, _ text: String?) throws(UsageError) -> Instant? {
        guard let text else { return nil }
        if let date = LocalDate(text) { return Instant(seconds: Int64(date.days) * 86_400) }
        guard let time = try? ParsedTime(text) else {
            throw UsageError("\(name) must be a date such as 2026-11-20 or a time with offset, not '\(text)'")
        }
        return time.instant
    }

    /// A whole number.
    ///
    /// - Throws: `UsageError`.
    static func number(
        _ name: String, _ text: String?, in range: ClosedRange<Int64>
    ) throws(UsageError) -> Int64? {
        guard let text else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw UsageError(
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return number
    }
}
