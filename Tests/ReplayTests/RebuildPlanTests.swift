import Domain
import EventStore
import Foundation
import Testing

@testable import ProjectionRunner
@testable import replay

/// What makes a plan wrong that was right when it was made.
@Suite("plans that the world has overtaken")
struct RebuildPlanTests {
    struct Change: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var served: Int64 = 3
        var fence: Int64 = 5
        var booked: [Int64] = [10, 20, 30, 40, 50, 60]
        var countries = ["de", "fr"]
        var source = RebuildArguments.Source.store
        var notInLog: [String] = []
        /// A part of each line that is said.
        let said: [String]
    }

    static let changes = [
        Change(testDescription: "nothing has changed", said: []),
        Change(testDescription: "more was booked", booked: [11, 20, 30, 40, 50, 99], said: []),
        Change(
            testDescription: "another epoch is served", served: 4, fence: 6,
            said: ["epoch 4 is served now, and was 3"]),
        Change(
            testDescription: "forth and back: the same epoch under another fence", fence: 7,
            said: ["epoch 3 is served now, and was 3"]),
        Change(
            testDescription: "positions went back", booked: [10, 20, 29, 40, 50, 0],
            said: ["partition 2 ends at 29, and ended at 30", "partition 5 ends at 0, and ended at 60"]),
        Change(
            testDescription: "a topic is gone", booked: [],
            said: (0..<6).map { "partition \($0) ends at 0, and ended at \(10 * ($0 + 1))" }),
        Change(
            testDescription: "a country has come", countries: ["de", "fr", "it"],
            said: ["the countries are de, fr, it, and were de, fr"]),
        Change(testDescription: "the log has lost something, and is not needed", notInLog: ["gone"], said: []),
        Change(
            testDescription: "the log has lost something that the plan reads", source: .log, notInLog: ["gone"],
            said: ["gone"]),
        Change(
            testDescription: "several at once", fence: 6, booked: [9, 20, 30, 40, 50, 60], countries: [],
            said: ["epoch 3 is served now", "partition 0 ends at 9", "the countries are "]),
    ]

    private func plan(_ source: RebuildArguments.Source) -> RebuildPlan {
        RebuildPlan(
            model: .availability, scope: .whole, source: source, why: "a test", madeAt: Instant(seconds: 0), served: 3,
            fence: 5, heads: [.bookingEvents: [10, 20, 30, 40, 50, 60]], coverage: ["all"], notInLog: [],
            inLog: [], countries: ["de", "fr"], events: 0, measuredSeconds: 0, peakMebibytes: 0, looked: 0, changing: 0,
            sample: [], unreadable: [])
    }

    @Test(arguments: changes)
    func contradictions(_ change: Change) {
        let heads: [Topic: [Int64]] = change.booked.isEmpty ? [:] : [.bookingEvents: change.booked]
        let epochs = ModelEpochs(
            model: "availability", served: change.served, fence: change.fence, epochs: [], lanes: [], adoptions: [],
            readAt: Instant(seconds: 0))
        let found = plan(change.source).contradictions(
            epochs, heads: heads, countries: change.countries,
            proof: LogProof(missing: change.notInLog, covered: [], heads: heads))
        #expect(found.count == change.said.count, "\(found)")
        for (line, part) in zip(found, change.said) { #expect(line.contains(part)) }
    }

    @Test("a file that cannot be written is found before anything is done")
    func unwritable() async {
        for path in ["/nowhere/at/all.plan", FileManager.default.temporaryDirectory.path] {
            let captured = CapturedConsole()
            let program = ReplayProgram(environment: [:], console: captured.console)
            // Without settings nothing could have been asked of anybody.
            let code = await program.run(["replay", "plan", "--output", path])
            #expect(code == .usage && captured.complaint.contains("--output \(path) cannot be written"))
        }
    }

    @Test("a file in the folder that one is in is fine, and is not made yet")
    func writable() throws {
        let name = "\(UUID().uuidString).plan"
        for path in [name, "./\(name)", "/tmp/\(name)"] {
            try RebuildPlanFile.check(path)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("a plan reads back as it was written, and its name is that of its bytes")
    func readsBack() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).plan").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let written = RebuildPlanFile([plan(.store)])
        try written.write(path)
        let read = try RebuildPlanFile(path)
        #expect(read.plans == written.plans && read.digest == written.digest && read.digest.count == 64)
        #expect(RebuildPlanFile([plan(.log)]).digest != read.digest)
    }
}
