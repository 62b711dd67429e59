package import Domain
import EventStore
import Postgres

/// Somebody who waits, or once did.
package struct QuarantineEntry: Hashable, Sendable {
    /// How somebody left.
    package struct End: Hashable, Sendable {
        /// When.
        package let at: Instant
        /// `drained`, `skipped`, `rebuilt` or `dropped`.
        package let outcome: String
        /// Events that went in then, the one that was waited for among them; nil where nobody counted.
        package let drained: Int64?
    }

    /// Counts within a database.
    package let id: Int64
    /// Such as `availability`.
    package let model: String
    /// The generation of it.
    package let epoch: Int64
    /// Where the practitioner's events are published.
    package let partition: Int
    /// The event that could not be taken in, and whose it is.
    package let cause: QuarantineCause
    /// Since when.
    package let since: Instant
    /// Nil while waiting.
    package let end: End?
    /// Events that went by meanwhile.
    package let waiting: Int64

    /// How operators name it: `availability-12`.
    package var reference: String { "\(model)-\(id)" }

    /// Reads a row of `list_quarantine`; nil for one of a newer program.
    init?(_ rows: PGRows, _ row: Int) {
        guard let topic = Topic(rawValue: rows.text(row, 6)) else { return nil }
        id = rows.int(row, 0)
        model = rows.text(row, 1)
        epoch = rows.int(row, 2)
        partition = Int(rows.int(row, 3))
        var cause = QuarantineCause(
            PractitionerID(rows.uuid(row, 4)), country: rows.textOrNil(row, 5).flatMap { CountryCode($0) },
            topic: topic, position: rows.intOrNil(row, 7),
            eventID: rows.uuidOrNil(row, 9).map { EventID(high: $0.high, low: $0.low) },
            WireType(rows.text(row, 10), dataVersion: Int(rows.int(row, 11))), fault: rows.text(row, 12))
        cause.offset = rows.intOrNil(row, 8)
        self.cause = cause
        since = Instant(microseconds: rows.timestamp(row, 13))
        end = rows.timestampOrNil(row, 14).map { at in
            End(at: Instant(microseconds: at), outcome: rows.text(row, 15), drained: rows.intOrNil(row, 16))
        }
        waiting = rows.int(row, 17)
    }
}

/// An event that an operator decided to do without.
package struct QuarantineSkip: Hashable, Sendable {
    /// Of whose quarantine it was.
    package let quarantineID: Int64
    /// Such as `availability`.
    package let model: String
    /// The event, and why it could not be taken in.
    package let cause: QuarantineCause
    /// Why it was done without.
    package let reason: String
    /// Who decided that.
    package let actor: String
    /// When.
    package let at: Instant

    /// Reads a row of `list_quarantine_skips`; nil for one of a newer program.
    init?(_ rows: PGRows, _ row: Int) {
        guard let topic = Topic(rawValue: rows.text(row, 3)) else { return nil }
        quarantineID = rows.int(row, 0)
        model = rows.text(row, 1)
        cause = QuarantineCause(
            PractitionerID(rows.uuid(row, 2)), country: nil, topic: topic, position: rows.intOrNil(row, 4),
            eventID: rows.uuidOrNil(row, 5).map { EventID(high: $0.high, low: $0.low) },
            WireType(rows.text(row, 6), dataVersion: Int(rows.int(row, 7))), fault: rows.text(row, 8))
        reason = rows.text(row, 9)
        actor = rows.text(row, 10)
        at = Instant(microseconds: rows.timestamp(row, 11))
    }
}

/// A record of the log that belongs to nobody.
package struct ForeignRecord: Hashable, Sendable {
    /// Which model met it.
    package let model: String
    /// In Kafka.
    package let topic: String
    /// Kafka's.
    package let partition: Int
    /// Where in the log.
    package let offset: Int64
    /// When it was met.
    package let seenAt: Instant

    /// Reads a row of `list_quarantine_foreign`.
    init(_ rows: PGRows, _ row: Int) {
        model = rows.text(row, 0)
        topic = rows.text(row, 1)
        partition = Int(rows.int(row, 2))
        offset = rows.int(row, 3)
        seenAt = Instant(microseconds: rows.timestamp(row, 4))
    }
}
