package import Domain
package import EventStore
package import Postgres

/// Events of one database that a fold could not take in, until it is known whose they are.
package struct UnreadableEvents: Sendable {
    /// One of them.
    package struct Event: Hashable, Sendable {
        /// `ce_id`.
        package let id: EventID
        /// Ascends within a practitioner.
        package let number: Int64
        /// Its name and the version of its data.
        package let type: WireType
        /// Why not, in one line.
        package let fault: String

        /// Notes an event of a baseline.
        package init(_ event: BaselineEvent, fault: String) {
            id = event.eventID
            number = event.number
            type = event.wireType
            self.fault = fault
        }
    }

    /// Identified so many at once.
    private static let batchMax = 500

    private var events: [EventID: Event] = [:]

    /// None yet.
    package init() {}

    /// Whether there are none.
    package var isEmpty: Bool { events.isEmpty }

    /// Notes one more.
    package mutating func add(_ event: Event) { events[event.id] = event }

    /// Finds out whose they are; of each practitioner the first one counts, by its number.
    ///
    /// - Parameters:
    ///   - pool: The database that they are in.
    ///   - topic: Where it publishes.
    ///   - partition: Of a move between two partitions, only this one's side counts.
    /// - Returns: One a practitioner.
    /// - Throws: `PGError`.
    package func causes(in pool: PGPool, _ topic: Topic, _ partition: Shard) async throws -> [QuarantineCause] {
        var first: [PractitionerID: (number: Int64, cause: QuarantineCause)] = [:]
        let ids = Array(events.keys)
        for start in stride(from: 0, to: ids.count, by: Self.batchMax) {
            let some = ids[start..<min(start + Self.batchMax, ids.count)]
            let rows = try await pool.query(
                SQL.identifyEvents, [.uuidArray(some.map { PGUUID(high: $0.high, low: $0.low) })])
            for row in 0..<rows.count where Int(rows.int(row, 3)) == partition.number {
                let id = rows.uuid(row, 0)
                guard let event = events[EventID(high: id.high, low: id.low)] else { continue }
                let practitioner = PractitionerID(rows.uuid(row, 2))
                if let known = first[practitioner], known.number <= event.number { continue }
                let cause = QuarantineCause(
                    practitioner, country: CountryCode(rows.text(row, 1)), topic: topic,
                    position: rows.int(row, 4), eventID: event.id, event.type, fault: event.fault)
                first[practitioner] = (event.number, cause)
            }
        }
        return first.values.map(\.cause)
    }
}
