package import Domain
package import JSON

// Schedules, exceptions and consultation types, as they stand in events and in booking's copies of calendars.

extension JSONWriter {
    /// Writes a week as `{"validFrom", "weekly": [{"day", "sessions"}]}`.
    package mutating func schedule(_ schedule: WeeklySchedule) {
        beginObject()
        date("validFrom", schedule.validFrom)
        key("weekly")
        beginArray()
        for day in schedule.days {
            beginObject()
            text("day", day.day.rawValue)
            sessions(day.sessions)
            endObject()
        }
        endArray()
        endObject()
    }

    /// Writes an exception as `{"exceptionId", "from", "to", "kind", "sessions"}`; its reason is free text and not in
    /// it.
    package mutating func exception(_ exception: ScheduleException) {
        beginObject()
        id("exceptionId", exception.id)
        date("from", exception.from)
        date("to", exception.to)
        text("kind", exception.kind.rawValue)
        sessions(exception.sessions)
        endObject()
    }

    /// Writes the member `consultationTypes`.
    package mutating func consultationTypes(_ types: [ConsultationType]) {
        key("consultationTypes")
        beginArray()
        for type in types {
            beginObject()
            text("code", type.code)
            int("slots", type.slots)
            endObject()
        }
        endArray()
    }

    private mutating func sessions(_ sessions: [Session]) {
        key("sessions")
        beginArray()
        for session in sessions {
            beginObject()
            text("start", session.start.description)
            text("end", session.end.description)
            endObject()
        }
        endArray()
    }
}

extension WeeklySchedule {
    /// Reads what `JSONWriter.schedule` wrote.
    ///
    /// - Throws: `JSONError`.
    package init(_ node: JSONNode) throws(JSONError) {
        var days: [DaySessions] = []
        try node.required("weekly").forEachElement { (day) throws(JSONError) in
            days.append(DaySessions(day: try day.value("day"), sessions: try day.sessions()))
        }
        self.init(validFrom: try node.date("validFrom"), days: days)
    }
}

extension ScheduleException {
    /// Reads what `JSONWriter.exception` wrote.
    ///
    /// - Throws: `JSONError`.
    package init(_ node: JSONNode) throws(JSONError) {
        self.init(
            id: try node.id("exceptionId"), from: try node.date("from"), to: try node.date("to"),
            kind: try node.value("kind"), sessions: try node.sessions())
    }
}

extension JSONNode {
    /// Reads the member that `JSONWriter.consultationTypes` wrote.
    ///
    /// - Throws: `JSONError`.
    package func consultationTypes() throws(JSONError) -> [ConsultationType] {
        var types: [ConsultationType] = []
        try required("consultationTypes").forEachElement { (type) throws(JSONError) in
            guard let read = ConsultationType(code: try type.text("code"), slots: try type.int("slots")) else {
                throw JSONError(.unexpectedKind)
            }
            types.append(read)
        }
        return types
    }

    fileprivate func sessions() throws(JSONError) -> [Session] {
        var sessions: [Session] = []
        try required("sessions").forEachElement { (session) throws(JSONError) in
            sessions.append(Session(start: try session.time("start"), end: try session.time("end")))
        }
        return sessions
    }
}
