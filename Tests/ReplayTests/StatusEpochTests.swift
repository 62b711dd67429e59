import Domain
import EventStore
import JSON
import Synchronization
import TestSupport
import Testing

@testable import ProjectionRunner
@testable import replay

/// What `replay status` says of epochs, of the rebuild that is at one, and of the lanes that write them.
struct StatusEpochTests {
    @Test func theOnlyEpochIsShownAndWhoWritesIt() async throws {
        try await ReplayBed.with { bed in
            let registry = EpochRegistry(bed.practitioners)
            let nobody = await bed.replay("status", "--model", "search")
            #expect(nobody.answer.contains("  epoch    1  served    readers are answered from it, since 20"))
            #expect(nobody.answer.contains("  lanes 0-5  never seen: the role 'projection' writes them"))

            for partition in Shard.all where partition.number != 3 {
                let owner = partition.number < 2 ? "17-one" : "18-two"
                _ = try await registry.beginLane("search", partition, owner: owner)
            }
            try await bed.run(
                "UPDATE projection_lanes SET seen_at = seen_at - interval '90 seconds' WHERE owner = '17-one'",
                in: bed.practitioners)
            let text = await bed.replay("status", "--model", "search").answer
            #expect(text.contains("  lanes 0-1  process 17-one, seen 9"), "\(text)")
            #expect(text.contains("  lanes 2, 4-5  process 18-two, seen "), "\(text)")
            #expect(text.contains("  lanes 3  never seen"), "\(text)")
            #expect(!text.contains("availability  "), "only this model was asked for")

            let lanes = try await lines(bed).filter { $0["record"]?.stringValue == "lane" }
            #expect(lanes.compactMap { $0["partition"]?.intValue } == [0, 1, 2, 4, 5])
            #expect(lanes.compactMap { $0["process"]?.stringValue }.first == "17-one")
            #expect(try #require(lanes[0]["silentSeconds"]?.doubleValue) >= 90)
            #expect(try #require(lanes[2]["silentSeconds"]?.doubleValue) < 90)
        }
    }

    @Test func theStageOfARebuildIsShownAndThatNobodyIsAtIt() async throws {
        try await ReplayBed.with { bed in
            let registry = EpochRegistry(bed.practitioners)
            let owner = "anna, process 7 on ops1"
            let epoch = try await registry.createShadow(
                "search", source: "a test", by: owner, lease: .seconds(60)
            ).number
            try await expect("building  reading the stores; \(owner), begun ", "reading the stores", bed)
            try await registry.recordDigests("search", epoch, held: "1:1", folded: "1:1", by: owner)
            try await expect("building  proved; \(owner), begun ", "proved", bed)
            try await registry.change("search", epoch, to: .tailing, by: owner)
            try await expect(
                "tailing   following the log, written by live projection in 0 of 6 partitions; \(owner)",
                "following the log", bed)
            try await registry.requestAdoption("search", epoch)
            try await expect("tailing   handing over, written by live projection", "handing over", bed)
            try await registry.releaseLease("search", epoch, by: owner)
            try await expect("; nobody is at it, begun ", "handing over", bed)
            #expect(await bed.replay("status").answer.contains(" ago: replay rebuild --resume"))
        }
    }

    /// Models, stores and log are not asked in the same moment: what is taken in between is no loss.
    @Test func whatGoesByWhileItLooksIsNoAlarm() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(6, in: .fr)
            try await bed.relay()
            try await bed.buildModels()
            let reports = Reports()
            func taken(_ report: String) throws -> Int64 {
                try partitions(report).flatMap { $0["topics"]?.arrayValue ?? [] }
                    .reduce(0) { $0 + ($1["sequence"]?.intValue ?? 0) }
            }
            try await bed.projecting {
                try await bed.relay {
                    let first = try taken(await bed.replay("status", "--json").answer)
                    let asking = Task {
                        while !Task.isCancelled { reports.add(await bed.replay("status", "--json").answer) }
                    }
                    defer { asking.cancel() }
                    // Until live projection has gone on under the eyes of several reports.
                    try await eventually("events go by", within: .seconds(60)) {
                        for id in history.practitioners { _ = try await history.book(id, slot: 2, in: .fr) }
                        let newest = try reports.all.suffix(6).map(taken)
                        return newest.count == 6 && newest[0] > first && newest[5] > newest[0]
                    }
                }
            }
            let states = try Set(reports.all.flatMap(partitions).compactMap { $0["state"]?.stringValue })
            #expect(states.isSubset(of: ["caught-up", "behind"]), "\(states)")
        }
    }

    private func partitions(_ report: String) throws -> [JSONValue] {
        try report.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
            .filter { $0["record"]?.stringValue == "partition" }
    }

    /// On a terminal each report is drawn over the one before; elsewhere it follows after an empty line.
    @Test(arguments: [true, false])
    func watchingShowsOneReportAfterTheOther(onTerminal: Bool) async throws {
        try await ReplayBed.with { bed in
            let reports = Reports()
            let console = Console(
                write: { reports.add($0) }, writeError: { _ in }, isTerminal: onTerminal, errorIsTerminal: false,
                style: TextStyle(isColoured: onTerminal))
            let program = ReplayProgram(environment: bed.environment, console: console)
            let watching = Task { await program.run(["replay", "status", "--watch"]) }
            try await eventually("two reports were shown", within: .seconds(30)) { reports.all.count >= 2 }
            watching.cancel()
            #expect(await watching.value == .interrupted)
            for report in reports.all.prefix(2) {
                #expect(report.contains("availability") && report.contains("search") && report.contains("databases"))
                #expect(report.contains("as of 20"))
                #expect(report.hasPrefix("\u{1B}[H") == onTerminal, "home, then over what is there")
                #expect(report.hasSuffix("\u{1B}[J") == onTerminal, "nothing of a longer report stays below")
                #expect(report.hasSuffix("\n\n") != onTerminal)
                let ends = report.ranges(of: "\n").count
                #expect(report.ranges(of: "\u{1B}[K\n").count == (onTerminal ? ends : 0), "nothing stays to the right")
            }
        }
    }

    private func expect(_ text: String, _ stage: String, _ bed: ReplayBed) async throws {
        let answer = await bed.replay("status", "--model", "search").answer
        #expect(answer.contains(text), "\(answer)")
        let epochs = try await lines(bed).filter { $0["record"]?.stringValue == "epoch" }
        #expect(epochs.map { $0["stage"]?.stringValue } == [nil, stage])
    }

    private func lines(_ bed: ReplayBed) async throws -> [JSONValue] {
        try await bed.replay("status", "--model", "search", "--json").answer.split(separator: "\n")
            .map { try parseJSON(Array($0.utf8)) }
    }
}

/// What was written, one report after the other.
private final class Reports: Sendable {
    private let written = Mutex<[String]>([])

    var all: [String] { written.withLock { $0 } }

    func add(_ text: String) { written.withLock { $0.append(text) } }
}
