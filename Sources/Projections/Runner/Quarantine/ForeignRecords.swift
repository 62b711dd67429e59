import Domain
import EventStore
import Kafka
package import Observability
package import Postgres
import Synchronization

/// Records where in the log records are that belong to nobody: without a key that is a practitioner's id, or with
/// headers that say nothing.
///
/// They stop nothing. Where they stand is written when they are met, and again at every tick while that fails; of a
/// flood a bounded number waits to be written, all of it is counted.
package final class ForeignRecords: Sendable {
    private static let waitingMax = 10_000

    private struct Place: Hashable {
        let topic: Topic
        let offset: Int64
    }

    private let pool: PGPool
    private let log: Log
    private let waiting = Mutex<[Shard: [Place]]>([:])
    private let total = Mutex(0)

    /// Writes into a database that has the component `projections`.
    package init(pool: PGPool, log: Log = .silent) {
        self.pool = pool
        self.log = log
    }

    /// How many there were.
    var count: Int { total.withLock { $0 } }

    /// Notes records of a partition.
    func add(_ arrivals: [LaneInbox.Arrival], _ partition: Shard) {
        for arrival in arrivals { add(arrival.topic, offset: arrival.record.offset, partition) }
    }

    /// Notes one record of a partition.
    func add(_ topic: Topic, offset: Int64, _ partition: Shard) {
        total.withLock { $0 += 1 }
        waiting.withLock { waiting in
            if waiting[partition, default: []].count >= Self.waitingMax { return }
            waiting[partition, default: []].append(Place(topic: topic, offset: offset))
        }
    }

    /// Writes what was noted; what cannot be written waits for the next call.
    func write(_ model: String, _ partition: Shard) async {
        let places = waiting.withLock { $0[partition] ?? [] }
        if places.isEmpty { return }
        do {
            _ = try await pool.query(
                SQL.insertQuarantineForeign,
                [
                    .text(model), .int2(Int16(partition.number)), .textArray(places.map(\.topic.name)),
                    .intArray(places.map(\.offset)),
                ])
            waiting.withLock { waiting in
                waiting[partition] = Array((waiting[partition] ?? []).dropFirst(places.count))
            }
        } catch {
            log.warning("records of nobody were not noted yet", [.error: .error(error)])
        }
    }
}
