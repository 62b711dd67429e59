package import Domain
package import Postgres

/// Appends events as steps of the caller's own transaction, in its pipeline, beside its guard rows.
///
/// ```swift
/// try await session.pipeline([PGStep(.begin), lockHeadRows])         // 1. lock, read again, decide
/// let append = EventAppend(events)
/// let results = try await session.pipeline(guards + append.steps + answers + [PGStep(.commit)])   // 2. write
/// let recorded = try append.verify(results[guards.count...])
/// ```
///
/// The rules that its users rest on:
/// - Lock the head rows first (calendars in booking), in key order, in an earlier round trip. Event numbers are drawn
///   by these steps, so under that lock: that alone puts the events of a practitioner in the order of their commits.
/// - A stream that is not at the version that was read fails the *statement* (SQLSTATE `BK001`), not just a count, so
///   that a COMMIT in the same pipeline cannot commit half of a change. `EventStoreError(_:)` reads that error.
/// - Two appends that are new to the same stream wait for each other; the second fails.
package struct EventAppend: Sendable {
    /// Two or three steps: heads of new streams, heads of known streams, events with their outbox rows.
    package let steps: [PGStep]
    private let eventCount: Int
    private let streamCounts: [Int]

    /// Prepares the statements; however many events there are, each takes one round trip's share and 20 parameters at
    /// most.
    ///
    /// - Parameter events: At least one. The events of one stream have consecutive versions in the order of the array;
    ///   the version before the first of them is the one that the stream must have now.
    package init(_ events: [EventToAppend]) {
        precondition(!events.isEmpty, "appending nothing is a mistake of the caller")
        let heads = Self.heads(of: events)
        let new = heads.filter { $0.read == 0 }
        let known = heads.filter { $0.read > 0 }
        var steps: [PGStep] = []
        if !new.isEmpty {
            steps.append(
                PGStep(
                    SQL.insertStreamHeads,
                    [
                        .textArray(new.map(\.country.text)), .textArray(new.map(\.stream.text)),
                        .intArray(new.map(\.written)),
                    ]))
        }
        if !known.isEmpty {
            steps.append(
                PGStep(
                    SQL.advanceStreamHeads,
                    [
                        .textArray(known.map(\.country.text)), .textArray(known.map(\.stream.text)),
                        .intArray(known.map(\.read)), .intArray(known.map(\.written)),
                    ]))
        }
        steps.append(PGStep(SQL.appendEvents, Self.parameters(of: events)))
        self.steps = steps
        eventCount = events.count
        streamCounts = [new.count, known.count].filter { $0 > 0 }
    }

    /// Checks what the steps wrote, a second time: the statements themselves fail on a wrong count.
    ///
    /// - Parameter results: The results of `steps`, in order.
    /// - Returns: What the database gave the events.
    /// - Throws: `EventStoreError.wrongExpectedVersion`.
    package func verify(_ results: some Sequence<PGRows>) throws(EventStoreError) -> RecordedAppend {
        let results = Array(results)
        precondition(results.count == steps.count, "the results belong to other steps")
        for (rows, count) in zip(results, streamCounts) where rows.count != 1 || rows.int(0, 0) != Int64(count) {
            throw .wrongExpectedVersion
        }
        let appended = results[results.count - 1]
        guard appended.count == eventCount else { throw .wrongExpectedVersion }
        return RecordedAppend(
            recordedAt: Instant(microseconds: appended.timestamp(0, 1)),
            eventNumbers: (0..<appended.count).map { appended.int($0, 0) })
    }

    private struct Head {
        let country: CountryCode
        let stream: StreamName
        let read: Int64
        var written: Int64
    }

    private struct Place: Hashable {
        let country: CountryCode
        let stream: StreamName
    }

    /// One head a stream, in the order in which they come up.
    private static func heads(of events: [EventToAppend]) -> [Head] {
        var heads: [Head] = []
        var known: [Place: Int] = [:]
        for event in events {
            let place = Place(country: event.country, stream: event.stream)
            if let index = known[place] {
                precondition(heads[index].written + 1 == event.version, "versions of a stream are consecutive")
                heads[index].written = event.version
            } else {
                known[place] = heads.count
                heads.append(
                    Head(
                        country: event.country, stream: event.stream, read: event.version - 1, written: event.version))
            }
        }
        return heads
    }

    private static func parameters(of events: [EventToAppend]) -> [PGValue] {
        [
            .textArray(events.map(\.country.text)),
            .uuidArray(events.map { PGUUID(high: $0.metadata.eventID.high, low: $0.metadata.eventID.low) }),
            .textArray(events.map(\.stream.text)),
            .intArray(events.map(\.version)),
            .textArray(events.map(\.wireType.name)),
            .int4Array(events.map { Int32($0.wireType.dataVersion) }),
            .bytesArray(events.map(\.data)),
            .timestampArray(events.map(\.metadata.occurredAt.microseconds)),
            .textArray(events.map(\.metadata.correlationID)),
            .textArray(events.map(\.metadata.causationID)),
            .textArray(events.map(\.metadata.actorRole)),
            .textArray(events.map(\.metadata.actorSubject)),
            .textArray(events.map(\.metadata.traceparent)),
            .textArray(events.map(\.metadata.zoneRules)),
            .uuidArray(events.map { $0.keys.first.map { PGUUID(high: $0.high, low: $0.low) } }),
            .uuidArray(events.map { $0.keys.dropFirst().first.map { PGUUID(high: $0.high, low: $0.low) } }),
            .int4Array(events.map { Int32($0.shards[0].number) }),
            .intArray(events.map { $0.shards.dropFirst().first.map { Int64($0.number) } }),
            .dateArray(events.map { $0.relevantUntil?.days }),
            .uuidArray(events.map { $0.patient.map { PGUUID(high: $0.high, low: $0.low) } }),
        ]
    }
}

/// What the database gave the events of one append.
package struct RecordedAppend: Hashable, Sendable {
    /// One moment for all of them, by the database's clock, after the head rows were locked.
    package let recordedAt: Instant
    /// Ascending, in the order of the events; not dense, and no position: those are given by the relayer.
    package let eventNumbers: [Int64]
}
