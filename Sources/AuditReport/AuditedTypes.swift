/// The types of events that this program writes into the history.
package enum AuditedTypes {
    /// As they are stored.
    ///
    /// A newer program may write others, but most that are not in here are slips of the pen.
    package static let names = [
        "BookingCreated", "BookingCancelled", "BookingRescheduled", "BookingDisplaced", "PractitionerRegistered",
        "PractitionerUpdated", "PractitionerDeactivated", "PractitionerActivated", "ScheduleSet", "ExceptionAdded",
        "ExceptionRemoved", "PatientRegistered", "PatientUpdated", "OperationRecorded",
    ]

    /// Which of some types are none of them.
    package static func unknown(_ types: [String]) -> [String] { types.filter { !names.contains($0) } }
}
