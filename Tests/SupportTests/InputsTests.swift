import Domain
import Testing

@testable import TestSupport

/// Time, identifiers and chance are known beforehand.
@Suite struct InputsTests {
    @Test func clocksMoveOnlyWhenMoved() {
        let start = Instant(seconds: 1_000)
        let clock = SteppingClock(start)
        #expect(clock.now() == start)
        clock.advance(seconds: 60)
        #expect(clock.now() == Instant(seconds: 1_060))
        #expect(FixedClock(start).now() == start)
    }

    @Test func identifiersGrowAndDifferBySeed() {
        let source = SeededIdentifiers(seed: 7)
        let first = BookingID(high: source.next().high, low: source.next().low)
        let second = BookingID(high: source.next().high, low: source.next().low)
        #expect(first < second)
        #expect(first.description == "00000000-0007-7000-8000-000000000002")
        #expect(SeededIdentifiers(seed: 8).next().high != first.high)
    }

    @Test func chanceRepeatsItself() {
        var one = SeededRandom(seed: 42)
        var other = SeededRandom(seed: 42)
        #expect((0..<100).map { _ in one.next() } == (0..<100).map { _ in other.next() })
    }

    @Test func waitingEndsWithTheAnswerOrTheReason() async throws {
        var asked = 0
        let answer = try await eventually("a third question", every: .zero) { () -> Int? in
            asked += 1
            return asked == 3 ? asked : nil
        }
        #expect(answer == 3)
        let error = await #expect(throws: NeverHappened.self) {
            try await eventually("pigs fly", within: .milliseconds(20)) { false }
        }
        #expect(error?.description.contains("pigs fly") == true)
    }
}
