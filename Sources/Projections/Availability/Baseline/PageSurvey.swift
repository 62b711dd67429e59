package import Domain
package import ProjectionRunner

extension PageRepair {
    /// How far the pages of an epoch are from what the stores say.
    package struct Survey: Sendable {
        /// Differences that are kept as a sample.
        package static let sampleMax = 20

        /// One practitioner-day that is not as the stores say.
        package struct Difference: Hashable, Sendable {
            /// Whose day.
            package let practitioner: PractitionerID
            /// Where.
            package let country: CountryCode
            /// Which day.
            package let date: LocalDate
            /// What the page has; nil: it has not heard of the practitioner.
            package let held: DayCell?
            /// What it must have.
            package let folded: DayCell
        }

        /// Practitioners in the stores.
        package var practitioners = 0
        /// Practitioner-days that were compared.
        package var looked = 0
        /// Those that would change.
        package var differing = 0
        /// Pages that are not there.
        package var missingPages = 0
        /// Some of those that would change.
        package var sample: [Difference] = []
        /// Events that cannot be taken in, one a practitioner.
        package var unreadable: [QuarantineCause] = []

        /// Nothing was looked at yet.
        package init() {}
    }
}
