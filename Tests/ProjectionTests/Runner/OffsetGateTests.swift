import Domain
import TestSupport
import Testing

@testable import ProjectionRunner

/// What a reader that is taken elsewhere brings.
@Suite("G4, G5 offsets: nothing is passed over unseen")
struct OffsetGateTests {
    private static let topic = Topic.availabilityEvents

    private func gate(at offset: Int64) -> OffsetGate {
        var gate = OffsetGate()
        gate.start(at: [Self.topic: offset, .practitionerEvents: 7])
        return gate
    }

    private func pass(_ offsets: [Int64], _ gate: inout OffsetGate) -> [OffsetGate.Verdict] {
        offsets.map { gate.pass($0, of: Self.topic) }
    }

    @Test("what follows passes, what was read before does not, and topics count by themselves")
    func order() {
        var gate = gate(at: 10)
        #expect(pass([10, 11, 10, 9, 12], &gate) == [.next, .next, .earlier, .earlier, .next])
        #expect(gate.pass(7, of: .practitionerEvents) == .next)
        #expect(gate.next == [Self.topic: 13, .practitionerEvents: 8])
    }

    @Test("a hole is read again from its beginning, and passes if it is still there")
    func holes() {
        var gate = gate(at: 10)
        #expect(pass([10, 13], &gate) == [.next, .hole(11..<13)])
        #expect(gate.next[Self.topic] == 11, "it was not passed")
        gate.start(at: [Self.topic: 10])  // the checkpoint may be further back
        #expect(pass([10, 13, 14], &gate) == [.next, .next, .next], "the log has none there")
        #expect(pass([17], &gate) == [.hole(15..<17)], "another one")
        gate.start(at: [Self.topic: 15])
        #expect(pass([15, 16, 17], &gate) == [.next, .next, .next], "the reader had been elsewhere")
    }

    @Test("a hole that turned out to be the reader's is not taken for the log's own later")
    func refuted() {
        var gate = gate(at: 10)
        #expect(pass([13], &gate) == [.hole(10..<13)])
        gate.start(at: [Self.topic: 10])
        #expect(pass([10, 11, 12, 13], &gate) == [.next, .next, .next, .next])
        gate.start(at: [Self.topic: 10])  // nothing of it had been stored
        #expect(pass([13], &gate) == [.hole(10..<13)])
    }

    @Test("a hole that became larger is another one: the reader was taken elsewhere again")
    func largerHoles() {
        var gate = gate(at: 10)
        #expect(pass([13], &gate) == [.hole(10..<13)])
        gate.start(at: [Self.topic: 10])
        #expect(pass([15], &gate) == [.hole(10..<15)])
    }

    @Test("a start is behind a reader who has read what the log had when somebody asked first")
    func pastStart() {
        var gate = gate(at: 10)
        #expect(!gate.isPastStart, "nobody knows where the log ended")
        #expect(gate.lag(behind: [Self.topic: 12, .practitionerEvents: 7]) == 2)
        #expect(!gate.isPastStart)
        _ = pass([10, 11], &gate)
        #expect(gate.lag(behind: [Self.topic: 20, .practitionerEvents: 7]) == 8)
        #expect(gate.isPastStart, "what came since does not matter")
        gate.start(at: [Self.topic: 12])
        #expect(!gate.isPastStart)
    }
}
