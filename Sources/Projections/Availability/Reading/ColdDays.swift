package import Domain

/// What booking answers about days that have no pages; the one port of this target to another role.
package protocol ColdDays: Sendable {
    /// The slots that are open and not booked on `count` (at least 1) grid days from `first` on, whatever the clock
    /// says.
    ///
    /// - Returns: One mask a day; nil where booking does not know the practitioner yet.
    /// - Throws: Any error when booking cannot be asked.
    func free(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> [SlotMask]?
}
