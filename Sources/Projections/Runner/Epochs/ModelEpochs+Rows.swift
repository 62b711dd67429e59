import Domain
import EventStore
import Postgres

extension ModelEpochs {
    /// Reads the rows of `read_model_epochs`, `read_epoch_lanes` and `read_adoptions`; nil where there is no such
    /// model.
    init?(_ model: String, epochs: PGRows, lanes: PGRows, adoptions: PGRows) {
        guard epochs.count > 0 else { return nil }
        self.init(
            model: model, served: epochs.int(0, 16), fence: epochs.int(0, 17),
            epochs: (0..<epochs.count).map { EpochRecord(model, epochs, $0) },
            lanes: (0..<lanes.count).map { row in
                EpochLane(
                    partition: Shard(Int(lanes.int(row, 0))), generation: lanes.int(row, 1), owner: lanes.text(row, 2),
                    seenAt: Instant(microseconds: lanes.timestamp(row, 3)))
            },
            adoptions: (0..<adoptions.count).map { row in
                EpochAdoption(
                    epoch: adoptions.int(row, 0), partition: Shard(Int(adoptions.int(row, 1))),
                    askedAt: Instant(microseconds: adoptions.timestamp(row, 2)),
                    adoptedAt: adoptions.instantOrNil(row, 3), generation: adoptions.intOrNil(row, 4),
                    fence: adoptions.intOrNil(row, 5))
            },
            readAt: Instant(microseconds: epochs.timestamp(0, 18)))
    }
}

extension EpochRecord {
    fileprivate init(_ model: String, _ rows: PGRows, _ row: Int) {
        self.init(
            model: model, number: rows.int(row, 0), state: EpochState(rawValue: rows.text(row, 1)) ?? .failed,
            scope: EpochScope(
                country: rows.textOrNil(row, 2).flatMap { CountryCode($0) },
                practitioner: rows.uuidOrNil(row, 3).map { PractitionerID(high: $0.high, low: $0.low) },
                from: rows.dateOrNil(row, 4).map { LocalDate(days: $0) },
                to: rows.dateOrNil(row, 5).map { LocalDate(days: $0) }),
            source: rows.text(row, 6), createdBy: rows.text(row, 7),
            createdAt: Instant(microseconds: rows.timestamp(row, 8)),
            changedAt: Instant(microseconds: rows.timestamp(row, 9)), leftAt: rows.instantOrNil(row, 10),
            owner: rows.textOrNil(row, 11), isLeased: rows.bool(row, 12), heldDigest: rows.textOrNil(row, 13),
            foldedDigest: rows.textOrNil(row, 14), note: rows.textOrNil(row, 15))
    }
}

extension PGRows {
    fileprivate func instantOrNil(_ row: Int, _ column: Int) -> Instant? {
        timestampOrNil(row, column).map { Instant(microseconds: $0) }
    }
}
