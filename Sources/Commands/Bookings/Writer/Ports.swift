package import Domain

/// What booking asks of the patient role: does this patient exist? Asked again until yes, remembered from then on.
package protocol PatientDirectory: Sendable {
    /// - Throws: Any error when the patient role cannot be reached.
    func exists(_ patient: PatientID, in country: CountryCode) async throws -> Bool
}

/// What the availability pages say about a slot: it saves work and is never the judge.
package protocol SlotHint: Sendable {
    /// Whether the pages show the slot that starts at `start` as booked; false when they cannot be read.
    ///
    /// `stored` is the calendar as booking last saw it: asked only where one is at hand, so that a hint costs no query.
    func looksTaken(_ stored: StoredCalendar, at start: Instant) async -> Bool
}

/// The events of a practitioner's stream, asked of the practitioner role when a change arrives ahead of its
/// predecessors.
package protocol PractitionerHistory: Sendable {
    /// The events after `version` up to and including `last`, in order and without a gap.
    ///
    /// - Throws: Any error when the practitioner role cannot be reached.
    func events(
        of practitioner: PractitionerID, in country: CountryCode, after version: Int64, upTo last: Int64
    ) async throws -> [PractitionerChange]
}
