import BookingCommands
import Domain
import Synchronization

/// The patient role as booking sees it: everybody exists but those who were named.
final class Patients: PatientDirectory {
    struct Down: Error {}

    private struct State {
        var unknown: Set<PatientID> = []
        var isDown = false
    }

    private let state = Mutex(State())

    /// A patient that nobody registered.
    func forget(_ patient: PatientID) { state.withLock { _ = $0.unknown.insert(patient) } }

    /// Whether the role cannot be reached.
    func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }

    func exists(_ patient: PatientID, in country: CountryCode) async throws -> Bool {
        try state.withLock { state in
            if state.isDown { throw Down() }
            return !state.unknown.contains(patient)
        }
    }
}

/// Availability pages that say what a test tells them to, right or wrong.
final class Pages: SlotHint {
    private let taken = Mutex<Set<Instant>>([])

    /// Shows every visit that starts then as booked.
    func show(taken start: Instant) { taken.withLock { _ = $0.insert(start) } }

    func looksTaken(_ stored: StoredCalendar, at start: Instant) async -> Bool {
        taken.withLock { $0.contains(start) }
    }
}

/// The practitioner role's streams, as far as a test has written them.
final class Streams: PractitionerHistory {
    struct Missing: Error {}

    private struct State {
        var changes: [PractitionerID: [PractitionerChange]] = [:]
        var questions = 0
    }

    private let state = Mutex(State())

    /// How often the history was asked.
    var questions: Int { state.withLock { $0.questions } }

    /// Adds the next event of a stream.
    @discardableResult
    func append(_ event: PractitionerEvent, id: EventID) -> PractitionerChange {
        state.withLock { state in
            let version = (state.changes[event.practitionerID]?.last?.version ?? 0) + 1
            let change = PractitionerChange(version: version, id: id, event: event)
            state.changes[event.practitionerID, default: []].append(change)
            return change
        }
    }

    func events(
        of practitioner: PractitionerID, in country: CountryCode, after version: Int64, upTo last: Int64
    ) async throws -> [PractitionerChange] {
        try state.withLock { state in
            state.questions += 1
            let wanted = (state.changes[practitioner] ?? []).filter { $0.version > version && $0.version <= last }
            guard wanted.count == last - version else { throw Missing() }
            return wanted
        }
    }
}
