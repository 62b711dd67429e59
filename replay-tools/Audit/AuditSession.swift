import Audit
import AuditReport
import Crypto
import Domain
import EventStore

/// One question from its first page to its last, written as it comes.
struct AuditSession: Sendable {
    private static let pageRows = 1_000

    let desk: AuditDesk
    let query: AuditQuery
    let asker: AuditAsker
    let options: AuditOptions

    /// Asks and writes.
    ///
    /// - Returns: 1 where the history is not the one that was sealed.
    /// - Throws: As `AuditSubcommand.run`.
    func run(_ console: Console) async throws -> ExitCode {
        if case .events(_, let filter) = query {
            for type in AuditedTypes.unknown(filter.types) {
                console.complain("note: '\(type)' is no type of ours: \(AuditedTypes.names.joined(separator: ", "))")
            }
        }
        let writer = AuditWriter(query: query, format: options.format)
        var cursor = try options.cursor.map { text throws(UsageError) in try place(text) }
        let output = try AuditOutput(console, file: options.output)
        var operation: OperationID?
        var isFirst = true
        var left = options.limit ?? .max
        var code = ExitCode.success
        do {
            repeat {
                let answer = try await desk.answer(
                    query, by: asker, limit: min(left, Self.pageRows), after: cursor, continuing: operation)
                let shown = try records(of: answer)
                try output.write(writer.page(answer, shown, isFirst: isFirst, width: console.width))
                if answer.records.contains(where: { $0["result"].map(isDifference) ?? false }) { code = .differs }
                operation = answer.operation
                left -= answer.records.count
                cursor = answer.next
                isFirst = false
                try Task.checkCancellation()
            } while cursor != nil && left > 0
            try output.finish()
        } catch let refusal as AuditRefusal {
            return try end(refusal, console)
        }
        if let cursor { console.writeError("more rows: --cursor \(text(cursor))\n") }
        return code
    }

    /// The rows that are wanted of a page.
    private func records(of answer: AuditAnswer) throws -> [AuditRecord] {
        guard let place = options.place else { return answer.records }
        guard place <= answer.records.count else {
            throw Refusal(missing: ["the event has one place only: leave --place out"])
        }
        return [answer.records[place - 1]]
    }

    private func isDifference(_ value: AuditValue) -> Bool { value != .text("proven") }

    private func end(_ refusal: AuditRefusal, _ console: Console) throws -> ExitCode {
        switch refusal {
        case .badCursor: throw UsageError("--cursor belongs to another question, or is none")
        case .unknownPractitioner: throw Refusal(missing: ["there was no such practitioner then"])
        case .offGrid: throw Refusal(missing: ["the practitioner has no slot that begins then"])
        case .unknownEvent: throw Refusal(missing: ["there is no such event"])
        case .notSealedYet(let reason): throw Refusal(missing: [reason])
        case .notCovered(let missing): throw Refusal(missing: missing)
        case .unavailable(let dependency, let reason): throw Unreachable(dependency: dependency, reason: reason)
        case .notRecorded(let reason):
            throw Unreachable(dependency: "the record of audits", reason: "the question is not answered: \(reason)")
        case .historyDiffers(let detail):
            console.complain(detail)
            return .differs
        }
    }

    // MARK: Cursors

    /// Binds a cursor to its question; it is no secret, only kept from being mixed up.
    private static let checkBytes = 8

    private func check(_ place: [UInt8]) -> [UInt8] {
        let question = "\(query)\n\(asker.country?.text ?? "")\n"
        return Array(SHA256.hash(Array(question.utf8) + place).prefix(Self.checkBytes))
    }

    private func text(_ place: [UInt8]) -> String { Base64URL.encode(check(place) + place) }

    private func place(_ text: String) throws(UsageError) -> [UInt8] {
        guard let bytes = Base64URL.decode(text), bytes.count > Self.checkBytes,
            check(Array(bytes.dropFirst(Self.checkBytes))) == Array(bytes.prefix(Self.checkBytes))
        else { throw UsageError("--cursor belongs to another question, or is none") }
        return Array(bytes.dropFirst(Self.checkBytes))
    }
}
