package import Domain

/// Names one stream, everything that happened to one thing in order; it is `ce_subject` in Kafka.
package struct StreamName: Hashable, Sendable {
    /// `booking-`, `practitioner-`, `patient-` or `operations-` and the id.
    package let text: String

    /// The stream of a booking.
    package init(_ id: BookingID) { text = "booking-\(id)" }

    /// The stream of a practitioner: profile, schedule and exceptions are one.
    package init(_ id: PractitionerID) { text = "practitioner-\(id)" }

    /// The stream of a patient.
    package init(_ id: PatientID) { text = "patient-\(id)" }

    /// The stream of something that was done to the system.
    package init(_ id: OperationID) { text = "operations-\(id)" }

    /// Takes a name as it is stored.
    package init(stored text: String) { self.text = text }
}

extension StreamName: CustomStringConvertible {
    package var description: String { text }
}
