import Domain
import Kafka
import Observability
import Postgres

/// A statement's answer, ready to be published.
struct StampedBatch {
    let rows: PGRows
    /// Rows that are records, in the order of positions within each shard.
    let recordRows: [Int]
    let lastPositions: [Shard: Int64]
    let readAt: ContinuousClock.Instant
    let isFull: Bool
}

/// The database answered a position that does not follow the one before.
struct PositionsDoNotFollow: Error, CustomStringConvertible {
    let shard: Int
    let expectedPosition: Int64

    var description: String { "shard \(shard): position \(expectedPosition) was expected" }
}

extension RelayLane {
    /// The parameters of `relay_batch` for what this lane holds now.
    func stampParameters() -> [PGValue] {
        let shards = progress.sorted { $0.key < $1.key }
        marksOnTheWay = progress.filter { $0.value.acknowledged > $0.value.noted }.mapValues(\.acknowledged)
        unnotedSince = nil
        return [
            .text(settings.owner), .intArray(shards.map { Int64($0.key.number) }),
            .intArray(shards.map(\.value.epoch)), .intArray(shards.map(\.value.stamped)),
            .intArray(shards.map { marksOnTheWay[$0.key] }),
            .int(floor.outboxID), .int(Int64(settings.batchSize)),
        ]
    }

    /// Reads a statement's answer: which shards are still held, which positions were given.
    ///
    /// - Throws: `PositionsDoNotFollow` when positions are not the ones that must come now; then nothing was published.
    func take(_ rows: PGRows) throws -> StampedBatch {
        let readAt = ContinuousClock.now
        var held: Set<Shard> = []
        var recordRows: [Int] = []
        recordRows.reserveCapacity(rows.count)
        var firstHeldRow: Int?
        for row in 0..<rows.count {
            if rows.isNull(row, Column.position) {
                held.insert(Shard(Int(rows.int(row, Column.shard))))
                firstHeldRow = firstHeldRow ?? row
            } else {
                recordRows.append(row)
            }
        }
        recordRows = inOrder(recordRows, of: rows)
        let lastPositions = try advance(rows, recordRows)
        for (shard, known) in progress {
            if held.contains(shard) {
                progress[shard]?.noted = marksOnTheWay[shard] ?? known.noted
            } else {
                log.warning(
                    "shard is not ours any more", [.shard: .int(Int64(shard.number)), .epoch: .int(known.epoch)])
                table.lose([HeldShard(shard: shard, epoch: known.epoch)])
                progress[shard] = nil
            }
        }
        let isFull = recordRows.count >= settings.batchSize
        if let row = firstHeldRow {
            let last = isFull ? recordRows.map { rows.int($0, Column.outboxID) }.max() : nil
            floor.learn(
                ScanFloor.Sight(
                    oldestRunning: rows.int(row, Column.oldestRunning),
                    ownTransaction: rows.int(row, Column.ownTransaction), lastNumber: rows.int(row, Column.lastNumber),
                    lastTakenWhenFull: last))
        }
        return StampedBatch(
            rows: rows, recordRows: recordRows, lastPositions: lastPositions, readAt: readAt, isFull: isFull)
    }

    /// Gives a batch to Kafka; what is published nowhere is done already.
    func publish(_ batch: StampedBatch, with producer: KafkaProducer?) {
        guard let producer else {
            finish(batch, batch.recordRows, batch.lastPositions)
            return
        }
        var published = batch.recordRows
        var lastPositions = batch.lastPositions
        if let last = lastPositions.removeValue(forKey: .recordedOnly) {
            let isRecordedOnly = { batch.rows.int($0, Column.shard) == Int64(Shard.recordedOnly.number) }
            finish(batch, published.filter(isRecordedOnly), [.recordedOnly: last])
            published.removeAll(where: isRecordedOnly)
        }
        if published.isEmpty { return }
        let ages = published.map { batch.rows.int($0, Column.age) }
        let delivery = producer.enqueue(encode(batch.rows, published))
        inFlight.append(
            PublishedBatch(delivery, lastPositions: lastPositions, ages: ages, readAt: batch.readAt, waking: signal))
    }

    /// Counts rows of a batch as done that wait for nobody's acknowledgement.
    private func finish(_ batch: StampedBatch, _ rows: [Int], _ lastPositions: [Shard: Int64]) {
        if rows.isEmpty { return }
        for (shard, position) in lastPositions {
            progress[shard]?.acknowledged = position
            progress[shard]?.noted = position
        }
        failuresInRow = 0
        metrics.done(rows.map { batch.rows.int($0, Column.age) }, after: .now - batch.readAt)
    }

    /// Takes over a shard: publishes what was stamped and not acknowledged, lowest first, and only then lets it be
    /// stamped.
    ///
    /// The lease is ours, committed, before this reads; so nobody can stamp between what is read here and what comes
    /// next.
    func takeOver(_ held: HeldShard, _ session: PGSession, _ producer: KafkaProducer?) async throws {
        let heads = try await EventReader.heads(on: session)
        guard let head = heads.first(where: { $0.shard == held.shard }) else { return }
        var acknowledged = producer == nil ? head.stamped : head.acknowledged
        if let producer {  // of what is recorded only, the head says that everything is acknowledged
            while acknowledged < head.stamped {
                let rows = try await session.query(
                    SQL.readPositions,
                    [.int(Int64(held.shard.number)), .int(acknowledged), .int(Int64(settings.batchSize))])
                let recordRows = Array(0..<rows.count)
                for row in recordRows where rows.int(row, Column.position) != acknowledged + 1 + Int64(row) {
                    throw PositionsDoNotFollow(
                        shard: held.shard.number, expectedPosition: acknowledged + 1 + Int64(row))
                }
                if rows.count == 0 {
                    throw PositionsDoNotFollow(shard: held.shard.number, expectedPosition: acknowledged + 1)
                }
                try await republish(encode(rows, recordRows, in: held.shard), with: producer)
                acknowledged += Int64(rows.count)
                metrics.republished.increment(by: rows.count)
            }
        }
        progress[held.shard] = Progress(
            epoch: held.epoch, stamped: head.stamped, acknowledged: acknowledged,
            noted: producer == nil ? acknowledged : head.acknowledged)
        floor.lower()
        log.info(
            "shard taken over",
            [.shard: .int(Int64(held.shard.number)), .epoch: .int(held.epoch), .position: .int(head.stamped)])
    }

    /// Counts a batch as delivered.
    func acknowledge(_ batch: PublishedBatch, at moment: ContinuousClock.Instant) {
        for (shard, position) in batch.lastPositions {
            guard let known = progress[shard], known.acknowledged < position else { continue }
            progress[shard]?.acknowledged = position
            unnotedSince = unnotedSince ?? .now
        }
        metrics.done(batch.ages, after: moment - batch.readAt)
    }

    /// Waits for Kafka, but gives up when the lane is to stop or Kafka has moved.
    private func republish(_ records: [KafkaRecord], with producer: KafkaProducer) async throws {
        let batch = PublishedBatch(
            producer.enqueue(records), lastPositions: [:], ages: [], readAt: .now, waking: signal)
        inFlight.append(batch)
        while try batch.acknowledgedAt() == nil {
            try checkBroker()
            if isStopping { throw CancellationError() }
            await signal.wait(upTo: settings.pollInterval)
        }
        inFlight.removeAll { $0 === batch }
    }

    private func encode(_ rows: PGRows, _ recordRows: [Int], in shard: Shard? = nil) -> [KafkaRecord] {
        guard var builder = records else { return [] }
        defer { records = builder }
        return recordRows.map { row in
            builder.record(rows, row, shard: shard ?? Shard(Int(rows.int(row, Column.shard))))
        }
    }

    /// The statement answers in the order of outbox ids, but a plan could change that.
    private func inOrder(_ recordRows: [Int], of rows: PGRows) -> [Int] {
        var last = Int64.min
        for row in recordRows {
            let id = rows.int(row, Column.outboxID)
            if id < last { return recordRows.sorted { rows.int($0, Column.outboxID) < rows.int($1, Column.outboxID) } }
            last = id
        }
        return recordRows
    }

    private func advance(_ rows: PGRows, _ recordRows: [Int]) throws(PositionsDoNotFollow) -> [Shard: Int64] {
        var last = [Int64?](repeating: nil, count: Shard.sealed.count)
        for row in recordRows {
            let shard = Int(rows.int(row, Column.shard))
            let expected = (last[shard] ?? progress[Shard(shard)]?.stamped ?? -1) + 1
            let position = rows.int(row, Column.position)
            if position != expected { throw PositionsDoNotFollow(shard: shard, expectedPosition: expected) }
            last[shard] = position
        }
        var positions: [Shard: Int64] = [:]
        for shard in Shard.sealed {
            guard let position = last[shard.number] else { continue }
            positions[shard] = position
            progress[shard]?.stamped = position
        }
        return positions
    }
}
