package import Domain

/// A practitioner in a country: what a head row is found by, and the order in which head rows are locked.
package struct CalendarKey: Hashable, Comparable, Sendable {
    /// Where the practice is; the partition.
    package var country: CountryCode
    /// Who it is.
    package var practitionerID: PractitionerID

    /// Joins both.
    package init(country: CountryCode, practitionerID: PractitionerID) {
        self.country = country
        self.practitionerID = practitionerID
    }

    /// By country, then by id, as PostgreSQL orders the primary key.
    package static func < (one: Self, other: Self) -> Bool {
        (one.country, one.practitionerID) < (other.country, other.practitionerID)
    }
}

/// Booking's copy of a practitioner: the calendar, and the number under which the availability pages keep it.
package struct StoredCalendar: Hashable, Sendable {
    /// What is open, at the version that booking has.
    package var calendar: PractitionerCalendar
    /// Dense in a country and Kafka partition, at least 0.
    package var number: Int

    /// Joins both.
    package init(calendar: PractitionerCalendar, number: Int) {
        self.calendar = calendar
        self.number = number
    }

    /// Whose calendar it is.
    package var key: CalendarKey { CalendarKey(country: calendar.country, practitionerID: calendar.practitionerID) }
}
