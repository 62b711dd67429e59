import Audit
import Domain
import EventStore

/// `replay audit proof`: a file that proves one event, checked without a database.
struct AuditProofCommand: AuditSubcommand {
    static let words = "audit proof"
    static let summary = "a file that proves one event, checked without a database"
    static let help = """
        replay audit proof EVENTID: proves that an event is in the sealed history.

          --place 1|2                  which place of an event that moved a booking between two practitioners: the one
                                       that was left (1), or the one that got it (2); default: all, a line each
        \(AuditOptions.help)

        Without --format it writes the proof itself, which 'replay verify history --proof FILE --key public.pem' checks
        on a machine that has no database, a file a place.

        Examples:
          replay audit proof 019a9f3c-7d10-7c4e-9a51-2f6f0c1d7e44 --output event.json
          replay verify history --proof event.json --key public.pem

        Settings: HISTORY_HEADS=file:FOLDER, HISTORY_PUBLIC_KEY=file:FILE, and the databases' URLs.

        \(HelpTexts.exitCodes)

        """

    let query: AuditQuery
    let options: AuditOptions

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        var options = try AuditOptions(&arguments)
        options.place = try AuditArguments.number("--place", try arguments.option("--place"), in: 1...2).map { Int($0) }
        self.options = options
        query = .proof(try AuditArguments.identifier(&arguments, of: "event"))
        try arguments.finish()
    }
}

/// `replay audit heads`: the latest signed head of every tree.
struct AuditHeadsCommand: AuditSubcommand {
    static let words = "audit heads"
    static let summary = "the latest signed heads of the history"
    static let help = """
        replay audit heads: the latest signed head of every tree, and whether our key signed it.

        \(AuditOptions.help)

        Examples:
          replay audit heads
          replay audit heads --json | jq -r .note

        Settings: HISTORY_HEADS=file:FOLDER, HISTORY_PUBLIC_KEY=file:FILE.

        \(HelpTexts.exitCodes)

        """

    let query = AuditQuery.heads
    let options: AuditOptions

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try AuditOptions(&arguments)
        try arguments.finish()
    }
}

/// `replay audit verify`: reads some positions again and compares them with the heads.
struct AuditVerifyCommand: AuditSubcommand {
    static let words = "audit verify"
    static let summary = "verifies some positions of one shard, as an audited question"
    static let help = """
        replay audit verify --database NAME --shard N --from-position N --to-position N

          --database booking|practitioner|patient   whose history
          --shard N                                 which tree of it, 0 to 6
          --from-position N, --to-position N        which positions
        \(AuditOptions.help)

        The first row says how it went, one a finding follows. 'replay verify history' verifies everything and says
        more.

        Examples:
          replay audit verify --database booking --shard 2 --from-position 1 --to-position 5000

        \(HelpTexts.exitCodes)

        """

    let query: AuditQuery
    let options: AuditOptions

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try AuditOptions(&arguments)
        let name = try arguments.option("--database") ?? ""
        guard let database = AuditDatabase(rawValue: name) else {
            throw UsageError("--database must be one of booking, practitioner, patient, not '\(name)'")
        }
        let shard = try AuditArguments.number("--shard", try arguments.option("--shard"), in: 0...Int64(Shard.count))
        let first = try AuditArguments.number(
            "--from-position", try arguments.option("--from-position"), in: 1...Int64.max)
        let last = try AuditArguments.number("--to-position", try arguments.option("--to-position"), in: 1...Int64.max)
        guard let shard, let first, let last else {
            throw UsageError("--shard, --from-position and --to-position are needed")
        }
        guard first <= last else { throw UsageError("--to-position is before --from-position") }
        query = .verification(database, Shard(Int(shard)), first...last)
        try arguments.finish()
    }
}
