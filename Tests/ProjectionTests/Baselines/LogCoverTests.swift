import Domain
import EventStore
import Testing

@testable import ProjectionRunner

/// When the log alone is enough for a partition, and what is said where it is not.
@Suite("G6 what covers a partition")
struct LogCoverTests {
    /// What the log has of one topic.
    struct Held: Sendable {
        var head: Int64
        var first: Int64?
        var last: Int64?
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bookings: Held
        let practitioners: Held
        /// Positions of a whole round.
        var round: (bookings: Int64, practitioners: Int64)?
        /// Whether there is a round that lacks records.
        var hasDamaged = false
        /// Nil: not covered.
        let ground: String?
        var missing: [String] = []
    }

    static let cases: [Case] = [
        Case(
            testDescription: "nothing was ever published", bookings: Held(head: 0), practitioners: Held(head: 0),
            ground: "beginning"),
        Case(
            testDescription: "every position", bookings: Held(head: 9, first: 1, last: 9),
            practitioners: Held(head: 4, first: 1, last: 4), ground: "beginning"),
        Case(
            testDescription: "the oldest have gone", bookings: Held(head: 9, first: 4, last: 9),
            practitioners: Held(head: 4, first: 1, last: 4), ground: nil,
            missing: ["booking-events partition 0: positions 1 to 3 are not in the log"]),
        Case(
            testDescription: "the oldest have gone, and a round has them", bookings: Held(head: 9, first: 4, last: 9),
            practitioners: Held(head: 4), round: (3, 4), ground: "round"),
        Case(
            testDescription: "nothing came after the round", bookings: Held(head: 9), practitioners: Held(head: 4),
            round: (9, 4), ground: "round"),
        Case(
            testDescription: "the first after the round has gone", bookings: Held(head: 9, first: 5, last: 9),
            practitioners: Held(head: 4), round: (3, 4), ground: nil,
            missing: ["booking-events partition 0: positions 4 to 4 are not in the log, after the round"]),
        Case(
            testDescription: "what came after the round is not there", bookings: Held(head: 9),
            practitioners: Held(head: 6, first: 5, last: 5), round: (9, 4), ground: nil,
            missing: ["practitioner-events partition 0: positions 6 to 6 are not in the log, after the round"]),
        Case(
            testDescription: "a round that goes further than the store", bookings: Held(head: 9, first: 1, last: 9),
            practitioners: Held(head: 4), round: (12, 4), ground: nil,
            missing: ["booking-events partition 0: the store has given 9 positions, and not 12, after the round"]),
        Case(
            testDescription: "a gap after the round, but all from 1 on", bookings: Held(head: 9, first: 1, last: 9),
            practitioners: Held(head: 4, first: 1, last: 4), round: (12, 4), ground: "beginning"),
        Case(
            testDescription: "a round that lacks records", bookings: Held(head: 9), practitioners: Held(head: 0),
            hasDamaged: true, ground: nil,
            missing: [
                "booking-events partition 0: positions 1 to 9 are not in the log",
                "model-baselines partition 0: the round",
            ]),
    ]

    @Test(arguments: cases)
    func judges(_ example: Case) {
        let held: [(Topic, Held)] = [
            (.bookingEvents, example.bookings), (.practitionerEvents, example.practitioners),
        ]
        var (heads, reaches) = ([Topic: [Int64]](), [Topic: [LogCoverage.Reach]]())
        for (topic, has) in held {
            let none = LogCoverage.Reach(low: 0, high: 0, firstSequence: nil, lastSequence: nil)
            let some = LogCoverage.Reach(low: 0, high: 9, firstSequence: has.first, lastSequence: has.last)
            heads[topic] = Shard.all.map { $0 == Shard(0) ? has.head : 0 }
            reaches[topic] = Shard.all.map { $0 == Shard(0) ? some : none }
        }
        var rounds = BaselineRounds(of: "availability")
        if let (bookings, practitioners) = example.round {
            rounds.end(round(0, bookings, practitioners), at: 0)
        }
        if example.hasDamaged { rounds.end(round(2, 9, 4), at: 1) }
        let cover = LogCover.judge(heads: heads, reaches: reaches, rounds: [Shard(0): rounds])
        let ground: String? =
            switch cover.grounds[Shard(0)] {
            case .beginning: "beginning"
            case .round: "round"
            case nil: nil
            }
        #expect(ground == example.ground)
        #expect(cover.missing.count == example.missing.count, "\(cover.missing)")
        for (line, begin) in zip(cover.missing, example.missing) { #expect(line.hasPrefix(begin), "\(line)") }
        #expect(cover.grounds.count == Shard.count - (example.ground == nil ? 1 : 0), "the others have nothing at all")
    }

    private func round(_ count: Int, _ bookings: Int64, _ practitioners: Int64) -> BaselineRound {
        BaselineRound(
            id: EventID(high: 1, low: 1), model: "availability", partition: Shard(0), count: count,
            positions: [.bookingEvents: bookings, .practitionerEvents: practitioners], days: nil, asOf: nil,
            takenAt: Instant(seconds: 0))
    }
}
