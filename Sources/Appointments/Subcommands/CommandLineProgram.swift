import Configuration
import Glibc
import Observability

/// Chooses the subcommand and turns what went wrong into one line and an exit code.
struct CommandLineProgram {
    let environment: [String: String]

    static let help = """
        appointments: the medical appointment system, one program for every role.

          appointments serve --roles all         run the roles named (booking, availability, practitioner, patient,
                                                 search, notification, relay, projection; several with commas)
          appointments migrate                   prepare the three databases; safe to repeat
          appointments history-key               make the key that signs the history's heads, where there is none, and
                                                 show its public half
          appointments broker --address-file F   host the in-process broker and write its address to F
          appointments demo load                 load demo data through the API, with a progress bar
          appointments demo tokens               write tokens of the demo's people to STATE_DIR/tokens
          appointments demo tour                 a guided tour: book, race for a slot, empty Redis, cancel
          appointments help                      this text

        Settings come from the environment (CONTRACT section 1); 'make up' writes them to .run/env:

          set -a; . .run/env; set +a; .build/release/appointments serve --roles booking,relay

        LOG_BASELINE_HOURS (1 to 120; empty: never) has the role projection put what the read models hold into the log
        every so many hours, so that 'replay rebuild --source log' needs no database's history (docs/replay.md); the
        in-process broker needs it, too.

        Exit codes: 0 done · 1 failed · 2 wrong usage or settings · 3 a dependency is unreachable

        """

    func run(_ arguments: [String]) async -> ExitCode {
        do {
            return try await runSubcommand(arguments)
        } catch let error as UsageError {
            complain("\(error.message) (appointments help)")
            return .usage
        } catch let error as SettingsError {
            for line in error.lines { complain(line) }
            return .usage
        } catch let error as Unreachable {
            complain("\(error.dependency) cannot be reached: \(error.reason)")
            return .unreachable
        } catch {
            complain("\(error)")
            return .failure
        }
    }

    private func runSubcommand(_ arguments: [String]) async throws -> ExitCode {
        if arguments.first == "help" || arguments.contains("--help") || arguments.contains("-h") {
            write(Self.help, to: STDOUT_FILENO)
            return .success
        }
        var rest = arguments[...]
        switch rest.popFirst() {
        case "serve": return try await Serve(&rest).run(environment)
        case "migrate": return try await Migrate(&rest).run(environment)
        case "history-key": return try await MakeHistoryKey(&rest).run(environment)
        case "broker": return try await HostBroker(&rest).run(environment)
        case "demo": return try await Demo(&rest).run(environment)
        case let unknown?: throw UsageError("unknown subcommand '\(unknown)'")
        case nil: throw UsageError("no subcommand was given")
        }
    }

    private func complain(_ line: String) { write("appointments: \(line)\n", to: STDERR_FILENO) }
}

/// A server without which a subcommand cannot do its work.
struct Unreachable: Error {
    let dependency: String
    let reason: String
}

/// Writes text to a file descriptor; what cannot be written is lost with its terminal.
func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
}

extension ArraySlice<String> {
    /// Takes `--name value` or `--name=value` out of the arguments; nil where it is absent.
    mutating func option(_ name: String) throws(UsageError) -> String? {
        guard let index = firstIndex(where: { $0 == name || $0.hasPrefix("\(name)=") }) else { return nil }
        if self[index] != name { return String(remove(at: index).dropFirst(name.count + 1)) }
        guard index + 1 < endIndex else { throw UsageError("\(name) needs a value") }
        let value = self[index + 1]
        removeSubrange(index...index + 1)
        return value
    }

    /// Anything left over is a usage error, not something to ignore.
    func finish() throws(UsageError) {
        if let extra = first { throw UsageError("unexpected argument '\(extra)'") }
    }
}
