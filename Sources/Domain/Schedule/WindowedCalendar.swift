/// What a `PractitionerCalendar` says about some days, in a tenth of its memory: for folding very many at once.
///
/// What cannot matter on those days is forgotten as it comes. The rules are those of `PractitionerCalendar`, and a test
/// holds both to the same answers.
package struct WindowedCalendar: Sendable {
    /// How the days are divided, for good.
    package let grid: SlotGrid
    /// In order of `validFrom`; of those that began before the window only the last.
    private var weeks: [Week] = []
    /// Those that touch the window.
    private var deviations: [Deviation] = []
    private var isActive = true

    private struct Week {
        let validFrom: LocalDate
        /// Monday first.
        var open = InlineArray<7, UInt32>(repeating: 0)
    }

    private struct Deviation {
        let id: ExceptionID
        let from: LocalDate
        let to: LocalDate
        let slots: SlotMask
        let isClosed: Bool
    }

    /// The calendar of somebody who has just registered: no week yet, so nothing is open.
    package init(grid: SlotGrid) {
        self.grid = grid
    }

    /// The calendar that `contents` was read from.
    ///
    /// - Parameters:
    ///   - grid: How the days are divided.
    ///   - contents: Weeks in order of `validFrom`; of the open slots of a week seven count, Monday first.
    package init(grid: SlotGrid, contents: Contents) {
        self.grid = grid
        isActive = contents.isActive
        weeks = contents.weeks.map { week in
            var restored = Week(validFrom: week.validFrom)
            for (day, slots) in zip(0..<7, week.open) { restored.open[day] = slots.rawValue }
            return restored
        }
        deviations = contents.deviations.map { given in
            Deviation(
                id: given.id, from: given.from, to: given.to, slots: given.slots, isClosed: given.isClosed)
        }
    }

    /// Takes in that the practitioner can be booked, or not.
    package mutating func setActive(_ isActive: Bool) { self.isActive = isActive }

    /// Takes in a week; those with the same or a later `validFrom` are gone.
    package mutating func set(_ schedule: WeeklySchedule, within window: ClosedRange<LocalDate>) {
        weeks.removeAll { $0.validFrom >= schedule.validFrom }
        var week = Week(validFrom: schedule.validFrom)
        for day in schedule.days { week.open[day.day.index] |= grid.slots(within: day.sessions).rawValue }
        weeks.append(week)
        // A later week can only take the place of this one, or of later ones: those before it have had their time.
        if schedule.validFrom <= window.lowerBound { weeks = [week] }
    }

    /// Takes in an exception, in the place of one of the same name.
    package mutating func add(_ exception: ScheduleException, within window: ClosedRange<LocalDate>) {
        remove(exception.id)
        guard exception.from <= window.upperBound, exception.to > window.lowerBound else { return }
        let slots =
            switch exception.kind {
            case .extra: grid.slots(within: exception.sessions)
            case .closed: exception.sessions.isEmpty ? SlotMask.all : grid.slots(touching: exception.sessions)
            }
        deviations.append(
            Deviation(
                id: exception.id, from: exception.from, to: exception.to, slots: slots,
                isClosed: exception.kind == .closed))
    }

    /// Takes in that an exception is gone.
    package mutating func remove(_ id: ExceptionID) { deviations.removeAll { $0.id == id } }

    /// The slots of a grid day of the window that can be booked unless they are booked already.
    package func open(on date: LocalDate) -> SlotMask {
        guard isActive else { return .empty }
        var offered = SlotMask.empty
        if let week = weeks.last(where: { $0.validFrom <= date }) {
            offered = SlotMask(rawValue: week.open[date.weekday.index])
        }
        var closed = SlotMask.empty
        for deviation in deviations where deviation.from <= date && date < deviation.to {
            if deviation.isClosed {
                closed = closed.union(deviation.slots)
            } else {
                offered = offered.union(deviation.slots)
            }
        }
        if offered.isEmpty { return .empty }
        return offered.subtracting(grid.skippedSlots(on: date)).subtracting(closed)
    }
}

extension WindowedCalendar {
    /// All that is remembered besides the grid, to be kept elsewhere.
    package struct Contents: Hashable, Sendable {
        /// A week and the day from which it holds.
        package struct Week: Hashable, Sendable {
            /// The first day.
            package var validFrom: LocalDate
            /// Seven, Monday first.
            package var open: [SlotMask]

            /// A week of its parts.
            package init(validFrom: LocalDate, open: [SlotMask]) {
                self.validFrom = validFrom
                self.open = open
            }
        }

        /// An exception, as far as the slots go.
        package struct Deviation: Hashable, Sendable {
            /// Its name.
            package var id: ExceptionID
            /// The first day.
            package var from: LocalDate
            /// The day after the last.
            package var to: LocalDate
            /// Of each of its days.
            package var slots: SlotMask
            /// Whether they are closed; else they are open besides the week's.
            package var isClosed: Bool

            /// An exception of its parts.
            package init(id: ExceptionID, from: LocalDate, to: LocalDate, slots: SlotMask, isClosed: Bool) {
                self.id = id
                self.from = from
                self.to = to
                self.slots = slots
                self.isClosed = isClosed
            }
        }

        /// Whether the practitioner can be booked.
        package var isActive: Bool
        /// In order of `validFrom`.
        package var weeks: [Week]
        /// In the order in which they came.
        package var deviations: [Deviation]

        /// Contents of their parts.
        package init(isActive: Bool, weeks: [Week], deviations: [Deviation]) {
            self.isActive = isActive
            self.weeks = weeks
            self.deviations = deviations
        }
    }

    /// What is remembered; a calendar that is made of it goes on as this one would.
    package var contents: Contents {
        Contents(
            isActive: isActive,
            weeks: weeks.map { week in
                Contents.Week(
                    validFrom: week.validFrom, open: (0..<7).map { SlotMask(rawValue: week.open[$0]) })
            },
            deviations: deviations.map { kept in
                Contents.Deviation(
                    id: kept.id, from: kept.from, to: kept.to, slots: kept.slots, isClosed: kept.isClosed)
            })
    }
}
