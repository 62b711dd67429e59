import Domain
import TestSupport
import Testing

@Suite("UUIDv7Source")
struct UUIDv7SourceTests {
    @Test("identifiers ascend, also within a millisecond and when the clock goes back")
    func ascends() {
        let clock = SteppingClock(Instant(microseconds: 1_795_219_521_000_000))
        let source = UUIDv7Source(clock: clock)
        var last = EventID(from: source)
        for step in 0..<20_000 {
            if step == 9_000 { clock.advance(seconds: -60) }
            if step == 15_000 { clock.advance(seconds: 120) }
            let next = EventID(from: source)
            #expect(next > last)
            last = next
        }
    }

    @Test("version and variant are those of RFC 9562")
    func isVersionSeven() {
        let id = EventID(from: UUIDv7Source(clock: FixedClock(Instant(microseconds: 0))))
        #expect(id.high >> 12 & 0xF == 7)
        #expect(id.low >> 62 == 0b10)
    }
}
