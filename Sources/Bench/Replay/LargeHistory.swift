import Domain
import EventStore
import Postgres
import Synchronization

/// Millions of events of very many practitioners, the same every time, as if a relayer had stamped all of them.
///
/// They go into the tables by COPY, past the command handlers and the appends, which would take ten minutes.
struct LargeHistory: Sendable {
    /// Events of one row of stamps, as a relayer's batch.
    private static let stampedAtOnce = 5_000
    /// Bytes of a chunk of COPY.
    private static let chunkBytes = 1 << 20
    /// Between two events, in microseconds: as fast as they can be appended.
    private static let interval: Int64 = 100
    private static let idsHigh: UInt64 = 0x0190_0000_0000_7000
    private static let variant: UInt64 = 0x8000_0000_0000_0000
    private static let columns = """
        country_code, recorded_at, event_number, event_id, stream, stream_version, type, data_version, data, \
        occurred_at, correlation_id, actor_role, actor_subject, traceparent, zone_rules, key, shard, relevant_until
        """

    let country: CountryCode
    let today: LocalDate
    /// When the first event was recorded.
    private let begin = MachineClock().now().adding(seconds: -3_600)
    let practitioners: Int
    /// Events about bookings.
    let bookings: Int

    /// The one of all figures about rebuilds: 500,000 practitioners, and 4,000,000 events about their bookings.
    init(_ ground: BenchGround) {
        country = ground.country
        today = MachineClock.today
        practitioners = ground.scale.count(500_000)
        bookings = ground.scale.count(4_000_000)
    }

    /// Registrations and weeks.
    func loadPractitioners(into pool: PGPool) async throws {
        let history = Mutex(RegistrationHistory(country: country, today: today))
        try await load(practitioners * 2, into: pool) { index in
            let events = index % 2 == 0 ? try history.withLock { try $0.events(index / 2) } : []
            return events
        }
    }

    /// Bookings, of which every seventh is cancelled and every ninth moved, all within the days that have pages.
    func loadBookings(into pool: PGPool) async throws {
        try await load(bookings, into: pool) { index in [event(index)] }
    }

    /// So many more, after those that are there.
    ///
    /// - Returns: What happened.
    func loadMore(_ count: Int, into pool: PGPool) async throws -> [BookingEvent] {
        try await load(count, into: pool) { index in [event(bookings + index)] }
        return (0..<count).map { happened(bookings + $0) }
    }

    private func event(_ index: Int) -> EventToAppend {
        stored(happened(index), index, version: index % 9 < 7 ? 1 : 2)
    }

    /// The event of that number: bookings come in groups of nine, whose last two events change earlier ones.
    private func happened(_ index: Int) -> BookingEvent {
        let (group, place) = (index / 9, index % 9)
        switch place {
        case 7:
            let first = booking(group * 7)
            return .cancelled(
                BookingCancelled(
                    bookingID: first.bookingID, practitionerID: first.practitionerID, patientID: first.patientID,
                    country: country, slotStart: first.slotStart, localDate: first.localDate, slots: first.slots,
                    reason: .other, cancelledBy: .staff))
        case 8:
            let second = booking(group * 7 + 1)
            let date = second.localDate.adding(days: 6)
            return .rescheduled(
                BookingRescheduled(
                    bookingID: second.bookingID, patientID: second.patientID, country: country,
                    from: BookedPlace(
                        practitionerID: second.practitionerID, slotStart: second.slotStart,
                        localDate: second.localDate, slots: second.slots),
                    to: BookedPlace(
                        practitionerID: second.practitionerID, slotStart: second.slotStart, localDate: date,
                        slots: second.slots)))
        default: return .created(booking(group * 7 + place))
        }
    }

    private func booking(_ number: Int) -> BookingCreated {
        let round = number / practitioners  // neighbours belong to different practitioners
        let (date, slot) = (today.adding(days: 1 + round / SlotMask.slotsPerDay), round % SlotMask.slotsPerDay)
        let start = Instant(microseconds: (Int64(date.days) * 86_400 + 7 * 3_600 + Int64(slot) * 1_800) * 1_000_000)
        let id = Self.variant | UInt64(number)
        return BookingCreated(
            bookingID: BookingID(high: Self.idsHigh, low: id),
            practitionerID: BookingHistory.practitioner(number % practitioners),
            patientID: PatientID(high: Self.idsHigh + 2, low: id), country: country, slotStart: start,
            slotEnd: Instant(microseconds: start.microseconds + 1_800_000_000), localDate: date,
            slots: SlotMask(first: slot, count: 1), timeZone: "Europe/Paris", consultationType: "standard")
    }

    private func stored(_ event: BookingEvent, _ index: Int, version: Int64) -> EventToAppend {
        let metadata = EventMetadata(
            eventID: EventID(high: Self.idsHigh, low: Self.variant | UInt64(index)), occurredAt: MachineClock().now(),
            correlationID: "bench-\(index)", actorRole: "staff", actorSubject: "bench",
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", zoneRules: "2026a")
        return EventToAppend(event, version: version, metadata: metadata)
    }

    // MARK: loading

    /// What COPY is fed from, one chunk after the other.
    private final class Feed: Sendable {
        struct State {
            var writer = CopyWriter()
            var next = 0
            var number: Int64 = 0
            var isDone = false
            /// Outbox ids by shard.
            var ids = [[Int64]](repeating: [], count: Shard.count)
        }

        let state = Mutex(State())
    }

    private func load(
        _ count: Int, into pool: PGPool,
        _ events: @escaping @Sendable (Int) throws -> [EventToAppend]
    ) async throws {
        let feed = Feed()
        try await pool.withSession { session in
            let last = try await session.query(
                SQLStatement(name: "load_last_number", text: "SELECT COALESCE(max(event_number), 0) FROM events"))
            feed.state.withLock { $0.number = last.int(0, 0) }
            let copy = SQLStatement(
                name: "load_events", text: "COPY events (\(Self.columns)) FROM STDIN (FORMAT binary)")
            _ = try await session.copyIn(copy) {
                try feed.state.withLock { state in
                    while state.next < count, state.writer.bytes.count < Self.chunkBytes {
                        for event in try events(state.next) { add(event, &state) }
                        state.next += 1
                    }
                    if state.isDone { return nil }
                    if state.next == count {
                        state.writer.finish()
                        state.isDone = true
                    }
                    return state.writer.take()
                }
            }
            try await stamp(feed.state.withLock { $0.ids }, in: session)
            // What the commands record of themselves is numbered after it.
            let next = "SELECT setval('event_numbers', (SELECT max(event_number) FROM events))"
            try await session.execute(SQLStatement(name: "load_next_number", text: next))
        }
    }

    private func recordedAt(_ number: Int64) -> Instant {
        Instant(microseconds: begin.microseconds + number * Self.interval)
    }

    private func add(_ event: EventToAppend, _ state: inout Feed.State) {
        state.number += 1
        let shard = event.shards[0]
        state.ids[shard.number].append(state.number * 2)
        state.writer.beginRow(18)
        state.writer.text(event.country.text)
        state.writer.timestamp(recordedAt(state.number))
        state.writer.int(state.number)
        state.writer.uuid(event.metadata.eventID)
        state.writer.text(event.stream.text)
        state.writer.int(event.version)
        state.writer.text(event.wireType.name)
        state.writer.int4(Int32(event.wireType.dataVersion))
        state.writer.blob(event.data)
        state.writer.timestamp(event.metadata.occurredAt)
        state.writer.text(event.metadata.correlationID)
        state.writer.text(event.metadata.actorRole)
        state.writer.text(event.metadata.actorSubject)
        if let traceparent = event.metadata.traceparent { state.writer.text(traceparent) } else { state.writer.null() }
        if let rules = event.metadata.zoneRules { state.writer.text(rules) } else { state.writer.null() }
        state.writer.uuid(Identifier<RecordKey>(high: event.keys[0].high, low: event.keys[0].low))
        state.writer.int2(Int16(shard.number))
        if let until = event.relevantUntil { state.writer.date(until) } else { state.writer.null() }
    }

    /// One row of stamps a batch, everything acknowledged.
    private func stamp(_ ids: [[Int64]], in session: PGSession) async throws {
        let insert = SQLStatement(
            name: "load_stamps",
            text: """
                INSERT INTO outbox_stamps (shard, first_position, last_position, outbox_ids, recorded_from,
                                           recorded_to, stamped_at, epoch)
                SELECT $1::smallint, known.last + 1, known.last + cardinality($2::bigint[]), $2, $3, $4, $4, 1
                FROM (SELECT COALESCE(max(last_position), 0) AS last FROM outbox_stamps
                      WHERE shard = $1::smallint) AS known
                """)
        for (shard, ids) in ids.enumerated() {
            for start in stride(from: 0, to: ids.count, by: Self.stampedAtOnce) {
                let some = Array(ids[start..<min(start + Self.stampedAtOnce, ids.count)])
                let times = [some[0], some[some.count - 1]].map { recordedAt($0 / 2).microseconds }
                _ = try await session.query(
                    insert, [.int(Int64(shard)), .intArray(some), .timestamp(times[0]), .timestamp(times[1])])
            }
            let text = """
                INSERT INTO outbox_acknowledged
                SELECT shard, max(last_position), now() FROM outbox_stamps WHERE shard = \(shard) GROUP BY shard
                ON CONFLICT DO NOTHING
                """
            try await session.execute(SQLStatement(name: "load_marks", text: text))
        }
    }
}
