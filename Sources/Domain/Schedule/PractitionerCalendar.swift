/// All that decides which slots of a practitioner are open: grid, weeks, exceptions, active or not.
///
/// Kept by booking as a copy with the practitioner's version, and folded by projections from the same events.
package struct PractitionerCalendar: Hashable, Sendable {
    /// Whose calendar it is.
    package let practitionerID: PractitionerID
    /// Where the practice is.
    package let country: CountryCode
    /// How its days are divided, for good.
    package let grid: SlotGrid
    /// What can be booked, at least one kind.
    package private(set) var consultationTypes: [ConsultationType]
    /// False: no slot is open.
    package private(set) var isActive: Bool
    /// Only informs; it refuses nothing.
    package private(set) var acceptsNewPatients: Bool
    /// The version of the practitioner's stream that is in here.
    package private(set) var version: Int64
    /// In order of `validFrom`, each with what it opens worked out.
    private var weeks: [Week]
    /// In the order in which they were added, each with what it touches worked out.
    private var deviations: [Deviation]

    private struct Week: Hashable {
        let schedule: WeeklySchedule
        /// Monday first.
        let open: [SlotMask]
    }

    private struct Deviation: Hashable {
        let exception: ScheduleException
        let slots: SlotMask
    }

    /// Puts a calendar together from its parts, in any order.
    package init(
        practitionerID: PractitionerID, country: CountryCode, grid: SlotGrid, schedules: [WeeklySchedule] = [],
        exceptions: [ScheduleException] = [], consultationTypes: [ConsultationType] = [.standard],
        isActive: Bool = true, acceptsNewPatients: Bool = true, version: Int64
    ) {
        self.practitionerID = practitionerID
        self.country = country
        self.grid = grid
        self.consultationTypes = consultationTypes
        self.isActive = isActive
        self.acceptsNewPatients = acceptsNewPatients
        self.version = version
        weeks = schedules.map { Self.week($0, grid) }.sorted { $0.schedule.validFrom < $1.schedule.validFrom }
        deviations = exceptions.map { Self.deviation($0, grid) }
    }

    /// The calendar of somebody who has just registered: no week yet, so nothing is open.
    ///
    /// - Throws: `ZoneError` if the zone or the slot length cannot be used here.
    package init(_ event: PractitionerRegistered, version: Int64, zones: ZoneDatabase) throws(ZoneError) {
        self.init(
            practitionerID: event.practitionerID, country: event.country,
            grid: try zones.grid(zone: event.timeZone, dayStart: event.dayStart, slotMinutes: event.slotMinutes),
            consultationTypes: event.consultationTypes, acceptsNewPatients: event.acceptsNewPatients, version: version)
    }

    /// The weeks in order of `validFrom`.
    package var schedules: [WeeklySchedule] { weeks.map(\.schedule) }

    /// The exceptions in the order in which they were added.
    package var exceptions: [ScheduleException] { deviations.map(\.exception) }

    /// The week that counts on a grid day; nil before the first one.
    package func schedule(on date: LocalDate) -> WeeklySchedule? {
        weeks.last { $0.schedule.validFrom <= date }?.schedule
    }

    /// The kind of visit with that code.
    package func consultationType(_ code: String) -> ConsultationType? {
        consultationTypes.first { $0.code == code }
    }

    /// The slots of a grid day that can be booked unless they are booked already; none if the practitioner is inactive.
    ///
    /// The week's sessions and extra ones open a slot that lies wholly in one of them; a closure takes away every slot
    /// that shares some time with it, and so does a clock change that skips some part of the slot. A few operations
    /// where no exception touches the day.
    package func open(on date: LocalDate) -> SlotMask {
        guard isActive else { return .empty }
        let (offered, closed) = offeredAndClosed(on: date)
        return offered.subtracting(closed)
    }

    /// The slots that would be open but for a closure.
    package func closed(on date: LocalDate) -> SlotMask {
        let (offered, closed) = offeredAndClosed(on: date)
        return offered.intersection(closed)
    }

    private func offeredAndClosed(on date: LocalDate) -> (offered: SlotMask, closed: SlotMask) {
        var offered = SlotMask.empty
        if let week = weeks.last(where: { $0.schedule.validFrom <= date }) { offered = week.open[date.weekday.index] }
        var closed = SlotMask.empty
        for deviation in deviations where deviation.exception.touches(date) {
            switch deviation.exception.kind {
            case .extra: offered = offered.union(deviation.slots)
            case .closed: closed = closed.union(deviation.slots)
            }
        }
        return (offered.isEmpty ? offered : offered.subtracting(grid.skippedSlots(on: date)), closed)
    }

    private static func week(_ schedule: WeeklySchedule, _ grid: SlotGrid) -> Week {
        var open = [SlotMask](repeating: .empty, count: Weekday.allCases.count)
        for day in schedule.days {
            open[day.day.index] = open[day.day.index].union(grid.slots(within: day.sessions))
        }
        return Week(schedule: schedule, open: open)
    }

    private static func deviation(_ exception: ScheduleException, _ grid: SlotGrid) -> Deviation {
        let slots =
            switch exception.kind {
            case .extra: grid.slots(within: exception.sessions)
            case .closed: exception.sessions.isEmpty ? SlotMask.all : grid.slots(touching: exception.sessions)
            }
        return Deviation(exception: exception, slots: slots)
    }
}

extension PractitionerCalendar {
    /// Takes in the next event of the practitioner's stream.
    ///
    /// - Parameters:
    ///   - event: Of this practitioner; the caller sees to it that none is left out and none comes twice.
    ///   - version: The version of the stream that the event made.
    package mutating func evolve(_ event: PractitionerEvent, version: Int64) {
        assert(event.practitionerID == practitionerID)
        switch event {
        case .registered(let event):  // the first event of a stream: `init(_:version:zones:)` has taken it in
            consultationTypes = event.consultationTypes
            acceptsNewPatients = event.acceptsNewPatients
        case .updated(let event):
            consultationTypes = event.consultationTypes ?? consultationTypes
            acceptsNewPatients = event.acceptsNewPatients ?? acceptsNewPatients
        case .deactivated: isActive = false
        case .activated: isActive = true
        case .scheduleSet(let event):
            weeks.removeAll { $0.schedule.validFrom >= event.schedule.validFrom }
            weeks.append(Self.week(event.schedule, grid))
        case .exceptionAdded(let event):
            deviations.removeAll { $0.exception.id == event.exception.id }
            deviations.append(Self.deviation(event.exception, grid))
        case .exceptionRemoved(let event):
            deviations.removeAll { $0.exception.id == event.exception.id }
        }
        self.version = version
    }
}
