import Domain
import EventStore
import JSON
import TestSupport
import Testing

@testable import ProjectionRunner
@testable import replay

/// What an operator watches while a rebuild runs.
struct RebuildDisplayTests {
    private func display(terminal: Bool, json: Bool = false) -> (display: RebuildDisplay, captured: CapturedConsole) {
        let captured = CapturedConsole()
        let console = captured.console(errorIsTerminal: terminal)
        return (RebuildDisplay(console, .availability, epoch: 7, isJSON: json), captured)
    }

    private func building(_ share: Double, _ events: Int, _ stage: RebuildOrder.Progress.Stage = .readingBookings)
        -> RebuildStep
    {
        .building(RebuildOrder.Progress(stage, share: share, events: events))
    }

    private func health(flowing: Int, lag: Int64) -> ProjectionHealth {
        ProjectionHealth(
            model: "availability", brokerProblem: nil,
            partitions: Shard.all.map { shard in
                let isFlowing = shard.number < flowing
                return ProjectionHealth.Partition(
                    partition: shard, state: isFlowing ? .flowing : .starting, lagEvents: isFlowing ? 0 : lag,
                    isPastStart: isFlowing)
            }, quarantined: 0)
    }

    private func lines(_ text: String) throws -> [JSONValue] {
        try text.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
    }

    @Test("on a terminal a bar shows stage and share, on one line that is drawn again")
    func draws() {
        let (display, captured) = display(terminal: true)
        display.show(building(0.5, 0))
        let bar = "[" + String(repeating: "=", count: 15) + String(repeating: " ", count: 15) + "]"
        #expect(captured.complaint == "\r\(bar) availability epoch 7: reading bookings · 0 s left\u{1B}[K")
        display.show(.handingOver(6))
        #expect(captured.complaint.contains("[" + String(repeating: "=", count: 30) + "] availability epoch 7"))
        #expect(captured.complaint.contains("live projection takes over"))
        #expect(!captured.complaint.contains("\n"))
        display.clear()
        #expect(captured.complaint.hasSuffix("\r\u{1B}[K"), "other text begins on an empty line")
        #expect(captured.answer.isEmpty)
    }

    @Test("rate and seconds left come once there is something to measure")
    func measures() async throws {
        let (display, captured) = display(terminal: true)
        let began = ContinuousClock.now
        display.show(building(0.25, 1_000))
        #expect(!captured.complaint.contains("events/s"), "a rate of no time is none")
        try await eventually("a rate is shown") {
            display.show(building(0.25, 1_000_000))
            return captured.complaint.contains("events/s")
        }
        let elapsed = began.duration(to: .now).seconds
        let drawn = try #require(captured.complaint.split(separator: "\r").last { $0.contains("events/s") })
        let parts = drawn.split(separator: " · ")
        let rate = try #require(Int(parts[1].filter(\.isNumber)))
        // Measured from the first step: not slower than up to now, not faster than after the least time of a rate.
        #expect(rate >= Int(1_000_000 / elapsed) && rate <= 10_000_000, "\(drawn) after \(elapsed) s")
        #expect(parts[1].contains(","), "thousands are kept apart")
        let left = try #require(Int(parts[2].filter(\.isNumber).prefix { $0 != "K" }))
        #expect(left >= 1 && left <= Int((elapsed * 3).rounded(.up)), "a quarter is done: three times as long is left")
    }

    @Test("writing and proving have no rate; shares stay between nothing and all")
    func clamps() throws {
        let (display, captured) = display(terminal: false)
        display.show(building(1.5, 10, .writing))
        display.show(building(-1, 10, .readingPractitioners))
        display.show(.proving)
        let shown = try lines(captured.complaint)
        #expect(shown.compactMap { $0["share"]?.doubleValue } == [1, 0, 1])
        #expect(shown.allSatisfy { $0["eventsPerSecond"]?.intValue == nil })
    }

    @Test(
        "without a terminal each stage has a JSON line at once, and no more than one a second",
        arguments: [true, false])
    func writesLines(_ json: Bool) throws {
        let (display, captured) = display(terminal: false, json: json)
        display.show(building(0.25, 100))
        for events in 101...150 { display.show(building(0.3, events)) }
        display.show(.following(health(flowing: 3, lag: 5)))
        display.show(.handingOver(2))
        display.clear()
        let shown = try lines(json ? captured.answer : captured.complaint)
        #expect((json ? captured.complaint : captured.answer).isEmpty, "progress is the answer only with --json")
        #expect(
            shown.map { $0["stage"]?.stringValue } == ["reading bookings", "following the log", "handing over"])
        for line in shown {
            #expect(line["record"]?.stringValue == "progress" && line["model"]?.stringValue == "availability")
            #expect(line["epoch"]?.intValue == 7)
        }
        #expect(shown[0]["share"]?.doubleValue == 0.25 && shown[0]["events"]?.intValue == 100)
        #expect(shown[1]["share"]?.doubleValue == 0.5 && shown[1]["events"]?.intValue == nil)
    }

    @Test("with --json nothing is drawn, whatever standard error is")
    func jsonOnATerminal() throws {
        let (display, captured) = display(terminal: true, json: true)
        display.show(building(0.25, 100))
        display.clear()
        #expect(captured.complaint.isEmpty)
        #expect(try lines(captured.answer).count == 1)
    }

    @Test("the log's tail says how far behind it is, over all partitions")
    func followsTheLog() {
        let (display, captured) = display(terminal: true)
        display.show(.following(health(flowing: 2, lag: 25)))
        #expect(captured.complaint.contains("following the log, 100 events behind"))
    }

    @Test(
        "thousands are kept apart", arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")])
    func groups(_ number: Int, _ text: String) {
        #expect(grouped(number) == text)
    }
}
