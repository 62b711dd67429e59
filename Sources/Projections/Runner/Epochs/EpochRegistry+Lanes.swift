package import EventStore
import Postgres

extension EpochRegistry {
    /// Makes a lane the current one of its partition: every word of an older one is void from here on.
    ///
    /// - Returns: Its generation, higher than all before.
    /// - Throws: `PGError`.
    package func beginLane(_ model: String, _ partition: Shard, owner: String) async throws -> Int64 {
        try await pool.query(SQL.beginEpochLane, [.text(model), .int(Int64(partition.number)), .text(owner)])
            .int(0, 0)
    }

    /// Says that lanes are alive.
    ///
    /// - Throws: `PGError`.
    func touch(_ model: String, _ lanes: [(partition: Shard, generation: Int64)]) async throws {
        if lanes.isEmpty { return }
        _ = try await pool.query(
            SQL.touchEpochLanes,
            [
                .text(model), .intArray(lanes.map { Int64($0.partition.number) }), .intArray(lanes.map(\.generation)),
            ])
    }

    /// Gives a lane's word: it writes these epochs first, and the one served under `fence` afterwards.
    ///
    /// - Returns: False where the lane was replaced.
    /// - Throws: `PGError`.
    package func giveWord(
        _ model: String, _ epochs: [Int64], _ partition: Shard, generation: Int64, fence: Int64
    ) async throws -> Bool {
        let number = Int64(partition.number)
        return try await pool.transaction { session in
            let lane = try await session.query(SQL.lockEpochLane, [.text(model), .int(number), .int(generation)])
            guard lane.count == 1 else { return false }
            _ = try await session.query(
                SQL.giveEpochWord,
                [.text(model), .intArray(epochs), .int(number), .int(generation), .int(fence)])
            return true
        }
    }

    /// Takes a lane's word about an epoch back; from then on no swap can rely on it.
    ///
    /// Where it is final, the lane lets go of the epoch for good.
    ///
    /// - Returns: The epoch that is served after that: where it is this one, a swap was faster.
    /// - Throws: `PGError`.
    func withdraw(
        _ model: String, _ epoch: Int64, _ partition: Shard, generation: Int64, isFinal: Bool
    ) async throws -> Int64? {
        let number = PGValue.int(Int64(partition.number))
        return try await pool.transaction { session in
            let lane = try await session.query(SQL.lockEpochLane, [.text(model), number, .int(generation)])
            guard lane.count == 1 else { return nil }
            let statement = isFinal ? SQL.endAdoption : SQL.withdrawEpochWord
            _ = try await session.query(statement, [.text(model), .int(epoch), number])
            // Another statement, so another snapshot: it sees the swap that the lock has waited for.
            let served = try await session.query(SQL.readServedEpochs)
            return (0..<served.count).first { served.text($0, 0) == model }.map { served.int($0, 1) }
        }
    }
}
