package import Domain

/// A practitioner in a country: what a head row is found by, and the order in which head rows are locked.
package struct CalendarKey: Hashable, Comparable, Sendable {
    package var country: CountryCode
    package var practitionerID: PractitionerID

    package init(country: CountryCode, practitionerID: PractitionerID) {
        self.country = country
        self.practitionerID = practitionerID
    }

    package static func < (one: Self, other: Self) -> Bool {
        (one.country, one.practitionerID) < (other.country, other.practitionerID)
    }
}

/// Booking's copy of a practitioner: the calendar, and the number under which the availability pages keep it.
package struct StoredCalendar: Hashable, Sendable {
    package var calendar: PractitionerCalendar
    /// Dense in a country and Kafka partition, at least 0.
    package var number: Int

    package init(calendar: PractitionerCalendar, number: Int) {
        self.calendar = calendar
        self.number = number
    }

    /// Whose calendar it is.
    package var key: CalendarKey { CalendarKey(country: calendar.country, practitionerID: calendar.practitionerID) }
}
