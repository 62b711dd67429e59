import Domain
import EventStore
import TestSupport
import Testing

@Suite("Verification finds any flipped bit, wherever it is (G8)")
struct RandomDamageTests {
    /// Columns with an expression that changes one random bit of one byte, or one step of the number.
    private static let columns = [
        "data", "stream", "type", "correlation_id", "actor_role", "actor_subject", "event_id", "key", "occurred_at",
        "recorded_at", "stream_version", "data_version", "relevant_until",
    ]

    private static func damage(_ column: String, _ random: UInt64) -> String {
        switch column {
        case "data":
            return "data = set_byte(data, (\(random % 997) % octet_length(data))::int, "
                + "get_byte(data, (\(random % 997) % octet_length(data))::int) # \(1 << (random % 8)))"
        case "event_id", "key":
            let place = random % 16
            return "\(column) = encode(set_byte(uuid_send(\(column)), \(place), "
                + "get_byte(uuid_send(\(column)), \(place)) # \(1 << (random % 8))), 'hex')::uuid"
        case "occurred_at", "recorded_at":
            return "\(column) = \(column) + \(1 << (random % 20)) * interval '1 microsecond'"
        case "stream_version", "data_version": return "\(column) = \(column) + \(1 + random % 9)"
        case "relevant_until": return "relevant_until = relevant_until - \(1 + Int(random % 300))"
        default: return "\(column) = overlay(\(column) placing '~' from \(1 + random % 4) for 1)"
        }
    }

    @Test("one bit of one column of one row, at random: that row is named", arguments: [11, 12, 13])
    func findsOneBit(_ seed: UInt64) async throws {
        try await VerifyBed.with("verify_random") { bed in
            try await bed.remember()
            let last = try #require(try await bed.headSizes().last)
            var random = SeededRandom(seed: seed)
            for _ in 0..<12 {
                let position = Int64(1 + random.next() % UInt64(last))
                let column = Self.columns[Int(random.next() % UInt64(Self.columns.count))]
                let sql =
                    "UPDATE events SET \(Self.damage(column, random.next())) WHERE event_number = "
                    + VerifyBed.event(position)
                try await bed.altered(sql) {
                    let findings = try await bed.verify().allFindings.filter { $0.kind == .rowChanged }
                    #expect(
                        findings.contains { $0.shard == VerifyBed.shard && $0.position == position },
                        "seed \(seed): \(sql): \(findings)")
                }
            }
        }
    }
}
