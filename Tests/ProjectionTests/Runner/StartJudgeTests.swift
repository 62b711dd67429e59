import Domain
import Testing

@testable import ProjectionRunner

/// Every situation in which a partition can find its log and its store: where to start, or why not.
@Suite("G4, G6 starting: the log carries on, a baseline does, or the partition stops and says why")
struct StartJudgeTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var sequence: Int64? = 100
        var hint: Int64?
        var log: TopicLog
        var head = TopicHead(stamped: 120, acknowledged: 120)
        let then: StartJudge.Verdict
    }

    static let cases: [Case] = [
        Case(
            testDescription: "never built: baseline", sequence: nil, log: log(1...120), then: .baseline(.neverBuilt)),
        Case(
            testDescription: "the log has all that follows: as many records on as sequences are missing",
            log: log(1...120), then: .resume([.bookingEvents: 100])),
        Case(
            testDescription: "a confirmed hint is taken: late copies lie between", hint: 140,
            log: log(1...120, high: 150, confirms: true), then: .resume([.bookingEvents: 140])),
        Case(
            testDescription: "an unconfirmed hint is not: the log is another one", hint: 15,
            log: log(95...120, high: 26), then: .resume([.bookingEvents: 6])),
        Case(
            testDescription: "retention passed us: baseline", log: log(102...120), then: .baseline(.logLacksEvents)),
        Case(
            testDescription: "retention has just not passed us", log: log(101...120, low: 500, high: 520),
            then: .resume([.bookingEvents: 500])),
        Case(
            testDescription: "the log was emptied and looks quiet: baseline",
            log: TopicLog(low: 0, high: 0, confirmsHint: false),
            then: .baseline(.logLacksEvents)),
        Case(
            testDescription: "the log was emptied, and nothing is missing", sequence: 120,
            log: TopicLog(low: 0, high: 0, confirmsHint: false), then: .resume([.bookingEvents: 0])),
        Case(
            testDescription: "the log was refilled past us: baseline", log: log(110...120),
            then: .baseline(.logLacksEvents)),
        Case(
            testDescription: "the log lost its tail: baseline", log: log(1...110), then: .baseline(.logLacksEvents)),
        Case(
            testDescription: "what was stamped and never acknowledged may still come", log: log(1...105),
            head: TopicHead(stamped: 120, acknowledged: 105), then: .resume([.bookingEvents: 100])),
        Case(
            testDescription: "the store is behind the model: stop", log: log(1...90),
            head: TopicHead(stamped: 90, acknowledged: 90),
            then: .stop(.aheadOfStore(.bookingEvents, sequence: 100, stamped: 90))),
    ]

    @Test(arguments: cases)
    func judges(_ example: Case) {
        let checkpoint = example.sequence.map {
            ProjectionCheckpoint(
                positions: [TopicPosition(topic: .bookingEvents, sequence: $0, nextOffset: example.hint)])
        }
        let verdict = StartJudge.judge(
            checkpoint, logs: [.bookingEvents: example.log], heads: [.bookingEvents: example.head])
        #expect(verdict == example.then)
    }

    /// A topic without sequences only has its offsets, and the name of the record before.
    @Test(arguments: [
        (
            hint: 10 as Int64?, log: TopicLog(low: 0, high: 20, confirmsHint: true),
            then: StartJudge.Verdict.resume([.availabilityEvents: 10])
        ),
        (hint: 10, log: TopicLog(low: 0, high: 20, confirmsHint: false), then: .baseline(.logChanged)),
        (hint: 10, log: TopicLog(low: 10, high: 20, confirmsHint: false), then: .resume([.availabilityEvents: 10])),
        (hint: 10, log: TopicLog(low: 11, high: 20, confirmsHint: false), then: .baseline(.logChanged)),
        (hint: 10, log: TopicLog(low: 0, high: 0, confirmsHint: false), then: .baseline(.logChanged)),
        (hint: nil, log: TopicLog(low: 0, high: 20, confirmsHint: false), then: .baseline(.logChanged)),
    ])
    func judgesWithoutSequences(hint: Int64?, log: TopicLog, then: StartJudge.Verdict) {
        let checkpoint = ProjectionCheckpoint(
            positions: [TopicPosition(topic: .availabilityEvents, sequence: 0, nextOffset: hint)])
        #expect(StartJudge.judge(checkpoint, logs: [.availabilityEvents: log], heads: [:]) == then)
    }

    private static func log(
        _ sequences: ClosedRange<Int64>, low: Int64 = 0, high: Int64? = nil, confirms: Bool = false
    ) -> TopicLog {
        TopicLog(
            low: low, high: high ?? low + Int64(sequences.count), firstSequence: sequences.lowerBound,
            lastSequence: sequences.upperBound, confirmsHint: confirms)
    }
}
