package import Domain

/// An exception to a schedule with what its event must not hold.
package struct PractitionerException: Hashable, Sendable {
    /// What its event holds.
    package var exception: ScheduleException
    /// Free text of the practice.
    package var reason: String?
    /// The event that added it: the bookings that it displaced are looked up by it.
    package var addedBy: EventID
    /// It is not in force any more; its row stays for the answers of retries.
    package var isRemoved: Bool
}
