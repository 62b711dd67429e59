import Domain
import Kafka
import Postgres

/// Turns rows of the store into CloudEvents records, CONTRACT section 3, without a detour over strings.
struct RecordBuilder: Sendable {
    private static let version = KafkaHeader(name: "ce_specversion", text: "1.0")
    private static let contentType = KafkaHeader(name: "content-type", text: "application/json")

    private let topic: String
    private let role: String
    private var sources: [[UInt8]: KafkaHeader] = [:]

    init(topic: String, role: String) {
        self.topic = topic
        self.role = role
    }

    /// The record of one row of `relay_batch` or `read_positions`; `shard`, that of the row's side, is Kafka's
    /// partition.
    ///
    /// The record's own time is that of publishing: Kafka would throw a re-published old event away at once by its
    /// event's.
    mutating func record(_ rows: PGRows, _ row: Int, shard: Shard) -> KafkaRecord {
        let isSecond = rows.int(row, Column.side) == 1
        let key = rows.uuid(row, isSecond ? Column.secondKey : Column.key)
        var headers = [
            Self.version,
            KafkaHeader(name: "ce_id", value: Self.text(rows.uuid(row, Column.eventID))),
            KafkaHeader(name: "ce_type", value: rows.bytes(row, Column.type)),
            source(rows.bytes(row, Column.country)),
            KafkaHeader(name: "ce_subject", value: rows.bytes(row, Column.stream)),
            KafkaHeader(name: "ce_time", value: Self.time(rows.timestamp(row, Column.occurredAt))),
            KafkaHeader(name: "ce_sequence", value: Self.digits(rows.int(row, Column.position), width: 20)),
            KafkaHeader(name: "ce_streamversion", value: Self.digits(rows.int(row, Column.version))),
            KafkaHeader(name: "ce_dataversion", value: Self.digits(rows.int(row, Column.dataVersion))),
            KafkaHeader(name: "ce_correlationid", value: rows.bytes(row, Column.correlationID)),
        ]
        headers.reserveCapacity(14)
        if let cause = rows.bytesOrNil(row, Column.causationID) {
            headers.append(KafkaHeader(name: "ce_causationid", value: cause))
        }
        if let trace = rows.bytesOrNil(row, Column.traceparent) {
            headers.append(KafkaHeader(name: "traceparent", value: trace))
            headers.append(KafkaHeader(name: "ce_traceparent", value: trace))
        }
        headers.append(Self.contentType)
        return KafkaRecord(
            topic: topic, partition: Int32(shard.number), key: Self.text(key), value: rows.bytes(row, Column.data),
            headers: headers)
    }

    /// `/{country}/{role}`, made once a country.
    private mutating func source(_ country: [UInt8]) -> KafkaHeader {
        if let known = sources[country] { return known }
        let header = KafkaHeader(name: "ce_source", value: Array("/".utf8) + country + Array("/\(role)".utf8))
        sources[country] = header
        return header
    }

    private static func text(_ id: PGUUID) -> [UInt8] { EventID(high: id.high, low: id.low).utf8 }

    private static func time(_ microseconds: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        Instant(microseconds: microseconds).appendText(to: &bytes)
        return bytes
    }

    /// Decimal digits, with zeros in front up to `width`.
    static func digits(_ value: Int64, width: Int = 1) -> [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(20)
        var rest = value.magnitude
        while rest > 0 || digits.count < width {
            digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        return digits.reversed()
    }
}
