import Domain
import JSON

/// What requests and answers about schedules and exceptions look like.
enum ScheduleSchemas {
    /// More sessions than a day has slots say nothing new.
    private static let sessionsMax = 24
    /// Ten years; nobody plans further.
    private static let exceptionDaysMax = 3_660

    private static let session = Schema.named(
        "Session",
        .object(
            ObjectSchema([
                .required("start", .string(.timeOfDay)),
                .required("end", .string(.timeOfDay), "Not after start: the next morning."),
            ])))

    private static let sessions = Schema.list(session, count: 0...sessionsMax)

    private static let weekly = Schema.list(
        .named(
            "Day", .object(ObjectSchema([.required("day", .names(Weekday.self)), .required("sessions", sessions)]))),
        count: 0...7)

    static let set = Schema.named(
        "NewSchedule",
        .object(
            ObjectSchema(
                [
                    .required("weekly", weekly, "Each day at most once; days that are missing are closed."),
                    .optional("validFrom", .string(.date), "Today when it is not given; may be past."),
                ], example: Examples.newSchedule)))

    private static let document: [ObjectSchema.Member] = [
        .required("practitionerId", .string(.uuid)),
        .required("version", .integer(0...Int64.max)),
        .required("weekly", weekly),
        .required("validFrom", .nullable(.string(.date))),
        .required("timeZone", .string(.timeZone)),
    ]

    static let schedule = Schema.named("Schedule", .object(ObjectSchema(document)))

    /// The answer to a new schedule.
    static let replaced = Schema.named(
        "ReplacedSchedule",
        .object(ObjectSchema(document + [.required("displacedBookings", BookingSchemas.displaced)])))

    private static let exceptionKind = Schema.oneOf(
        [ScheduleException.Kind.closed, .extra].map(\.rawValue))

    static let add = Schema.named(
        "NewException",
        .object(
            ObjectSchema(
                [
                    .required("from", .string(.date)),
                    .required("to", .string(.date), "Exclusive, after from."),
                    .required("kind", exceptionKind),
                    .optional("sessions", sessions, "Required for extra; a closure without them closes whole days."),
                    .optional("reason", .string(.text, length: 1...500)),
                ], example: Examples.newException)))

    private static let exceptionMembers: [ObjectSchema.Member] = [
        .required("exceptionId", .string(.uuid)),
        .required("practitionerId", .string(.uuid)),
        .required("from", .string(.date)),
        .required("to", .string(.date)),
        .required("kind", exceptionKind),
        .required("sessions", sessions),
        .required("reason", .nullable(.string(.text, length: 1...500))),
        .required("timeZone", .string(.timeZone)),
    ]

    static let exception = Schema.named("Exception", .object(ObjectSchema(exceptionMembers)))

    /// The answer to a new exception.
    static let added = Schema.named(
        "AddedException",
        .object(ObjectSchema(exceptionMembers + [.required("displacedBookings", BookingSchemas.displaced)])))

    static let page = Schema.page("ExceptionPage", of: exception)

    /// Days that come twice.
    @Sendable
    static func scheduleFaults(_ body: BodyObject, _: BodyFacts) -> [Fault] {
        var seen: Set<String> = []
        return body.objects("weekly").compactMap { each in
            guard let day = each.value["day"]?.stringValue, !seen.insert(day).inserted else { return nil }
            return Fault(each.pointer.member("day").text, "is the day of an earlier entry")
        }
    }

    /// Dates in the wrong order, and an opening without sessions.
    @Sendable
    static func exceptionFaults(_ body: BodyObject, _: BodyFacts) -> [Fault] {
        var faults: [Fault] = []
        if let from = body.value["from"]?.dateValue, let to = body.value["to"]?.dateValue,
            !(1...exceptionDaysMax).contains(from.days(until: to))
        {
            faults.append(Fault("/to", "must be after from, at most \(exceptionDaysMax) days"))
        }
        if body.value["kind"]?.stringValue == ScheduleException.Kind.extra.rawValue,
            body.value["sessions"]?.arrayValue?.isEmpty ?? true
        {
            faults.append(Fault("/sessions", "must have at least one session when kind is extra"))
        }
        return faults
    }
}

extension SetSchedule {
    /// - Throws: 422 where a value cannot be used.
    init(_ body: BodyObject) throws(Problem) {
        var days: [DaySessions] = []
        for each in body.objects("weekly") {
            let day = try each.required("day") { $0.stringValue.flatMap(Weekday.init(rawValue:)) }
            days.append(DaySessions(day: day, sessions: try each.sessions()))
        }
        self.init(weekly: days, validFrom: try body.optional("validFrom", \.dateValue))
    }
}

extension AddException {
    /// - Throws: 422 where a value cannot be used.
    init(_ body: BodyObject) throws(Problem) {
        self.init(
            from: try body.required("from", \.dateValue), to: try body.required("to", \.dateValue),
            kind: try body.required("kind") { $0.stringValue.flatMap(ScheduleException.Kind.init(rawValue:)) },
            sessions: try body.sessions(), reason: try body.optional("reason", \.stringValue))
    }
}

extension BodyObject {
    fileprivate func sessions() throws(Problem) -> [Session] {
        var sessions: [Session] = []
        for each in objects("sessions") {
            sessions.append(
                Session(
                    start: try each.required("start", \.timeOfDayValue), end: try each.required("end", \.timeOfDayValue)
                ))
        }
        return sessions
    }
}
