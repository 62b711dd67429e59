import Configuration
import Domain
import EventStore

/// `replay verify history`: proves that the stored history is the one that was sealed, or names what is not.
struct VerifyHistoryCommand: Subcommand {
    static let words = "verify history"
    static let summary = "proves the event history against signed heads, and names the first wrong row"
    static let help = """
        replay verify history: proves that the stored history is the one that was sealed.

        With databases: reads rows in one snapshot, computes leaves and trees anew, and compares them with heads that
        were signed and are kept outside the database.

          --database booking|practitioner|patient   only this one (default: all three)
          --shard N                                 only this shard, 0 to 6; needs --database
          --from-position N, --to-position N        only these positions; needs --shard
          --from TIME, --to TIME                    only what was recorded then: dates (UTC) or times with offset;
                                                    --to is not in it
          --since-last                              only what came after what was verified last time, which is trusted
          --state FILE                              what was verified last time; written where nothing is wrong, except
                                                    for a part (default $STATE_DIR/history-verified.json)
          --max-age MINUTES                         warn of events that wait longer for a head (default 5)

        Without any database, settings or network, for whoever has nothing but the files:

          --proof FILE      checks the proof of one event, as 'replay audit proof' writes it
          --export FILE     checks rows that were exported with their signed head (see --write)
          --heads FOLDER    checks a folder of heads: signatures, and that they only grow

        Both:

          --write FILE      with --shard: writes the positions asked for, with what proves them, to a file; they
                            begin with a tile of 256 and end with a signed head
          --key KEY         whose heads are believed: a PEM file, a file of verifier keys, or a verifier key itself
                            (default: HISTORY_PUBLIC_KEY, else the public half of HISTORY_KEY)
          --json            one JSON object a line: shard, finding, warning, proof, verification

        There is no --country: a tree has the events of all countries of its shard, and is only proven as a whole.

        Examples:
          replay verify history
          replay verify history --since-last
          replay verify history --database booking --shard 2 --from-position 1 --to-position 5000
          replay verify history --from 2026-11-01 --to 2026-11-02
          replay verify history --proof event.json --key public.pem
          replay verify history --database booking --shard 2 --write range.jsonl
          replay verify history --export range.jsonl --key public.pem
          replay verify history --heads copy-of-heads --key 'appointments/heads+6a…+AV…'

        Settings: HISTORY_HEADS=file:FOLDER, HISTORY_PUBLIC_KEY=file:FILE, and the databases' URLs.

        \(HelpTexts.exitCodes)

        """

    private let options: HistoryOptions

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try HistoryOptions(&arguments)
        try arguments.finish()
    }

    /// - Returns: 0 proven, 1 something is wrong.
    /// - Throws: `SettingsError`, `UsageError` (2), `Unreachable` (3), `Refusal` (4), `CancellationError` (130).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        var values = Environment(environment)
        let settings = HistorySettings(&values)
        let state = values.text("STATE_DIR") ?? ".run"
        guard values.faults.isEmpty else { throw SettingsError(lines: values.faults) }
        let key = try HistoryKeys.publicKey(options.key, settings)
        let voice = HistoryVoice(console: console, isJSON: options.isJSON)
        switch options.mode {
        case .proof(let path): return try OfflineChecks(key: key, voice: voice).proof(path)
        case .export(let path): return try OfflineChecks(key: key, voice: voice).export(path)
        case .heads(let folder): return try await OfflineChecks(key: key, voice: voice).heads(folder)
        case .databases:
            let heads = try HistorySettings.needed(
                settings.headsFolder, "HISTORY_HEADS", "file:FOLDER in which signed heads of the history are kept")
            return try await DatabaseChecks(
                options: options, key: key, headsFolder: heads,
                statePath: options.state ?? state + "/history-verified.json",
                voice: voice
            ).run(environment)
        }
    }
}
