import Domain
import TestSupport
import Testing

@testable import EventStore
@testable import ProjectionRunner

/// What a partition may bring, in which order, and what of it passes.
@Suite("G4 sequences: each once, in order, and a jump is reported where it is")
struct SequenceGateTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// `b` booking-events, `p` practitioner-events, with their sequences; the model stands at 10 and 5.
        let comes: [(topic: Topic, sequence: Int64)]
        let passes: [Int64]
        var duplicates = 0
        var jump: SequenceGate.Jump?
        let then: (bookings: Int64, practitioners: Int64)
    }

    static let cases: [Case] = [
        Case(testDescription: "nothing", comes: [], passes: [], then: (10, 5)),
        Case(testDescription: "what follows", comes: [b(11), b(12)], passes: [11, 12], then: (12, 5)),
        Case(
            testDescription: "topics count by themselves", comes: [b(11), p(6), b(12), p(7)], passes: [11, 6, 12, 7],
            then: (12, 7)),
        Case(
            testDescription: "late copies are dropped", comes: [b(9), b(10), b(11)], passes: [11], duplicates: 2,
            then: (11, 5)),
        Case(
            testDescription: "a relayer that starts over repeats itself",
            comes: [b(11), b(12), b(10), b(11), b(12), b(13)],
            passes: [11, 12, 13], duplicates: 3, then: (13, 5)),
        Case(
            testDescription: "a jump ends what passes", comes: [b(11), b(13), b(14)], passes: [11],
            jump: SequenceGate.Jump(topic: .bookingEvents, expected: 12, found: 13), then: (11, 5)),
        Case(
            testDescription: "a jump at once", comes: [p(8), b(11)], passes: [],
            jump: SequenceGate.Jump(topic: .practitionerEvents, expected: 6, found: 8), then: (10, 5)),
    ]

    @Test(arguments: cases)
    func passes(_ example: Case) {
        var gate = SequenceGate(
            ProjectionCheckpoint(positions: [
                TopicPosition(topic: .bookingEvents, sequence: 10),
                TopicPosition(topic: .practitionerEvents, sequence: 5),
            ]), sequenced: [.bookingEvents, .practitionerEvents])
        let passage = gate.pass(example.comes.map { Self.record($0.topic, $0.sequence) })
        #expect(passage.accepted.map(\.sequence) == example.passes)
        #expect(passage.duplicates == example.duplicates)
        #expect(passage.jump == example.jump)
        // applied + filtered = range scanned, also where a jump ends the passage.
        let unseen = example.jump.map { jump in
            example.comes.count
                - (example.comes.firstIndex { $0.topic == jump.topic && $0.sequence == jump.found } ?? 0)
        }
        #expect(passage.unseen == unseen ?? 0)
        #expect(passage.accepted.count + passage.duplicates + passage.unseen == example.comes.count)
        #expect(gate.checkpoint[.bookingEvents].sequence == example.then.bookings)
        #expect(gate.checkpoint[.practitionerEvents].sequence == example.then.practitioners)
    }

    private static func b(_ sequence: Int64) -> (topic: Topic, sequence: Int64) { (.bookingEvents, sequence) }
    private static func p(_ sequence: Int64) -> (topic: Topic, sequence: Int64) { (.practitionerEvents, sequence) }

    static func record(_ topic: Topic, _ sequence: Int64) -> ProjectionRecord {
        let id = PractitionerID(high: 1, low: 2)
        let metadata = EventMetadata(
            eventID: EventID(high: 3, low: UInt64(sequence)), occurredAt: Instant(seconds: sequence),
            correlationID: "t",
            actorRole: "staff", actorSubject: "s")
        let event = StoredEvent(
            country: .fr, number: sequence, recordedAt: Instant(seconds: sequence), stream: StreamName(id), version: 1,
            wireType: WireType("PractitionerActivated"), data: [], metadata: metadata, keys: [RecordKey(id)])
        return ProjectionRecord(PositionedEvent(position: sequence, side: 0, event: event), topic: topic)
    }
}
