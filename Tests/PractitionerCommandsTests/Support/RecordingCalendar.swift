import Domain
import PractitionerCommands
import Synchronization

/// Stands for booking: applies changes in the order of versions, asks for those that it lacks, and can be down.
final class RecordingCalendar: CalendarPort {
    struct Down: Error {}

    /// Changes arrived whose predecessors the practitioner role does not have.
    struct Gap: Error {}

    private struct State {
        var isDown = false
        var versions: [PractitionerID: Int64] = [:]
        var applied: [PractitionerID: [PractitionerChange]] = [:]
        var displaced: [EventID: [DisplacedBooking]] = [:]
    }

    private let state = Mutex(State())
    private let stream: PractitionerStream

    init(stream: PractitionerStream) { self.stream = stream }

    var isDown: Bool {
        get { state.withLock { $0.isDown } }
        set { state.withLock { $0.isDown = newValue } }
    }

    /// What was applied to a practitioner's calendar, in order, each version once.
    func applied(to id: PractitionerID) -> [PractitionerChange] { state.withLock { $0.applied[id] ?? [] } }

    /// The version that a practitioner's calendar has; 0: none.
    func version(of id: PractitionerID) -> Int64 { state.withLock { $0.versions[id] ?? 0 } }

    /// Says what the next questions about a cause are answered.
    func displace(_ bookings: [DisplacedBooking], by cause: EventID) {
        state.withLock { $0.displaced[cause] = bookings }
    }

    func apply(
        _ changes: [PractitionerChange], of practitioner: PractitionerID, in country: CountryCode, upTo version: Int64
    ) async throws {
        if isDown { throw Down() }
        guard let first = changes.first, changes.last?.version == version else { throw Gap() }
        let known = self.version(of: practitioner)
        let between =
            first.version > known + 1
            ? try await stream.changes(of: practitioner, in: country, after: known, upTo: first.version - 1) : []
        try state.withLock { state in
            for change in between + changes where change.version > state.versions[practitioner] ?? 0 {
                guard change.version == (state.versions[practitioner] ?? 0) + 1 else { throw Gap() }
                state.versions[practitioner] = change.version
                state.applied[practitioner, default: []].append(change)
            }
        }
    }

    func displaced(by cause: EventID, in country: CountryCode) async throws -> [DisplacedBooking] {
        if isDown { throw Down() }
        return state.withLock { $0.displaced[cause] ?? [] }
    }
}
