import Foundation
import Testing

@testable import TestSupport

/// Processes are started, frozen, killed and collected as the storms need it.
@Suite struct RunningProgramTests {
    private let log = NSTemporaryDirectory() + "support-\(UUID().uuidString).log"

    private func shell(_ script: String) throws -> RunningProgram {
        try RunningProgram("/bin/sh", ["-c", script], environment: ["GREETING": "hello"], logPath: log)
    }

    @Test func seesItsEnvironmentAndEndsWithItsCode() async throws {
        let program = try shell("echo $GREETING; exit 3")
        #expect(try await program.waitForExit(within: .seconds(5)) == .code(3))
        #expect(program.output() == "hello\n")
    }

    @Test func stopsOnRequest() async throws {
        let program = try shell("trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done")
        try await program.waitForOutput("ready")
        #expect(try await program.stop(within: .seconds(5)) == .code(0))
    }

    @Test func diesWhereItStands() async throws {
        let program = try shell("echo ready; exec sleep 60")
        try await program.waitForOutput("ready")
        try await program.crash()
        #expect(program.exit == .signal(SIGKILL))
    }

    @Test func freezesAndThaws() async throws {
        let program = try shell("echo ready; while :; do sleep 0.01; done")
        try await program.waitForOutput("ready")
        program.freeze()
        try await eventually("it is frozen") { try state(of: program) == "T" }
        program.thaw()
        try await eventually("it goes on") { try state(of: program) != "T" }
        try await program.crash()
    }

    @Test func sayingNothingInTimeIsAFailureThatTellsWhy() async throws {
        let program = try shell("echo too bad; exit 1")
        let error = await #expect(throws: EndedEarly.self) { try await program.waitForOutput("ready") }
        #expect(error?.description.contains("too bad") == true)
    }

    private func state(of program: RunningProgram) throws -> Substring? {
        try String(contentsOfFile: "/proc/\(program.pid)/stat", encoding: .utf8)
            .split(separator: ")").last?.split(separator: " ").first
    }
}
