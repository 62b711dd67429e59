/// What `--help` says of subcommands that begin with the same word, beyond the list of them.
struct GroupHelp: Sendable {
    /// The word that they begin with.
    let word: String
    /// What they are for, in one line.
    let purpose: String
    /// Lines to be typed.
    let examples: [String]
    /// What they need of the environment, in whole lines.
    let settings: String

    static let all = [audit, quarantine, verify]

    private static let audit = GroupHelp(
        word: "audit", purpose: "what happened, who did it, what was shown, and proof of it; changes nothing.",
        examples: [
            "replay audit events --from 2026-11-20 --to 2026-11-21 --type BookingCancelled",
            "replay audit booking 019a9f3c-7d10-7c4e-9a51-2f6f0c1d7e11",
            "replay audit events --country fr --format csv --output events.csv",
            "replay audit availability 019a9f3c-52b8-7a10-8c3d-4b8e9d0a6f22 --as-of 2026-11-20T10:02:00+01:00",
            "replay audit why 019a9f3c-52b8-7a10-8c3d-4b8e9d0a6f22 2026-11-23T09:30:00+01:00",
            "replay audit proof 019a9f3c-7d10-7c4e-9a51-2f6f0c1d7e44 --output event.json",
            "replay verify history --proof event.json --key public.pem",
        ],
        settings: """
            Every question is recorded in the sealed history, with who asked and how many rows were given: the database
            role of BOOKING_DATABASE_URL must be one that may append. 'proof', 'heads' and 'verify' need HISTORY_HEADS
            (file:FOLDER of the signed heads) and HISTORY_PUBLIC_KEY (file:FILE), too.

            \(common)
            """)

    private static let quarantine = GroupHelp(
        word: "quarantine", purpose: "practitioners who wait, as an event of theirs cannot be taken in.",
        examples: [
            "replay quarantine list",
            "replay quarantine show availability-12",
            "replay quarantine retry availability-12 --reason 'release 4.2 reads version 2'",
            "replay quarantine retry --all --model search",
            "replay quarantine skip availability-12 --reason 'a test event of 3 May, never real'",
            "replay quarantine list --history",
        ],
        settings: """
            'retry' and 'skip' are carried out by a process with the role that writes the model: projection, or booking
            for the calendars. Both are facts of the sealed history.

            \(common)
            """)

    private static let verify = GroupHelp(
        word: "verify", purpose: "proves the read models against the event stores, and these against signed heads.",
        examples: [
            "replay verify models",
            "replay verify history",
            "replay verify history --proof event.json --key public.pem",
        ],
        settings: """
            'history' needs HISTORY_HEADS (file:FOLDER of the signed heads) and HISTORY_PUBLIC_KEY (file:FILE), except
            for files that are checked without databases.

            \(common)
            """)

    /// What every command reads.
    private static let common = """
        Settings say where databases, Redis, brokers and countries are (CONTRACT section 1); 'make up' writes them:

          set -a; . .run/env; set +a
        """
}
