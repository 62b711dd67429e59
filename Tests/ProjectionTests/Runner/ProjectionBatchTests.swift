import Domain
import Testing

@testable import EventStore
@testable import ProjectionRunner

/// Nothing is taken in that is not exactly what lies between two checkpoints, in production as in tests.
///
/// No other test of this target may start a process: who waits for the end of these would find that one's instead.
@Suite("G4 applied + filtered = range scanned: a batch that breaks it ends the process")
struct ProjectionBatchTests {
    /// Sequences of booking-events and of practitioner-events.
    fileprivate typealias Place = (bookings: Int64, practitioners: Int64)

    fileprivate static func batch(_ records: [ProjectionRecord], from: Place, to: Place) -> ProjectionBatch {
        ProjectionBatch(
            partition: Shard(0), records: records, previous: checkpoint(from), checkpoint: checkpoint(to))
    }

    fileprivate static func checkpoint(_ place: Place) -> ProjectionCheckpoint {
        ProjectionCheckpoint(positions: [
            TopicPosition(topic: .bookingEvents, sequence: place.bookings),
            TopicPosition(topic: .practitionerEvents, sequence: place.practitioners),
            TopicPosition(topic: .availabilityEvents, sequence: 0, nextOffset: place.bookings),
        ])
    }

    fileprivate static func b(_ sequence: Int64) -> ProjectionRecord {
        SequenceGateTests.record(.bookingEvents, sequence)
    }
    fileprivate static func p(_ sequence: Int64) -> ProjectionRecord {
        SequenceGateTests.record(.practitionerEvents, sequence)
    }
    /// A record of a topic without sequences.
    fileprivate static var a: ProjectionRecord { SequenceGateTests.record(.availabilityEvents, 0) }

    @Test("what lies between the checkpoints is taken, topics mixed, with or without sequences")
    func takesTheRange() {
        #expect(Self.batch([], from: (10, 5), to: (10, 5)).records.isEmpty)
        #expect(Self.batch([Self.a, Self.a], from: (10, 5), to: (10, 5)).records.count == 2)
        #expect(Self.batch([Self.b(11), Self.a, Self.p(6), Self.b(12)], from: (10, 5), to: (12, 6)).records.count == 4)
        let fromNothing = ProjectionBatch(
            partition: Shard(0), records: [Self.b(1), Self.b(2)], previous: ProjectionCheckpoint(positions: []),
            checkpoint: Self.checkpoint((2, 0)))
        #expect(fromNothing.records.count == 2)
    }

    @Test("pitfall: progress stored beyond what was scanned")
    func refusesProgressBeyond() async {
        await #expect(processExitsWith: .failure) {
            _ = ProjectionBatchTests.batch(
                [ProjectionBatchTests.b(11), ProjectionBatchTests.b(12)], from: (10, 5), to: (13, 5))
        }
        await #expect(processExitsWith: .failure) {
            _ = ProjectionBatchTests.batch([ProjectionBatchTests.b(11)], from: (10, 5), to: (11, 6))
        }
    }

    @Test("a record that is missing, twice, out of order or not counted")
    func refusesOtherRecords() async {
        await #expect(processExitsWith: .failure) {
            _ = ProjectionBatchTests.batch(
                [ProjectionBatchTests.b(11), ProjectionBatchTests.b(13)], from: (10, 5), to: (12, 5))
        }
        await #expect(processExitsWith: .failure) {
            _ = ProjectionBatchTests.batch(
                [ProjectionBatchTests.b(11), ProjectionBatchTests.b(11)], from: (10, 5), to: (12, 5))
        }
        await #expect(processExitsWith: .failure) {
            _ = ProjectionBatchTests.batch(
                [ProjectionBatchTests.b(11), ProjectionBatchTests.b(12)], from: (10, 5), to: (11, 5))
        }
        await #expect(processExitsWith: .failure) {
            _ = ProjectionBatchTests.batch([ProjectionBatchTests.p(6)], from: (10, 5), to: (10, 5))
        }
    }
}
