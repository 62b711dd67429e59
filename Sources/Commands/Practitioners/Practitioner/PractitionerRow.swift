import Domain
import Postgres

/// One row of `practitioners`, in the column order of this folder's statements.
enum PractitionerRow {
    /// Reads a row; nil where a column holds what no code of ours writes.
    static func practitioner(_ rows: PGRows, _ row: Int) -> Practitioner? {
        guard let country = CountryCode(rows.text(row, 0)), let dayStart = LocalTime(minutes: Int(rows.int(row, 16)))
        else { return nil }
        return Practitioner(
            id: PractitionerID(rows.uuid(row, 1)), country: country, streamVersion: rows.int(row, 2),
            profileVersion: rows.int(row, 3), scheduleVersion: rows.int(row, 4), partition: Int(rows.int(row, 5)),
            number: Int(rows.int(row, 6)), displayName: rows.text(row, 7), specialty: rows.text(row, 8),
            languages: rows.textArray(row, 9),
            location: Location(
                latitude: rows.double(row, 10), longitude: rows.double(row, 11), street: rows.text(row, 12),
                postalCode: rows.text(row, 13), city: rows.text(row, 14)),
            timeZone: rows.text(row, 15), dayStart: dayStart, slotMinutes: Int(rows.int(row, 17)),
            consultationTypes: zip(rows.textArray(row, 18), rows.intArray(row, 19)).compactMap { code, slots in
                ConsultationType(code: code, slots: Int(slots))
            },
            acceptsNewPatients: rows.bool(row, 20), isActive: rows.bool(row, 21), schedule: schedule(rows, row),
            scheduleEvent: rows.isNull(row, 26) ? nil : EventID(rows.uuid(row, 26)),
            activityEvent: rows.isNull(row, 27) ? nil : EventID(rows.uuid(row, 27)))
    }

    private static func schedule(_ rows: PGRows, _ row: Int) -> WeeklySchedule? {
        if rows.isNull(row, 22) { return nil }
        let sessions = Sessions.read(starts: rows.intArray(row, 24), ends: rows.intArray(row, 25))
        var days: [DaySessions] = []
        for (day, session) in zip(rows.intArray(row, 23), sessions) {
            guard Weekday.allCases.indices.contains(Int(day)) else { continue }
            let weekday = Weekday.allCases[Int(day)]
            if let last = days.last, last.day == weekday {
                days[days.count - 1] = DaySessions(day: weekday, sessions: last.sessions + [session])
            } else {
                days.append(DaySessions(day: weekday, sessions: [session]))
            }
        }
        return WeeklySchedule(validFrom: LocalDate(days: rows.date(row, 22)), days: days)
    }

    /// The parameters of `write_practitioner`.
    static func parameters(_ practitioner: Practitioner) -> [PGValue] {
        let days = practitioner.schedule?.days ?? []
        let sessions = days.flatMap { day in day.sessions.map { (day.day.index, $0) } }
        return practitioner.key + [
            .int(practitioner.streamVersion), .int(practitioner.profileVersion), .int(practitioner.scheduleVersion),
            .int4(Int32(practitioner.partition)), .int(Int64(practitioner.number)), .text(practitioner.displayName),
            .text(practitioner.specialty), .textArray(practitioner.languages), .double(practitioner.location.latitude),
            .double(practitioner.location.longitude), .text(practitioner.location.street),
            .text(practitioner.location.postalCode), .text(practitioner.location.city), .text(practitioner.timeZone),
            .int4(Int32(practitioner.dayStart.minutes)), .int4(Int32(practitioner.slotMinutes)),
            .textArray(practitioner.consultationTypes.map(\.code)),
            .int4Array(practitioner.consultationTypes.map { Int32($0.slots) }),
            .bool(practitioner.acceptsNewPatients), .bool(practitioner.isActive),
            practitioner.schedule.map { .date($0.validFrom.days) } ?? .null,
            .int4Array(sessions.map { Int32($0.0) }), Sessions.starts(sessions.map(\.1)),
            Sessions.ends(sessions.map(\.1)), practitioner.scheduleEvent.parameter,
            practitioner.activityEvent.parameter,
        ]
    }
}

/// One row of `schedule_exceptions`, in the column order of this folder's statements.
enum ExceptionRow {
    /// Reads a row; nil where a column holds what no code of ours writes.
    static func exception(_ rows: PGRows, _ row: Int) -> PractitionerException? {
        guard let kind = ScheduleException.Kind(rawValue: rows.text(row, 3)) else { return nil }
        return PractitionerException(
            exception: ScheduleException(
                id: ExceptionID(rows.uuid(row, 0)), from: LocalDate(days: rows.date(row, 1)),
                to: LocalDate(days: rows.date(row, 2)), kind: kind,
                sessions: Sessions.read(starts: rows.intArray(row, 4), ends: rows.intArray(row, 5))),
            reason: rows.textOrNil(row, 6), addedBy: EventID(rows.uuid(row, 7)), isRemoved: rows.bool(row, 8))
    }

    /// The parameters of `insert_exception`.
    static func parameters(_ stored: PractitionerException, of practitioner: Practitioner) -> [PGValue] {
        let exception = stored.exception
        return practitioner.key + [
            .uuid(exception.id.high, exception.id.low), .date(exception.from.days), .date(exception.to.days),
            .text(exception.kind.rawValue), Sessions.starts(exception.sessions), Sessions.ends(exception.sessions),
            stored.reason.map { .text($0) } ?? .null, .uuid(stored.addedBy.high, stored.addedBy.low),
        ]
    }
}

extension Practitioner {
    /// The primary key.
    var key: [PGValue] { [.text(country.text), .uuid(id.high, id.low)] }
}

/// Sessions as two columns of minutes after midnight.
enum Sessions {
    static func read(starts: [Int64], ends: [Int64]) -> [Session] {
        zip(starts, ends).compactMap { start, end in
            guard let start = LocalTime(minutes: Int(start)), let end = LocalTime(minutes: Int(end)) else { return nil }
            return Session(start: start, end: end)
        }
    }

    static func starts(_ sessions: [Session]) -> PGValue { .int4Array(sessions.map { Int32($0.start.minutes) }) }

    static func ends(_ sessions: [Session]) -> PGValue { .int4Array(sessions.map { Int32($0.end.minutes) }) }
}

extension Identifier {
    /// The identifier that a `uuid` column holds.
    init(_ uuid: PGUUID) { self.init(high: uuid.high, low: uuid.low) }
}

extension EventID? {
    fileprivate var parameter: PGValue { map { .uuid($0.high, $0.low) } ?? .null }
}
