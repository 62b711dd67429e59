import Domain
import ProjectionRunner
import Testing

@testable import replay

/// How a partition is judged from checkpoint, store and log.
struct PartitionStateTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var sequence: Int64? = 10
        var store: StoreReach? = StoreReach(first: 1, stamped: 10, acknowledged: 10, isOwned: true)
        var log: LogCoverage.Reach? = LogCoverage.Reach(low: 0, high: 10, firstSequence: 1, lastSequence: 10)
        let state: PartitionState
    }

    static let cases = [
        Case(testDescription: "everything is in", state: .caughtUp),
        Case(testDescription: "some are on their way", sequence: 7, state: .behind),
        Case(testDescription: "no checkpoint", sequence: nil, state: .neverBuilt),
        Case(testDescription: "more than the store has", sequence: 11, state: .aheadOfStore),
        Case(testDescription: "the store cannot be asked", store: nil, state: .unknown),
        Case(testDescription: "the log cannot be asked, the store says all is in", log: nil, state: .caughtUp),
        Case(
            testDescription: "the log was emptied", sequence: 7,
            log: LogCoverage.Reach(low: 0, high: 0, firstSequence: nil, lastSequence: nil), state: .needsBaseline),
        Case(
            testDescription: "the log begins too late", sequence: 7,
            log: LogCoverage.Reach(low: 9, high: 10, firstSequence: 9, lastSequence: 10), state: .needsBaseline),
        Case(
            testDescription: "the log begins just in time", sequence: 7,
            log: LogCoverage.Reach(low: 7, high: 10, firstSequence: 8, lastSequence: 10), state: .behind),
        Case(
            testDescription: "an emptied log does not matter to a model that has everything",
            log: LogCoverage.Reach(low: 0, high: 0, firstSequence: nil, lastSequence: nil), state: .caughtUp),
        Case(
            testDescription: "stamped and not yet acknowledged is on its way",
            store: StoreReach(first: 1, stamped: 12, acknowledged: 10, isOwned: true), state: .behind),
    ]

    @Test(arguments: cases)
    func judges(_ example: Case) {
        let checkpoint = example.sequence.map {
            ProjectionCheckpoint(positions: [TopicPosition(topic: .bookingEvents, sequence: $0)])
        }
        var topic = TopicStatus(topic: .bookingEvents, sequence: example.sequence, nextOffset: nil)
        topic.store = example.store
        topic.log = example.log
        if let sequence = example.sequence, let store = example.store {
            topic.lagEvents = max(0, store.stamped - sequence)
        }
        #expect(PartitionState.judge(checkpoint, [topic]) == example.state)
    }
}
