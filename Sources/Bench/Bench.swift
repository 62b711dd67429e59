import Glibc

/// Measures the system and its limits in the same run, on this machine, and prints them as a table.
@main
enum Bench {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        exit(await BenchProgram(arguments: arguments).run())
    }
}
