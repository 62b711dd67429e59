/// A week was set.
///
/// Schedules with an earlier `validFrom` stay, those with the same or a later one are gone.
package struct ScheduleSet: Hashable, Sendable {
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// The whole week.
    package var schedule: WeeklySchedule
    /// The version of the zone rules (tzdata) that were in force here, such as `2026f`.
    package var zoneRules: String

    /// Takes the whole week.
    package init(practitionerID: PractitionerID, country: CountryCode, schedule: WeeklySchedule, zoneRules: String) {
        self.practitionerID = practitionerID
        self.country = country
        self.schedule = schedule
        self.zoneRules = zoneRules
    }
}

/// A closure or an extra session was added; the reason that was given for it is not here.
package struct ExceptionAdded: Hashable, Sendable {
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// The whole exception.
    package var exception: ScheduleException

    /// Takes the whole exception.
    package init(practitionerID: PractitionerID, country: CountryCode, exception: ScheduleException) {
        self.practitionerID = practitionerID
        self.country = country
        self.exception = exception
    }
}

/// A closure or an extra session was taken back.
package struct ExceptionRemoved: Hashable, Sendable {
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// The whole exception, as it was added.
    package var exception: ScheduleException

    /// Takes the exception that is gone.
    package init(practitionerID: PractitionerID, country: CountryCode, exception: ScheduleException) {
        self.practitionerID = practitionerID
        self.country = country
        self.exception = exception
    }
}
