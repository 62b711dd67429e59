import Domain
import EventStore
import Testing

@testable import ProjectionRunner

/// Which rounds count as whole, whatever a log may hold of them.
@Suite("G6 rounds of baselines")
struct BaselineRoundsTests {
    /// What is met in the log, in order.
    enum Met: Sendable {
        /// A record of round `a`, `b` … by its number; nil: one that cannot be read.
        case record(Character, Int?)
        /// The end of a round that counts so many records and goes to this position.
        case end(Character, count: Int, position: Int64, model: String = "availability")
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let met: [Met]
        /// The round that is gone on from, and its offsets.
        var furthest: (name: Character, offsets: Range<Int64>)?
        var damaged: Character?
    }

    static let cases: [Case] = [
        Case(testDescription: "nothing", met: []),
        Case(
            testDescription: "a whole round",
            met: [.record("a", 1), .record("a", 2), .end("a", count: 2, position: 9)], furthest: ("a", 0..<3)),
        Case(
            testDescription: "nobody is in the partition", met: [.end("a", count: 0, position: 0)],
            furthest: ("a", 0..<1)),
        Case(testDescription: "one that was interrupted", met: [.record("a", 1), .record("a", 2)]),
        Case(
            testDescription: "one that was interrupted, and begun anew under another name",
            met: [.record("a", 1), .record("b", 1), .record("b", 2), .end("b", count: 2, position: 9)],
            furthest: ("b", 1..<4)),
        Case(
            testDescription: "a record is missing in the middle",
            met: [.record("a", 1), .record("a", 3), .end("a", count: 3, position: 9)], damaged: "a"),
        Case(
            testDescription: "a record is missing, and another came twice",
            met: [.record("a", 1), .record("a", 1), .record("a", 3), .end("a", count: 3, position: 9)], damaged: "a"),
        Case(
            testDescription: "the last record is missing",
            met: [.record("a", 1), .end("a", count: 2, position: 9)], damaged: "a"),
        Case(
            testDescription: "the oldest records have gone",
            met: [.record("a", 2), .record("a", 3), .end("a", count: 3, position: 9)], damaged: "a"),
        Case(
            testDescription: "records that came twice",
            met: [
                .record("a", 1), .record("a", 1), .record("a", 2), .record("a", 1), .end("a", count: 2, position: 9),
            ],
            furthest: ("a", 0..<5)),
        Case(
            testDescription: "two rounds, mixed, of two processes that both believed in their lease",
            met: [
                .record("a", 1), .record("b", 1), .record("a", 2), .record("b", 2), .end("b", count: 2, position: 12),
                .record("a", 3), .end("a", count: 3, position: 9),
            ], furthest: ("b", 1..<5)),
        Case(
            testDescription: "a newer one is damaged: the one before it counts",
            met: [
                .record("a", 1), .end("a", count: 1, position: 9), .record("b", 1), .end("b", count: 2, position: 12),
            ], furthest: ("a", 0..<2), damaged: "b"),
        Case(
            testDescription: "the newest counts",
            met: [
                .record("a", 1), .end("a", count: 1, position: 9), .record("b", 1), .end("b", count: 1, position: 12),
            ], furthest: ("b", 2..<4)),
        Case(
            testDescription: "another model's is passed over",
            met: [.record("a", 1), .end("a", count: 1, position: 9, model: "search")]),
        Case(
            testDescription: "a record of a newer program",
            met: [.record("a", 1), .record("a", nil), .end("a", count: 2, position: 9)], damaged: "a"),
    ]

    @Test(arguments: cases)
    func judges(_ example: Case) {
        var rounds = BaselineRounds(of: "availability")
        for (offset, met) in example.met.enumerated() {
            switch met {
            case .record(let name, let index): rounds.note(id(name), index: index, at: Int64(offset))
            case .end(let name, let count, let position, let model):
                rounds.end(round(name, count, position, model), at: Int64(offset))
            }
        }
        #expect(rounds.furthest?.round.id == example.furthest.map { id($0.name) })
        #expect(rounds.furthest?.offsets == example.furthest?.offsets)
        #expect(rounds.damaged?.id == example.damaged.map(id))
    }

    private func id(_ name: Character) -> EventID { EventID(high: 1, low: UInt64(name.asciiValue ?? 0)) }

    private func round(_ name: Character, _ count: Int, _ position: Int64, _ model: String) -> BaselineRound {
        BaselineRound(
            id: id(name), model: model, partition: Shard(0), count: count,
            positions: [.bookingEvents: position, .practitionerEvents: 1], days: nil, asOf: nil,
            takenAt: Instant(seconds: 0))
    }
}
