package import Domain
package import Postgres

/// Reads everything that a model must be built from, out of one snapshot of one database.
///
/// The snapshot says P, each shard's last position in it. An event of it is at or below P exactly if it is not in the
/// outbox of the same snapshot, because stamping an event and deleting its outbox row are one transaction; so nothing
/// is counted twice and nothing is missing when a consumer goes on at P + 1 (DESIGN sections 5 and 6).
///
/// ```swift
/// try await Baseline.withSnapshot(of: pool) { baseline in
///     try await baseline.read(BaselineFilter(relevantSince: yesterday)) { event in fold(event) }
///     return baseline.heads                                              // P
/// }
/// ```
package struct Baseline: Sendable {
    /// P: the last position of each shard of `Shard.sealed` in this snapshot, in their order.
    package let heads: [ShardHead]
    /// Names the snapshot for other sessions: `SET TRANSACTION SNAPSHOT`, while this one is open.
    package let snapshotName: String
    /// Reads in the snapshot, also what is beside the events.
    package let session: PGSession

    /// Opens a snapshot, exports it and lends it; it is gone afterwards.
    ///
    /// Keep it short: while it is open, no deleted row of the database can be cleaned away.
    ///
    /// - Throws: What `body` throws; `PGError`.
    package static func withSnapshot<T: Sendable>(
        of pool: PGPool, _ body: (Baseline) async throws -> T
    ) async throws -> T {
        try await pool.transaction(.repeatableRead, readOnly: true) { session in
            let name = try await session.query(SQL.exportSnapshot).text(0, 0)
            let heads = try await EventReader.heads(on: session)
            return try await body(Baseline(heads: heads, snapshotName: name, session: session))
        }
    }

    /// Joins a snapshot that another session keeps open, to read beside it.
    ///
    /// - Throws: What `body` throws; `PGError` when the snapshot is gone.
    package static func withSnapshot<T: Sendable>(
        named name: String, of pool: PGPool, _ body: (Baseline) async throws -> T
    ) async throws -> T {
        precondition(name.utf8.allSatisfy(isPartOfName), "a snapshot's name is made by PostgreSQL")
        return try await pool.transaction(.repeatableRead, readOnly: true) { session in
            try await session.execute(
                SQLStatement(name: "join_snapshot", text: "SET TRANSACTION SNAPSHOT '\(name)'"))
            let heads = try await EventReader.heads(on: session)
            return try await body(Baseline(heads: heads, snapshotName: name, session: session))
        }
    }

    /// Streams every event at or below P that passes the filter, by binary COPY; memory holds one row.
    ///
    /// Events come in no order over all; those of one stream do not either. Sort by `number` what must be folded in
    /// order: within a stream and within a practitioner it ascends as they happened.
    ///
    /// - Parameters:
    ///   - filter: What is wanted.
    ///   - each: Gets one event, in place, on the session's queue; it must not keep its bytes.
    /// - Returns: How many events came.
    /// - Throws: What `each` throws; `PGError`.
    @discardableResult
    package func read(
        _ filter: BaselineFilter, _ each: @escaping @Sendable (BaselineEvent) throws -> Void
    ) async throws -> Int64 {
        let copy = SQLStatement(name: "copy_baseline", text: filter.copyText)
        return try await session.copyOut(copy) { chunk in
            try PGBinaryCopy.withRow(chunk, fieldCount: BaselineEvent.fieldCount) { row in
                try each(BaselineEvent(row: row))
            }
        }
    }

    /// Reads a shard by position within the snapshot; see `EventReader.positions(of:after:limit:)`.
    ///
    /// - Throws: As there.
    package func positions(
        of shard: Shard, after position: Int64, limit: Int = EventReader.limitMax
    ) async throws -> [PositionedEvent] {
        try await EventReader.positions(of: shard, after: position, limit: limit, on: session)
    }

    private static func isPartOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

/// Which events a baseline needs; every part that is nil asks for all.
package struct BaselineFilter: Sendable {
    /// Only these shards; nil: all that are published, never what is recorded only.
    package var shards: [Shard]?
    /// Only this country.
    package var country: CountryCode?
    /// Only this practitioner.
    package var practitioner: PractitionerID?
    /// Only events that say something about this grid day or a later one; those without a day always come.
    package var relevantSince: LocalDate?

    /// Asks for what passes every part that is given.
    package init(
        shards: [Shard]? = nil, country: CountryCode? = nil, practitioner: PractitionerID? = nil,
        relevantSince: LocalDate? = nil
    ) {
        self.shards = shards
        self.country = country
        self.practitioner = practitioner
        self.relevantSince = relevantSince
    }

    /// The statement of `Baseline.read`.
    var copyText: String { SQL.copyBaseline.text.replacing("/* filter */", with: conditionText) }

    /// The filter as text, as COPY takes no parameters: every part is a number, a date, a UUID or two letters.
    var conditionText: String {
        var conditions: [String] = []
        if let country { conditions.append("e.country_code = '\(country.text)'") }
        if shards == nil { conditions.append("e.shard < \(Shard.recordedOnly.number)") }
        if let shards {
            let numbers = shards.map { "\($0.number)" }.joined(separator: ", ")
            conditions.append("(e.shard IN (\(numbers)) OR e.second_shard IN (\(numbers)))")
        }
        if let practitioner {
            conditions.append("(e.key = '\(practitioner)' OR e.second_key = '\(practitioner)')")
        }
        if let relevantSince {
            conditions.append("(e.relevant_until IS NULL OR e.relevant_until >= '\(relevantSince)')")
        }
        return conditions.joined(separator: " AND ")
    }
}

/// One event of a baseline, valid only in the closure that got it.
package struct BaselineEvent {
    static let fieldCount = 13

    let row: PGBinaryRow

    /// Ascends within a stream and within a practitioner.
    package var number: Int64 { row.int(0) }
    /// When it was appended, by the database's clock.
    package var recordedAt: Instant { Instant(microseconds: row.timestamp(1)) }
    /// The event's own id.
    package var eventID: EventID {
        let id = row.uuid(2)
        return EventID(high: id.high, low: id.low)
    }
    /// Its stream, as text.
    package var stream: String { row.text(3) }
    /// The version that the stream had after it.
    package var streamVersion: Int64 { row.int(4) }
    /// Its name and the version of its data.
    package var wireType: WireType { WireType(row.text(5), dataVersion: Int(row.int(6))) }
    /// The exact JSON bytes, where they lie.
    package var data: UnsafeRawBufferPointer { row.bytes(7) }
    /// Where it happened, two letters.
    package var countryBytes: UnsafeRawBufferPointer { row.bytes(8) }
    /// The shard of the first key.
    package var shard: Shard { Shard(Int(row.int(9))) }
    /// The shard of the second key of a move between practitioners.
    package var secondShard: Shard? { row.isNull(10) ? nil : Shard(Int(row.int(10))) }
    /// True if the record of the first key is at or below P: apply that side.
    package var isFirstSideStamped: Bool { !row.bool(11) }
    /// True if there is a second key and its record is at or below P: apply that side.
    package var isSecondSideStamped: Bool { secondShard != nil && !row.bool(12) }
}
