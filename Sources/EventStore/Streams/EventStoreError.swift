import Postgres

/// What a write to the store, or a reading of it, can be refused for.
package enum EventStoreError: Error, Hashable, Sendable {
    /// A stream has another version than the one that was read: read again, decide again.
    case wrongExpectedVersion
    /// Another transaction answered the same idempotency key first: start over, the look-up will find its answer.
    case keyAnsweredMeanwhile
    /// History was to be changed; the database refuses that to everybody.
    case historyIsAppendOnly
    /// A shard's positions have a hole: the store itself is damaged, reading on would hide it.
    case hole(shard: Int, expectedPosition: Int64)
    /// A stream's versions have a hole: the store itself is damaged, reading on would hide it.
    case streamHole(StreamName, expectedVersion: Int64)
    /// A row has a country that is no country code: it was written past this program.
    case foreignCountry(String)

    /// Reads the refusals that the store's statements raise; nil for every other failure.
    package init?(_ error: any Error) {
        switch (error as? PGError)?.sqlState?.rawValue {
        case "BK001": self = .wrongExpectedVersion
        case "BK002": self = .keyAnsweredMeanwhile
        case "BK003": self = .historyIsAppendOnly
        default: return nil
        }
    }
}
