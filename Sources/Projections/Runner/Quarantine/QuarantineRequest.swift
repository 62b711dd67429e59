import Domain
import EventStore
import Postgres

/// What an operator asked for somebody who waits.
struct QuarantineRequest: Sendable {
    /// What is to be done.
    enum Action: String, Sendable {
        /// Try again.
        case retry
        /// Do without the one event, for good, then go on.
        case skip
    }

    let id: Int64
    let action: Action
    let reason: String
    let actor: String
    let quarantineID: Int64
    /// The event for which the practitioner waits.
    let cause: QuarantineCause
    /// Events that went by meanwhile.
    let waiting: Int64

    /// Reads a row of `read_quarantine_requests`; nil for one of a newer program.
    init?(_ rows: PGRows, _ row: Int) {
        guard let action = Action(rawValue: rows.text(row, 1)), let topic = Topic(rawValue: rows.text(row, 7)) else {
            return nil
        }
        id = rows.int(row, 0)
        self.action = action
        reason = rows.text(row, 2)
        actor = rows.text(row, 3)
        quarantineID = rows.int(row, 4)
        var cause = QuarantineCause(
            PractitionerID(rows.uuid(row, 5)), country: rows.textOrNil(row, 6).flatMap { CountryCode($0) },
            topic: topic, position: rows.intOrNil(row, 8),
            eventID: rows.uuidOrNil(row, 10).map { EventID(high: $0.high, low: $0.low) },
            WireType(rows.text(row, 11), dataVersion: Int(rows.int(row, 12))), fault: rows.text(row, 13))
        cause.offset = rows.intOrNil(row, 9)
        self.cause = cause
        waiting = rows.int(row, 14)
    }
}

extension PractitionerID {
    init(_ id: PGUUID) { self.init(high: id.high, low: id.low) }

    var pgUUID: PGUUID { PGUUID(high: high, low: low) }
}
