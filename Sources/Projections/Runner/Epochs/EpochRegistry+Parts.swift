import Postgres

extension EpochRegistry {
    /// How long nobody else may do the same part after the last sign of life.
    private static let partLease: Duration = .seconds(15)

    /// Does a part of a model, such as one practitioner, while nobody else does anything that overlaps with it.
    ///
    /// The lease is a row that is gone once the work is done. A rebuild of everything is no part and is not in the way:
    /// parts are put right in the epochs that live projection writes.
    ///
    /// - Parameters:
    ///   - model: Its name.
    ///   - scope: What is done.
    ///   - owner: Names who does it.
    ///   - isGone: Whether an owner is known to be gone, so that the lease need not be waited for.
    ///   - body: Does it; cancelled where the lease is lost.
    /// - Returns: What `body` gave.
    /// - Throws: `EpochError.partRunning`, also where the lease was lost; `PGError`; what `body` throws.
    package func holdingPart<T: Sendable>(
        _ model: String, _ scope: EpochScope, by owner: String,
        isGone: @escaping @Sendable (String) -> Bool = { _ in false },
        _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        let part = try await beginPart(model, scope, by: owner, isGone)
        let result: Result<T, any Error>
        do {
            result = .success(
                try await withThrowingTaskGroup(of: T?.self) { group in
                    group.addTask { try await body() }
                    group.addTask { try await keepPart(part, scope, by: owner) }
                    defer { group.cancelAll() }
                    while let done = try await group.next() { if let done { return done } }
                    throw CancellationError()
                })
        } catch {
            result = .failure(error)
        }
        // Not in this task, which may be cancelled: whoever comes next must not wait for the lease to end.
        await Task { _ = try? await pool.query(SQL.deletePart, [.int(part)]) }.value
        return try result.get()
    }

    private func beginPart(
        _ model: String, _ scope: EpochScope, by owner: String, _ isGone: @escaping @Sendable (String) -> Bool
    ) async throws -> Int64 {
        try await pool.transaction { session in
            try await Self.lock(model, session)
            let others = try await session.query(SQL.findParts, [.text(model)] + scope.parameters)
            for row in 0..<others.count {
                let by = others.text(row, 1)
                guard isGone(by) else { throw EpochError.partRunning(scope, by: by) }
                _ = try await session.query(SQL.deletePart, [.int(others.int(row, 0))])
            }
            return try await session.query(
                SQL.insertPart,
                [.text(model)] + scope.parameters + [.text(owner), .int(Self.partLease.microseconds)]
            ).int(0, 0)
        }
    }

    private func keepPart<T: Sendable>(_ part: Int64, _ scope: EpochScope, by owner: String) async throws -> T? {
        while true {
            try await Task.sleep(for: Self.partLease / 5)
            do {
                let rows = try await pool.query(SQL.renewPart, [.int(part), .int(Self.partLease.microseconds)])
                if rows.count == 0 { throw EpochError.partRunning(scope, by: "somebody else") }
            } catch is PGError {
                continue  // the lease lasts for several attempts
            }
        }
    }
}
