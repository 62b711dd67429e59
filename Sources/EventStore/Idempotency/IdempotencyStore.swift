package import Domain
package import Postgres

/// Names one request of one caller; two requests of the same name must be the same request.
package struct IdempotencyKey: Hashable, Sendable {
    /// Where it was sent.
    package let country: CountryCode
    /// Who sent it: the token's subject, so that callers cannot meet in a key.
    package let caller: String
    /// What the caller named it, 1-255 characters.
    package let key: String
    /// Hash of method, path and body: another one under the same key is another request.
    package let fingerprint: [UInt8]

    /// Takes a key of one request.
    package init(country: CountryCode, caller: String, key: String, fingerprint: [UInt8]) {
        self.country = country
        self.caller = caller
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// An answer as it was given, byte by byte.
package struct StoredAnswer: Hashable, Sendable {
    /// The HTTP status.
    package let status: Int
    /// The headers that belong to the answer, such as `Location` and `ETag`.
    package let headers: [AnswerHeader]
    /// The exact bytes of the body.
    package let body: [UInt8]

    /// Takes an answer.
    package init(status: Int, headers: [AnswerHeader], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// One header of a stored answer.
package struct AnswerHeader: Hashable, Sendable {
    /// Its name, as it was sent.
    package let name: String
    /// Its value.
    package let value: String

    /// Joins a name and a value.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// What the store knows of a key.
package enum KnownAnswer: Hashable, Sendable {
    /// Nothing: the request is new.
    case none
    /// The same request was answered before.
    case given(StoredAnswer)
    /// The change of the same request is kept and its answer still owed: complete it from these bytes.
    case owed([UInt8])
    /// The key belongs to another request.
    case otherRequest
}

/// What is kept for a key at the end of its transaction.
package enum AnswerToKeep: Hashable, Sendable {
    /// The answer.
    case given(StoredAnswer)
    /// The change is kept, its answer needs another database first; the bytes say how to complete it.
    case owed([UInt8])
}

/// Remembers answers beside the change that they are about, in one transaction.
///
/// `lookup` rides at the beginning, `insert` at the end, before COMMIT. Between them another process may answer the
/// same
/// key: its row makes `insert` fail (`BK002`, `EventStoreError.keyAnsweredMeanwhile`), the whole transaction is rolled
/// back, and the caller starts over, where `lookup` finds what the other one answered. So a key has one outcome (G3)
/// without a lock being held while a request runs.
package enum IdempotencyStore {
    /// Asks for many keys at once.
    ///
    /// - Parameter keys: Read the result with `answers(to:_:)` and the same keys.
    /// - Returns: One step.
    package static func lookup(_ keys: [IdempotencyKey]) -> PGStep {
        PGStep(
            SQL.lookupAnswers,
            [.textArray(keys.map(\.country.text)), .textArray(keys.map(\.caller)), .textArray(keys.map(\.key))])
    }

    /// Reads what `lookup` found.
    ///
    /// - Returns: One entry a key, in the order of the keys.
    package static func answers(to keys: [IdempotencyKey], _ rows: PGRows) -> [KnownAnswer] {
        var answers = [KnownAnswer](repeating: .none, count: keys.count)
        for row in 0..<rows.count {
            let place = Int(rows.int(row, 0)) - 1
            if rows.bytes(row, 1) != keys[place].fingerprint {
                answers[place] = .otherRequest
            } else if let status = rows.intOrNil(row, 2) {
                answers[place] = .given(
                    StoredAnswer(
                        status: Int(status), headers: AnswerHeader.decode(rows.text(row, 3)), body: rows.bytes(row, 4)))
            } else {
                answers[place] = .owed(rows.bytes(row, 5))
            }
        }
        return answers
    }

    /// Keeps the outcomes of many keys; the statement fails if any of them is known by then.
    ///
    /// - Parameter outcomes: At least one; each key once.
    /// - Returns: One step, for the end of the transaction.
    package static func insert(_ outcomes: [(key: IdempotencyKey, outcome: AnswerToKeep)]) -> PGStep {
        let answers = outcomes.map { outcome -> StoredAnswer? in
            guard case .given(let answer) = outcome.outcome else { return nil }
            return answer
        }
        let pending = outcomes.map { outcome -> [UInt8]? in
            guard case .owed(let bytes) = outcome.outcome else { return nil }
            return bytes
        }
        return PGStep(
            SQL.insertAnswers,
            [
                .textArray(outcomes.map(\.key.country.text)), .textArray(outcomes.map(\.key.caller)),
                .textArray(outcomes.map(\.key.key)), .bytesArray(outcomes.map(\.key.fingerprint)),
                .intArray(answers.map { $0.map { Int64($0.status) } }),
                .textArray(answers.map { $0.map { AnswerHeader.encode($0.headers) } }),
                .bytesArray(answers.map { $0?.body }), .bytesArray(pending),
            ])
    }

    /// Gives an owed answer.
    ///
    /// - Returns: One step; a result without a row means that another process gave it first: look it up.
    package static func complete(_ key: IdempotencyKey, with answer: StoredAnswer) -> PGStep {
        PGStep(
            SQL.completeAnswer,
            [
                .text(key.country.text), .text(key.caller), .text(key.key), .bytes(key.fingerprint),
                .int(Int64(answer.status)), .text(AnswerHeader.encode(answer.headers)), .bytes(answer.body),
            ])
    }

    /// Forgets what is older than it must be kept; owed answers are kept seven times as long.
    ///
    /// - Parameters:
    ///   - pool: The application's.
    ///   - keeping: At least a day, as the contract says.
    ///   - batch: Rows of one statement, so that nobody waits for long.
    /// - Returns: Rows that were deleted; call again while this is `batch`.
    /// - Throws: `PGError`.
    package static func purge(
        in pool: PGPool, keeping: Duration = .seconds(25 * 3600), batch: Int = 5_000
    ) async throws -> Int {
        let deleted = try await pool.query(
            SQL.purgeAnswers, [.int(keeping.components.seconds), .int(Int64(batch))])
        return deleted.affected
    }
}
