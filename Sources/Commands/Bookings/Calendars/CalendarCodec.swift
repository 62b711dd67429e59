import Domain
import JSON

/// Writes and reads the content of a `calendars` row: a JSON object that no one else reads.
struct CalendarCodec: Sendable {
    private let zones: ZoneDatabase

    init(zones: ZoneDatabase) {
        self.zones = zones
    }

    /// A row that this code did not write, or whose zone this machine does not know.
    struct Unreadable: Error {}

    func encode(_ stored: StoredCalendar) -> [UInt8] {
        let calendar = stored.calendar
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.key("number")
        json.int(stored.number)
        json.key("timeZone")
        json.string(calendar.grid.zone)
        json.key("dayStart")
        json.int(calendar.grid.dayStart.minutes)
        json.key("slotMinutes")
        json.int(calendar.grid.slotMinutes)
        json.key("active")
        json.bool(calendar.isActive)
        json.key("acceptsNewPatients")
        json.bool(calendar.acceptsNewPatients)
        json.key("types")
        json.array(calendar.consultationTypes) { json, type in
            json.string(type.code)
            json.int(type.slots)
        }
        json.key("weeks")
        json.array(calendar.schedules) { json, week in
            json.int(week.validFrom.days)
            json.array(week.days) { json, day in
                json.int(day.day.index)
                json.sessions(day.sessions)
            }
        }
        json.key("exceptions")
        json.array(calendar.exceptions) { json, exception in
            json.string(exception.id.description)
            json.int(exception.from.days)
            json.int(exception.to.days)
            json.string(exception.kind.rawValue)
            json.sessions(exception.sessions)
        }
        json.endObject()
        return json.bytes
    }

    func decode(_ content: [UInt8], key: CalendarKey, version: Int64) throws -> StoredCalendar {
        let json = try parseJSON(content)
        guard let number = json["number"]?.intValue, let zone = json["timeZone"]?.stringValue,
            let dayStart = json["dayStart"]?.intValue.flatMap({ LocalTime(minutes: Int($0)) }),
            let slotMinutes = json["slotMinutes"]?.intValue, let isActive = json["active"]?.boolValue,
            let accepts = json["acceptsNewPatients"]?.boolValue, let types = json["types"]?.arrayValue,
            let weeks = json["weeks"]?.arrayValue, let exceptions = json["exceptions"]?.arrayValue
        else { throw Unreadable() }
        let calendar = PractitionerCalendar(
            practitionerID: key.practitionerID, country: key.country,
            grid: try zones.grid(zone: zone, dayStart: dayStart, slotMinutes: Int(slotMinutes)),
            schedules: try weeks.map(Self.week), exceptions: try exceptions.map(Self.exception),
            consultationTypes: try types.map(Self.type), isActive: isActive, acceptsNewPatients: accepts,
            version: version)
        return StoredCalendar(calendar: calendar, number: Int(number))
    }

    private static func type(_ json: JSONValue) throws -> ConsultationType {
        let parts = try array(json, of: 2)
        guard let code = parts[0].stringValue, let slots = parts[1].intValue,
            let type = ConsultationType(code: code, slots: Int(slots))
        else { throw Unreadable() }
        return type
    }

    private static func week(_ json: JSONValue) throws -> WeeklySchedule {
        let parts = try array(json, of: 2)
        guard let days = parts[1].arrayValue else { throw Unreadable() }
        return WeeklySchedule(
            validFrom: try date(parts[0]),
            days: try days.map { json in
                let parts = try array(json, of: 2)
                guard let index = parts[0].intValue, Weekday.allCases.indices.contains(Int(index)) else {
                    throw Unreadable()
                }
                return DaySessions(day: Weekday.allCases[Int(index)], sessions: try sessions(parts[1]))
            })
    }

    private static func exception(_ json: JSONValue) throws -> ScheduleException {
        let parts = try array(json, of: 5)
        guard let id = parts[0].stringValue.flatMap({ ExceptionID($0) }),
            let kind = parts[3].stringValue.flatMap(ScheduleException.Kind.init(rawValue:))
        else { throw Unreadable() }
        return ScheduleException(
            id: id, from: try date(parts[1]), to: try date(parts[2]), kind: kind, sessions: try sessions(parts[4]))
    }

    private static func sessions(_ json: JSONValue) throws -> [Session] {
        guard let parts = json.arrayValue else { throw Unreadable() }
        return try parts.map { json in
            let ends = try array(json, of: 2)
            return Session(start: try time(ends[0]), end: try time(ends[1]))
        }
    }

    private static func time(_ json: JSONValue) throws -> LocalTime {
        guard let time = json.intValue.flatMap({ LocalTime(minutes: Int($0)) }) else { throw Unreadable() }
        return time
    }

    private static func date(_ json: JSONValue) throws -> LocalDate {
        guard let days = json.intValue.flatMap({ Int32(exactly: $0) }) else { throw Unreadable() }
        return LocalDate(days: days)
    }

    private static func array(_ json: JSONValue, of count: Int) throws -> [JSONValue] {
        guard let parts = json.arrayValue, parts.count == count else { throw Unreadable() }
        return parts
    }
}

extension JSONWriter {
    /// An array with one array an element.
    fileprivate mutating func array<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
        beginArray()
        for element in elements {
            beginArray()
            write(&self, element)
            endArray()
        }
        endArray()
    }

    fileprivate mutating func sessions(_ sessions: [Session]) {
        array(sessions) { json, session in
            json.int(session.start.minutes)
            json.int(session.end.minutes)
        }
    }
}
