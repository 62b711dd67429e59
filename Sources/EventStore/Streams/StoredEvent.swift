package import Domain
import Postgres

/// One event as it stands in the store.
package struct StoredEvent: Hashable, Sendable {
    /// Where it happened.
    package let country: CountryCode
    /// Drawn when it was appended; ascending within a stream and within a practitioner, with gaps.
    package let number: Int64
    /// When it was appended, by the database's clock.
    package let recordedAt: Instant
    /// What it happened to.
    package let stream: StreamName
    /// The version that the stream had after it.
    package let version: Int64
    /// Its name and the version of its data.
    package let wireType: WireType
    /// The exact JSON bytes; `EventDecoder` reads them.
    package let data: [UInt8]
    /// Who, why and in which request.
    package let metadata: EventMetadata
    /// One key, or two for a move between practitioners, the one left first.
    package let keys: [RecordKey]
}

/// One event at its place in the order of a shard.
package struct PositionedEvent: Hashable, Sendable {
    /// Dense from 1 in its shard; `ce_sequence` of its record.
    package let position: Int64
    /// Which of the event's keys has this position: 0, or 1 for the second one of a move.
    package let side: Int
    /// The event.
    package let event: StoredEvent

    /// The practitioner or patient whose shard this is.
    package var key: RecordKey { event.keys[side] }
}

extension StoredEvent {
    /// Reads a row of `read_stream`, `read_positions` or `relay_batch`, which have these columns in one order.
    init(_ rows: PGRows, _ row: Int) throws(EventStoreError) {
        guard let country = CountryCode(rows.text(row, Column.country)) else {
            throw .foreignCountry(rows.text(row, Column.country))
        }
        let id = rows.uuid(row, Column.eventID)
        let first = rows.uuid(row, Column.key)
        let second = rows.uuidOrNil(row, Column.secondKey)
        self.init(
            country: country, number: rows.int(row, Column.number),
            recordedAt: Instant(microseconds: rows.timestamp(row, Column.recordedAt)),
            stream: StreamName(stored: rows.text(row, Column.stream)), version: rows.int(row, Column.version),
            wireType: WireType(rows.text(row, Column.type), dataVersion: Int(rows.int(row, Column.dataVersion))),
            data: rows.bytes(row, Column.data),
            metadata: EventMetadata(
                eventID: EventID(high: id.high, low: id.low),
                occurredAt: Instant(microseconds: rows.timestamp(row, Column.occurredAt)),
                correlationID: rows.text(row, Column.correlationID),
                causationID: rows.textOrNil(row, Column.causationID), actorRole: rows.text(row, Column.actorRole),
                actorSubject: rows.text(row, Column.actorSubject),
                traceparent: rows.textOrNil(row, Column.traceparent), zoneRules: rows.textOrNil(row, Column.zoneRules)),
            keys: [RecordKey(high: first.high, low: first.low)]
                + (second.map { [RecordKey(high: $0.high, low: $0.low)] } ?? []))
    }
}

extension PositionedEvent {
    /// Reads a row of `read_positions` or `relay_batch`.
    init(_ rows: PGRows, _ row: Int) throws(EventStoreError) {
        self.init(
            position: rows.int(row, Column.position), side: Int(rows.int(row, Column.side)),
            event: try StoredEvent(rows, row))
    }
}

/// Columns of the statements that answer events, in their order.
enum Column {
    static let number = 0
    static let recordedAt = 1
    static let eventID = 2
    static let stream = 3
    static let version = 4
    static let type = 5
    static let dataVersion = 6
    static let data = 7
    static let occurredAt = 8
    static let correlationID = 9
    static let causationID = 10
    static let actorRole = 11
    static let actorSubject = 12
    static let traceparent = 13
    static let zoneRules = 14
    static let country = 15
    static let key = 16
    static let secondKey = 17
    static let shard = 18
    static let secondShard = 19
    static let position = 20
    static let side = 21
    static let age = 22
    // Only `relay_batch` has these.
    static let outboxID = 23
    static let oldestRunning = 24
    static let ownTransaction = 25
    static let lastNumber = 26
}
