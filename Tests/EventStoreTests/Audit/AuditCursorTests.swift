import Domain
import TestSupport
import Testing

@testable import EventStore

@Suite("An auditor's cursor: few bytes, read back exactly, never trusted")
struct AuditCursorTests {
    static let cursor = AuditCursor(
        bounds: [
            .booking: AuditCursor.Bound(
                snapshot: "4294967800:4294967950:4294967801,4294967949",
                at: Instant(microseconds: 1_790_000_000_123_456), firstRecordedAt: Instant(microseconds: 0)),
            .patient: AuditCursor.Bound(
                snapshot: "742:742:", at: Instant(microseconds: 1_790_000_000_000_000), firstRecordedAt: nil),
        ],
        mark: AuditCursor.Mark(recordedAt: Instant(microseconds: 1_789_999), database: .patient, number: 77))

    @Test("what was written is read back")
    func readsBack() throws {
        #expect(try AuditCursor(bytes: Self.cursor.bytes) == Self.cursor)
        #expect(Self.cursor.bytes.count < 100)
    }

    @Test("a cut one, a longer one, and one with any byte changed are refused or are another cursor, never a crash")
    func survivesTampering() {
        let bytes = Self.cursor.bytes
        for count in bytes.indices {
            #expect(throws: AuditError.badCursor) { try AuditCursor(bytes: Array(bytes.prefix(count))) }
        }
        #expect(throws: AuditError.badCursor) { try AuditCursor(bytes: bytes + [0]) }
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                if let other = try? AuditCursor(bytes: changed) { #expect(other != Self.cursor) }
            }
        }
        var random = SeededRandom()
        for _ in 0..<2_000 {
            let length = Int.random(in: 0...80, using: &random)
            _ = try? AuditCursor(bytes: (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }

    @Test("a snapshot with too many running transactions hides them all instead of growing without bound")
    func shortens() {
        let running = (100..<200).map { "\($0)" }.joined(separator: ",")
        #expect(AuditCursor.shortened("100:201:\(running)") == "100:100:")
        #expect(AuditCursor.shortened("100:201:100,150") == "100:201:100,150")
    }
}
