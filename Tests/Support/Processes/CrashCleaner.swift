import Foundation
import Glibc

/// Ends the processes that a test run leaves behind when it crashes or is killed itself.
///
/// A shell that only waits for the end of its input: the kernel closes the other end with us, whatever kills us.
package enum CrashCleaner {
    /// Starts the shell, once in a run; touching it is enough.
    package static let isArmed: Bool = {
        let input = Pipe()
        let writing = input.fileHandleForWriting.fileDescriptor
        guard fcntl(writing, F_SETFD, FD_CLOEXEC) == 0 else { return false }  // no other process may hold it open
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")  // Ctrl-C is not meant for it
        let run = "\(ProcessInfo.processInfo.processIdentifier)"
        shell.arguments = [
            "/bin/bash", "-c", script, "bash", run, "\(Script.checkout)/scripts/servers",
            FileManager.default.temporaryDirectory.path, OwnKafka.engine ?? "true",
        ]
        shell.standardInput = input
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        do { try shell.run() } catch { return false }
        held = input.fileHandleForWriting
        return true
    }()

    nonisolated(unsafe) private static var held: FileHandle?  // written once, by the initialiser above

    /// Processes are known by their environment, not by a number that somebody else may have by then.
    private static let script = """
        cat >/dev/null
        for environment in /proc/[0-9]*/environ; do
            if tr '\\0' '\\n' <"$environment" 2>/dev/null | grep -q "^STATE_DIR=.*/system-$1-"; then
                pid=${environment#/proc/}
                kill -KILL "${pid%/environ}" 2>/dev/null
            fi
        done
        for folder in "${TEST_STATE_DIR:-/tmp}"/own-servers-"$1"-*; do
            if [ -d "$folder" ]; then "$2" delete "$folder"; rm -rf "$folder"; fi
        done
        for folder in "$3"/own-kafka-"$1"-*; do
            if [ -d "$folder" ]; then "$4" stop "$folder"; rm -rf "$folder" "$folder.log"; fi
        done
        """
}

/// The process that would end ours after a crash of the test run did not start.
package struct CannotCleanUp: Error {
    /// It did not.
    package init() {}
}
