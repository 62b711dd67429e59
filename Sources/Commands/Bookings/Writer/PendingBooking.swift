import Domain
import EventStore

/// One command on its way through a transaction.
package struct PendingBooking: Sendable {
    /// What other roles said before the transaction began.
    struct Facts: Sendable {
        var patientExists: Bool
        /// The availability page shows the slot as booked: a hint that saves the lock, never a verdict.
        var slotLooksTaken: Bool
    }

    let request: BookingRequest
    var facts: Facts
    /// How often a transaction had to start over with this command in it.
    var attempts = 0
    /// How often a batch had not read or locked enough for this command.
    var rounds = 0
    private let continuation: CheckedContinuation<Result<BookingAnswer, BookingFailure>, Never>

    init(
        request: BookingRequest, facts: Facts,
        continuation: CheckedContinuation<Result<BookingAnswer, BookingFailure>, Never>
    ) {
        self.request = request
        self.facts = facts
        self.continuation = continuation
    }

    /// Called exactly once a command, when its outcome is durable or cannot come about.
    func finish(_ result: Result<BookingAnswer, BookingFailure>) { continuation.resume(returning: result) }
}
