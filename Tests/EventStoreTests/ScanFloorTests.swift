import Testing

@testable import EventStore

@Suite("The floor of the scan: a bound that is never above a row that can still come")
struct ScanFloorTests {
    private func sight(
        running: Int64, own: Int64, number: Int64, full: Int64? = nil
    ) -> ScanFloor.Sight {
        ScanFloor.Sight(oldestRunning: running, ownTransaction: own, lastNumber: number, lastTakenWhenFull: full)
    }

    @Test("it rises only when every transaction that could have drawn a number is over")
    func waitsForWriters() {
        var floor = ScanFloor()
        floor.learn(sight(running: 90, own: 100, number: 10))
        floor.learn(sight(running: 90, own: 101, number: 12))  // 101 saw that 10 was drawn before it began
        floor.learn(sight(running: 100, own: 102, number: 12))  // 100 may still run: it may have drawn up to 10
        #expect(floor.outboxID == 0)
        floor.learn(sight(running: 101, own: 103, number: 12))
        #expect(floor.outboxID == 21)
    }

    @Test("a batch that was full proves nothing beyond its last row")
    func stopsAtFullBatch() {
        var floor = ScanFloor()
        floor.learn(sight(running: 90, own: 100, number: 10_000))
        floor.learn(sight(running: 90, own: 101, number: 10_000))
        floor.learn(sight(running: 200, own: 201, number: 10_000, full: 500))
        #expect(floor.outboxID == 500)
        floor.learn(sight(running: 202, own: 203, number: 10_000))
        #expect(floor.outboxID == 20_001)
    }

    @Test("a writer that stays open for long holds it, and lets it go at once to where it may be")
    func survivesLongWriters() {
        var floor = ScanFloor()
        for step in 0..<1_000 as Range<Int64> {
            floor.learn(sight(running: 50, own: 100 + step, number: step))
        }
        #expect(floor.outboxID == 0)
        floor.learn(sight(running: 2_000, own: 2_001, number: 1_000))
        #expect(floor.outboxID >= 2 * 900)
    }

    @Test("a shard that is added starts from the bottom, and it rises again by the same proof")
    func lowers() {
        var floor = ScanFloor()
        floor.learn(sight(running: 90, own: 100, number: 10))
        floor.learn(sight(running: 100, own: 101, number: 10))
        floor.learn(sight(running: 102, own: 103, number: 10))
        #expect(floor.outboxID == 21)
        floor.lower()
        #expect(floor.outboxID == 0)
        floor.learn(sight(running: 104, own: 105, number: 10, full: 7))
        #expect(floor.outboxID == 7)
    }
}
