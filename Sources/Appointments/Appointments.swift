import Configuration
import Glibc

/// The program's entry: the one place that reads the environment and the command line.
@main
enum Appointments {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let code = await CommandLineProgram(environment: ProcessEnvironment.values).run(arguments)
        exit(code.rawValue)
    }
}

/// How the program ends.
enum ExitCode: Int32 {
    case success = 0
    case failure = 1
    case usage = 2
    case unreachable = 3
}
