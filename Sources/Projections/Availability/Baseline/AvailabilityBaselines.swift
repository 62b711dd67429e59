package import Domain
package import EventStore
import Observability
package import Postgres
package import ProjectionRunner

/// What availability puts into the log: of every practitioner what is open and booked, of enough days that a rebuild a
/// week later still finds those that are hot by then.
package struct AvailabilityBaselines: BaselineSource {
    /// Days before and after today, by the calendar of UTC.
    ///
    /// A topic keeps seven days; hot are yesterday to the 14th day, and no zone is more than a day away.
    private static let daysBefore = 2
    private static let daysAfter = 32

    package let model = "availability"
    package let wireType = AvailabilityBaseline.wireType
    private let fold: PartitionFold
    private let clock: any WallClock

    /// Reads nothing yet.
    ///
    /// - Parameters:
    ///   - bookings: Reads events of the booking database.
    ///   - practitioners: Reads events of the practitioner database, and who waits in quarantine.
    ///   - places: Calendars of the practitioner database.
    ///   - zones: The rules of each zone.
    ///   - clock: Decides which days are wanted.
    package init(
        bookings: PGPool, practitioners: PGPool, places: PractitionerPlaces, zones: ZoneDatabase, clock: any WallClock
    ) {
        let quarantine = Quarantine(
            model: model, epoch: 0, pool: practitioners,
            databases: [.bookingEvents: bookings, .practitionerEvents: practitioners], log: .silent)
        fold = PartitionFold(
            bookings: bookings, practitioners: practitioners, places: places, zones: zones,
            skips: { try await quarantine.readSkips() })
        self.clock = clock
    }

    package func baseline(
        of partition: Shard, pace: @escaping @Sendable () async throws -> Void
    ) async throws -> FoldedBaseline {
        let today = LocalDate(days: Int32(clamping: clock.now().seconds / 86_400))
        let days = today.adding(days: -Self.daysBefore)...today.adding(days: Self.daysAfter)
        var request = PartitionFold.Request(partitions: [partition], dates: .fixed(days), allowsUnreadable: true)
        request.pace = { _, _ in try await pace() }
        let folded = try await fold.tables(request)[0]
        let table = folded.table
        let nowhere = table.unreadable.keys.filter { !table.holds($0) }.sorted()
        return FoldedBaseline(
            positions: [.bookingEvents: folded.header.bookings, .practitionerEvents: folded.header.practitioners],
            days: days, asOf: table.asOf, count: table.entries.count + nowhere.count
        ) { index in
            guard index < table.entries.count else {
                let id = nowhere[index - table.entries.count]
                let waiting = AvailabilityBaseline(unreadable: table.unreadable[id]?.cause(of: id))
                return FoldedBaseline.Item(
                    practitioner: id, country: waiting.unreadable?.country, data: waiting.json(of: id))
            }
            let (id, country) = (table.entries[index].id, table.entries[index].country)
            return FoldedBaseline.Item(
                practitioner: id, country: country, data: AvailabilityBaseline(table, index).json(of: id))
        }
    }
}

extension AvailabilityBaseline {
    /// What a fold has of one of its entries.
    init(_ table: FoldTable, _ index: Int) {
        let entry = table.entries[index]
        let days = table.days.lowerBound.days...table.days.upperBound.days
        let grid = entry.calendar.grid
        let booked = days.map { LocalDate(days: $0) }.compactMap { date in
            let slots = table.booked(index, on: date)
            return slots.isEmpty ? nil : BookedDay(date: date, slots: slots)
        }
        self.init(
            practitioner: Practitioner(
                country: entry.country, number: entry.number, version: entry.version, newest: entry.newest,
                grid: GridText(zone: grid.zone, dayStart: grid.dayStart, slotMinutes: grid.slotMinutes),
                calendar: entry.calendar.contents, booked: booked),
            unreadable: table.unreadable[entry.id]?.cause(of: entry.id))
    }
}

extension FoldTable.Unreadable {
    /// Whose practitioner waits, and from which event on.
    func cause(of id: PractitionerID) -> QuarantineCause {
        QuarantineCause(id, country: country, topic: topic, eventID: eventID, type, fault: fault)
    }

    /// The same event, out of a round; it comes before every event that is read after it.
    init(_ cause: QuarantineCause) {
        self.init(
            topic: cause.topic, number: 0, eventID: cause.eventID ?? EventID(high: 0, low: 0), type: cause.type,
            country: cause.country, fault: cause.fault)
    }
}
