import Domain
import Postgres
import TestSupport

/// What is true, read straight from the databases: what every read model must come to.
struct StoreTruth: Sendable {
    let booking: PGPool
    let practitioner: PGPool

    /// Opens the databases of a system, lends them and closes them.
    static func with<T: Sendable>(_ servers: SystemServers, _ body: (StoreTruth) async throws -> T) async throws -> T {
        let truth = StoreTruth(
            booking: PGPool(url: servers.booking.url, label: "test-truth-booking", sessionsMax: 2),
            practitioner: PGPool(url: servers.practitioner.url, label: "test-truth-practitioner", sessionsMax: 2))
        do {
            let result = try await body(truth)
            await truth.close()
            return result
        } catch {
            await truth.close()
            throw error
        }
    }

    private func close() async {
        await booking.close()
        await practitioner.close()
    }

    /// One number.
    func count(_ pool: PGPool, _ name: String, _ text: String, _ parameters: [PGValue] = []) async throws -> Int64 {
        let rows = try await pool.query(SQLStatement(name: name, text: text), parameters)
        return rows.count == 1 ? rows.int(0, 0) : 0
    }

    /// The calendar that the practitioner's rows describe; booking's copy and the projection's fold must agree with it.
    func calendar(_ id: String) async throws -> PractitionerCalendar {
        guard let practitioner = PractitionerID(id) else { throw UnknownToTheStore(id: id) }
        let key = PGValue.uuid(practitioner.high, practitioner.low)
        let rows = try await self.practitioner.query(Self.readPractitioner, [key])
        guard rows.count == 1, let country = CountryCode(rows.text(0, 0)) else { throw UnknownToTheStore(id: id) }
        let grid = try Wall.zones.grid(
            zone: rows.text(0, 1), dayStart: LocalTime(minutes: Int(rows.int(0, 2))) ?? .eight,
            slotMinutes: Int(rows.int(0, 3)))
        let types = zip(split(rows.text(0, 4)), split(rows.text(0, 5))).compactMap {
            ConsultationType(code: $0, slots: Int($1) ?? 0)
        }
        return PractitionerCalendar(
            practitionerID: practitioner, country: country, grid: grid, schedules: week(rows),
            exceptions: try await exceptions(of: key), consultationTypes: types, isActive: rows.bool(0, 6), version: 1)
    }

    /// The booked slots of a practitioner by grid day.
    func bookedSlots(of id: String) async throws -> [LocalDate: SlotMask] {
        guard let practitioner = PractitionerID(id) else { throw UnknownToTheStore(id: id) }
        let rows = try await booking.query(Self.readSlots, [.uuid(practitioner.high, practitioner.low)])
        var booked: [LocalDate: SlotMask] = [:]
        for row in 0..<rows.count {
            let date = LocalDate(days: rows.date(row, 0))
            booked[date] = (booked[date] ?? .empty).union(SlotMask(first: Int(rows.int(row, 1)), count: 1))
        }
        return booked
    }

    /// The last position of every shard that has one.
    func newestPositions(in pool: PGPool) async throws -> [Int32: Int64] {
        let rows = try await pool.query(Self.readPositions)
        return Dictionary(uniqueKeysWithValues: (0..<rows.count).map { (Int32(rows.int($0, 0)), rows.int($0, 1)) })
    }

    private func week(_ rows: PGRows) -> [WeeklySchedule] {
        guard let validFrom = rows.dateOrNil(0, 7) else { return [] }
        let sessions = zip(split(rows.text(0, 8)), zip(split(rows.text(0, 9)), split(rows.text(0, 10))))
        let days = sessions.compactMap { day, span -> DaySessions? in
            guard let start = LocalTime(minutes: Int(span.0) ?? -1), let end = LocalTime(minutes: Int(span.1) ?? -1)
            else { return nil }
            let weekday = Weekday.allCases[Int(day) ?? 0]
            return DaySessions(day: weekday, sessions: [Session(start: start, end: end)])
        }
        return [WeeklySchedule(validFrom: LocalDate(days: validFrom), days: days)]
    }

    private func exceptions(of key: PGValue) async throws -> [ScheduleException] {
        let rows = try await practitioner.query(Self.readExceptions, [key])
        return (0..<rows.count).map { row in
            let sessions = zip(split(rows.text(row, 5)), split(rows.text(row, 6))).compactMap { start, end in
                LocalTime(minutes: Int(start) ?? -1).flatMap { start in
                    LocalTime(minutes: Int(end) ?? -1).map { Session(start: start, end: $0) }
                }
            }
            let id = rows.uuid(row, 0)
            return ScheduleException(
                id: ExceptionID(high: id.high, low: id.low), from: LocalDate(days: rows.date(row, 1)),
                to: LocalDate(days: rows.date(row, 2)), kind: rows.text(row, 3) == "extra" ? .extra : .closed,
                sessions: rows.bool(row, 4) ? [] : sessions)
        }
    }

    private func split(_ list: String) -> [String] { list.split(separator: ",").map(String.init) }

    private static let readPractitioner = SQLStatement(
        name: "truth_practitioner",
        text: """
            SELECT country_code, time_zone, day_start, slot_minutes, array_to_string(consultation_codes, ','),
                   array_to_string(consultation_slots, ','), active, valid_from, array_to_string(weekly_days, ','),
                   array_to_string(weekly_starts, ','), array_to_string(weekly_ends, ',')
            FROM practitioners WHERE practitioner_id = $1
            """)
    private static let readExceptions = SQLStatement(
        name: "truth_exceptions",
        text: """
            SELECT exception_id, from_date, to_date, kind, cardinality(session_starts) = 0,
                   array_to_string(session_starts, ','), array_to_string(session_ends, ',')
            FROM schedule_exceptions WHERE practitioner_id = $1 AND NOT removed
            """)
    private static let readPositions = SQLStatement(
        name: "truth_positions", text: "SELECT shard, max(last_position) FROM outbox_stamps GROUP BY shard")
    private static let readSlots = SQLStatement(
        name: "truth_slots",
        text: """
            SELECT local_date, slot_index::int FROM booked_slots WHERE practitioner_id = $1 AND status = 'confirmed'
            """)
}

/// A test asked the store for something that it does not have.
struct UnknownToTheStore: Error { let id: String }
