import AuditReport
import Foundation
import Testing

@testable import replay

/// The command line: what is known, what is refused, and with which code.
struct UsageTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let arguments: [String]
        let code: ExitCode
        /// A part of the one line of complaint; empty: there is none.
        var complaint = ""
        /// A part of the answer.
        var answer = ""
    }

    static let cases = [
        Case(testDescription: "help", arguments: ["help"], code: .success, answer: "replay verify models"),
        Case(testDescription: "--help", arguments: ["--help"], code: .success, answer: "replay status"),
        Case(
            testDescription: "help of status has examples", arguments: ["status", "--help"], code: .success,
            answer: "replay status --watch"),
        Case(
            testDescription: "help of verify has examples", arguments: ["verify", "models", "--help"], code: .success,
            answer: "replay verify models --model availability"),
        Case(
            testDescription: "nothing", arguments: [], code: .usage,
            complaint: "no subcommand was given (replay help)"),
        Case(
            testDescription: "a word nobody knows", arguments: ["dance"], code: .usage,
            complaint: "unknown subcommand 'dance'"),
        Case(
            testDescription: "half a subcommand nobody knows", arguments: ["verify", "weather"], code: .usage,
            complaint: "unknown subcommand 'verify weather'"),
        Case(
            testDescription: "help of half a subcommand", arguments: ["verify", "--help"], code: .success,
            answer: "replay verify models"),
        Case(testDescription: "verify what", arguments: ["verify"], code: .usage, complaint: "verify what?"),
        Case(
            testDescription: "an option nobody knows", arguments: ["status", "--fast"], code: .usage,
            complaint: "unexpected argument '--fast'"),
        Case(
            testDescription: "a value is missing", arguments: ["status", "--model"], code: .usage,
            complaint: "--model needs a value"),
        Case(
            testDescription: "an option twice", arguments: ["status", "--model=search", "--model", "all"],
            code: .usage, complaint: "--model was given twice"),
        Case(
            testDescription: "a model nobody knows", arguments: ["status", "--model", "weather"], code: .usage,
            complaint: "unknown model 'weather'"),
        Case(
            testDescription: "calendars are booking's own", arguments: ["verify", "models", "--model", "calendars"],
            code: .usage, complaint: "booking's own"),
        Case(
            testDescription: "no country code", arguments: ["status", "--country", "France"], code: .usage,
            complaint: "two lower-case letters"),
        Case(
            testDescription: "help of rebuild has examples", arguments: ["rebuild", "--help"], code: .success,
            answer: "replay rebuild --resume"),
        Case(
            testDescription: "help of plan has examples", arguments: ["plan", "--help"], code: .success,
            answer: "replay plan --output monday.plan"),
        Case(
            testDescription: "help of diff has examples", arguments: ["diff", "--help"], code: .success,
            answer: "replay diff --against store"),
        Case(
            testDescription: "a part is never swapped in", arguments: ["rebuild", "--country", "fr", "--swap"],
            code: .usage, complaint: "leave --swap out"),
        Case(
            testDescription: "a part is not resumed", arguments: ["rebuild", "--country", "fr", "--resume"],
            code: .usage, complaint: "nothing to resume"),
        Case(
            testDescription: "days are days of the pages", arguments: ["rebuild", "--from", "2026-11-21"],
            code: .usage, complaint: "--model availability"),
        Case(
            testDescription: "no days at all",
            arguments: ["plan", "--model", "availability", "--from", "2026-11-21", "--to", "2026-11-21"],
            code: .usage, complaint: "--to is the day after the last one"),
        Case(
            testDescription: "no practitioner's id", arguments: ["rebuild", "--practitioner", "7"], code: .usage,
            complaint: "--practitioner must be an id"),
        Case(
            testDescription: "no practitioner's id to compare", arguments: ["diff", "--practitioner", "7"],
            code: .usage, complaint: "--practitioner must be an id"),
        Case(
            testDescription: "no days to compare", arguments: ["diff", "--from", "2026-11-21", "--to", "2026-11-20"],
            code: .usage, complaint: "must be later than --from"),
        Case(
            testDescription: "a source nobody knows", arguments: ["rebuild", "--source", "tape"], code: .usage,
            complaint: "one of auto, store, log"),
        Case(
            testDescription: "no lag", arguments: ["rebuild", "--max-live-lag", "soon"], code: .usage,
            complaint: "milliseconds such as 250ms"),
        Case(
            testDescription: "a plan that is not there", arguments: ["rebuild", "--plan", "/nowhere"], code: .usage,
            complaint: "cannot be read"),
        Case(
            testDescription: "an epoch of two models", arguments: ["diff", "--epoch", "2"], code: .usage,
            complaint: "--epoch is one model's"),
        Case(
            testDescription: "against nothing that is known", arguments: ["diff", "--against", "hope"], code: .usage,
            complaint: "live or store"),
        Case(
            testDescription: "help of swap has examples", arguments: ["swap", "--help"], code: .success,
            answer: "replay swap --model availability"),
        Case(
            testDescription: "help of rollback has examples", arguments: ["rollback", "--help"], code: .success,
            answer: "replay rollback --model availability"),
        Case(
            testDescription: "help of drop has examples", arguments: ["drop", "--help"], code: .success,
            answer: "replay drop --model search --epoch 4"),
        Case(
            testDescription: "help of quarantine lists what can follow", arguments: ["quarantine", "--help"],
            code: .success, answer: "replay quarantine skip"),
        Case(
            testDescription: "help of retry has examples", arguments: ["quarantine", "retry", "--help"],
            code: .success, answer: "replay quarantine retry --all"),
        Case(
            testDescription: "quarantine what", arguments: ["quarantine"], code: .usage, complaint: "quarantine what?"),
        Case(
            testDescription: "audit what is said by its own help", arguments: ["audit"], code: .usage,
            complaint: "(replay audit --help)"),
        Case(
            testDescription: "half a verifier key",
            arguments: ["verify", "history", "--proof", "event.json", "--key", "appointments/heads+zzz"], code: .usage,
            complaint: "as a verifier key it is not whole"),
        Case(
            testDescription: "skip needs a reason", arguments: ["quarantine", "skip", "availability-1"], code: .usage,
            complaint: "--reason says why"),
        Case(
            testDescription: "retry needs one or all", arguments: ["quarantine", "retry"], code: .usage,
            complaint: "one ID"),
        Case(
            testDescription: "retry takes one or all, not both",
            arguments: ["quarantine", "retry", "availability-1", "--all"], code: .usage, complaint: "or --all"),
        Case(
            testDescription: "an ID without its model", arguments: ["quarantine", "show", "12"], code: .usage,
            complaint: "'12' is no quarantine"),
        Case(
            testDescription: "a wait that is no time", arguments: ["quarantine", "retry", "--all", "--wait", "soon"],
            code: .usage, complaint: "--wait takes seconds"),
        Case(testDescription: "swap which model", arguments: ["swap"], code: .usage, complaint: "which model?"),
        Case(
            testDescription: "all models are not swapped at once", arguments: ["swap", "--model", "all"], code: .usage,
            complaint: "--model takes one model here"),
        Case(
            testDescription: "a rollback knows where it goes",
            arguments: ["rollback", "--model=search", "--epoch", "2"],
            code: .usage, complaint: "unexpected argument '--epoch'"),
        Case(
            testDescription: "drop which epoch", arguments: ["drop", "--model", "search"], code: .usage,
            complaint: "which epoch?"),
        Case(
            testDescription: "no epoch number", arguments: ["drop", "--model", "search", "--epoch", "old"],
            code: .usage, complaint: "must be a number from 1"),
        Case(
            testDescription: "settings are missing, each has a line", arguments: ["status"], code: .usage,
            complaint: "replay: PRACTITIONER_DATABASE_URL is missing"),
    ]

    @Test(arguments: cases)
    func answers(_ example: Case) async {
        let captured = CapturedConsole()
        let program = ReplayProgram(environment: [:], console: captured.console)
        let code = await program.run(["replay"] + example.arguments)
        #expect(code == example.code)
        #expect(captured.complaint.contains(example.complaint) || example.complaint.isEmpty)
        #expect(captured.answer.contains(example.answer) || example.answer.isEmpty)
        #expect(captured.answer.isEmpty == (example.code != .success), "usage errors answer nothing")
    }

    /// A type that is left out of the list would be called a slip of the pen.
    @Test func everyStoredTypeIsKnown() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Domain/Events")
        var types: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            let text = try String(contentsOf: file, encoding: .utf8)
            types.formUnion(text.matches(of: /WireType\("(\w+)"\)/).map { String($0.output.1) })
        }
        #expect(types.subtracting(["AvailabilityChanged"]) == Set(AuditedTypes.names))
    }
}
