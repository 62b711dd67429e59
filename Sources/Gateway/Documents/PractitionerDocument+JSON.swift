import Domain
import JSON

extension JSONWriter {
    /// Writes a practitioner, and what a change displaced where one was made.
    mutating func practitioner(_ practitioner: PractitionerDocument, displaced: [DisplacedBooking]? = nil) {
        beginObject()
        key("practitionerId")
        identifier(practitioner.id)
        key("version")
        int(practitioner.version)
        key("displayName")
        string(practitioner.displayName)
        key("specialty")
        string(practitioner.specialty)
        key("languages")
        strings(practitioner.languages)
        key("location")
        location(practitioner.location)
        key("timeZone")
        string(practitioner.timeZone)
        key("dayStart")
        string(practitioner.dayStart.description)
        key("slotMinutes")
        int(practitioner.slotMinutes)
        key("consultationTypes")
        beginArray()
        for type in practitioner.consultationTypes {
            beginObject()
            key("code")
            string(type.code)
            key("slots")
            int(type.slots)
            endObject()
        }
        endArray()
        key("acceptsNewPatients")
        bool(practitioner.acceptsNewPatients)
        key("active")
        bool(practitioner.active)
        if let displaced { self.displaced(displaced) }
        endObject()
    }

    /// Writes a schedule, and what a change displaced where one was made.
    mutating func schedule(_ schedule: ScheduleDocument, displaced: [DisplacedBooking]? = nil) {
        beginObject()
        key("practitionerId")
        identifier(schedule.practitionerID)
        key("version")
        int(schedule.version)
        key("weekly")
        beginArray()
        for day in schedule.weekly {
            beginObject()
            key("day")
            string(day.day.rawValue)
            key("sessions")
            sessions(day.sessions)
            endObject()
        }
        endArray()
        key("validFrom")
        string(orNull: schedule.validFrom?.description)
        key("timeZone")
        string(schedule.timeZone)
        if let displaced { self.displaced(displaced) }
        endObject()
    }

    /// Writes an exception, and what it displaced where it was just made.
    mutating func exception(_ exception: ExceptionDocument, displaced: [DisplacedBooking]? = nil) {
        beginObject()
        key("exceptionId")
        identifier(exception.id)
        key("practitionerId")
        identifier(exception.practitionerID)
        key("from")
        string(exception.from.description)
        key("to")
        string(exception.to.description)
        key("kind")
        string(exception.kind.rawValue)
        key("sessions")
        sessions(exception.sessions)
        key("reason")
        string(orNull: exception.reason)
        key("timeZone")
        string(exception.timeZone)
        if let displaced { self.displaced(displaced) }
        endObject()
    }

    private mutating func sessions(_ sessions: [Session]) {
        beginArray()
        for session in sessions {
            beginObject()
            key("start")
            string(session.start.description)
            key("end")
            string(session.end.description)
            endObject()
        }
        endArray()
    }

    private mutating func location(_ location: Location) {
        beginObject()
        key("lat")
        double(location.latitude)
        key("lon")
        double(location.longitude)
        key("street")
        string(location.street)
        key("postalCode")
        string(location.postalCode)
        key("city")
        string(location.city)
        endObject()
    }
}
