/// Marks a booking's identifier.
package enum BookingTag {}
/// Marks a practitioner's identifier.
package enum PractitionerTag {}
/// Marks a patient's identifier.
package enum PatientTag {}
/// Marks an exception to a schedule.
package enum ExceptionTag {}
/// Marks an event.
package enum EventTag {}
/// Marks something that was done to the system.
package enum OperationTag {}

/// Names a booking for life; moving it keeps its id.
package typealias BookingID = Identifier<BookingTag>
/// Names a practitioner; its lower-case text is the key of every record about it.
package typealias PractitionerID = Identifier<PractitionerTag>
/// Names a patient; the only thing about a patient that events hold.
package typealias PatientID = Identifier<PatientTag>
/// Names a closure or an extra session.
package typealias ExceptionID = Identifier<ExceptionTag>
/// Names an event; `ce_id` of its records.
package typealias EventID = Identifier<EventTag>
/// Names something that was done to the system, by an operator or an auditor; its stream tells how it went.
package typealias OperationID = Identifier<OperationTag>

/// Where new identifiers come from; injected, so that tests decide which ones.
package protocol IdentifierSource: Sendable {
    /// The bits of a UUIDv7 that was never returned before, later ones greater.
    func next() -> (high: UInt64, low: UInt64)
}
