import BookingCommands
import Domain
import EventStore
import Gateway
import Observability
import Postgres

/// Everything that the booking role is made of.
struct BookingRole: Sendable {
    let pool: PGPool
    let service: BookingAdapter
    /// What other roles ask of this one.
    let neighbour: LocalBooking
    let applier: CalendarApplier
    let checkpoints: CalendarCheckpoints
    private let notifier: CommitNotifier

    /// Reads and changes of calendars beside the writer's own two sessions.
    private static let sessionsMax = 12

    /// What booking asks of others.
    struct Neighbours {
        let practitioners: any PractitionerHistory
        let patients: any PatientNeighbour
        let hint: any SlotHint
    }

    init(_ settings: Settings, _ process: ProcessContext, _ neighbours: Neighbours) {
        let url = settings.bookingDatabase
        let pool = PGPool(url: url, label: "booking", sessionsMax: Self.sessionsMax)
        let notifier = CommitNotifier(url: url, label: "booking-notify")
        let committed: @Sendable () -> Void = { notifier.committed() }
        let cache = CalendarCache()
        let transaction = BookingTransaction(
            pool: pool, zones: process.zones, cache: cache, clock: process.clock, identifiers: process.identifiers,
            committed: committed, log: process.log)
        let queries = BookingQueries(pool: pool)
        let applier = CalendarApplier(
            pool: pool, zones: process.zones, history: neighbours.practitioners, clock: process.clock,
            identifiers: process.identifiers, committed: committed)
        let patients = RememberingDirectory(neighbours.patients)
        let writer = BookingWriter(transaction: transaction, patients: patients, hint: neighbours.hint)
        self.pool = pool
        self.notifier = notifier
        self.applier = applier
        checkpoints = CalendarCheckpoints(pool: pool)
        neighbour = LocalBooking(
            applier: applier, queries: queries,
            cold: ColdAvailability(pool: pool, zones: process.zones, cache: cache))
        service = BookingAdapter(
            writer: writer, queries: queries, patients: patients, countries: process.countries,
            identifiers: process.identifiers, zones: process.zones)
    }

    func close() async {
        await notifier.close()
        await pool.close()
    }
}
