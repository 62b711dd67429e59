import Configuration
import Glibc

/// The program's entry: the one place that reads the environment, the command line and the terminal.
@main
enum Replay {
    static func main() async {
        let environment = ProcessEnvironment.values
        let console = Console.standard(environment)
        let work = Task { await ReplayProgram(environment: environment, console: console).run(CommandLine.arguments) }
        let interruption = Interruption { work.cancel() }
        let code = await work.value
        withExtendedLifetime(interruption) {}
        exit(code.rawValue)
    }
}
