/// A stretch of working time on the wall of the practice, half-open; `end` not after `start` means the next morning.
package struct Session: Hashable, Sendable {
    /// When it begins.
    package let start: LocalTime
    /// When it ends; not after `start`: the next morning.
    package let end: LocalTime

    /// Takes both ends; 08:00-08:00 is a whole day.
    package init(start: LocalTime, end: LocalTime) {
        self.start = start
        self.end = end
    }

    /// Minutes after the midnight before the grid day's start: where this session lies in a grid day named by a date.
    ///
    /// A session that ends at or before `dayStart` cannot touch a grid day that begins there, so it is read as lying in
    /// the next morning: with a day from 20:00, "monday 01:00-03:00" is the night that began on Monday evening.
    func span(dayStart: LocalTime) -> Range<Int> {
        if end.minutes <= start.minutes { return start.minutes..<(end.minutes + minutesPerDay) }
        if end <= dayStart { return (start.minutes + minutesPerDay)..<(end.minutes + minutesPerDay) }
        return start.minutes..<end.minutes
    }
}

/// The sessions of one day of the week.
package struct DaySessions: Hashable, Sendable {
    /// The day on which the grid day starts.
    package let day: Weekday
    /// Its sessions; they may touch and overlap.
    package let sessions: [Session]

    /// Takes a day and its sessions.
    package init(day: Weekday, sessions: [Session]) {
        self.day = day
        self.sessions = sessions
    }
}

/// A practitioner's week from a date on, until a schedule with a later `validFrom` takes over.
package struct WeeklySchedule: Hashable, Sendable {
    /// The first grid day for which it counts.
    package let validFrom: LocalDate
    /// The working days; a day that is named twice has the sessions of both, one that is not named has none.
    package let days: [DaySessions]

    /// Takes a week as it was asked for.
    package init(validFrom: LocalDate, days: [DaySessions]) {
        self.validFrom = validFrom
        self.days = days
    }
}

/// A deviation from the weekly schedule on some days.
///
/// The reason that people give for it is not part of it: events never
/// hold free text.
package struct ScheduleException: Hashable, Sendable {
    /// What an exception does.
    package enum Kind: String, Hashable, Sendable {
        /// Takes open time away; wins over `extra`.
        case closed
        /// Adds open time.
        case extra
    }

    /// Its name, by which it is removed.
    package let id: ExceptionID
    /// The first grid day that it touches.
    package let from: LocalDate
    /// The day after the last grid day that it touches.
    package let to: LocalDate
    /// Whether it closes or opens.
    package let kind: Kind
    /// The time of each of its days that is concerned.
    ///
    /// A closure without sessions closes the whole day; an extra without
    /// sessions opens nothing.
    package let sessions: [Session]

    /// Takes an exception for the grid days `from`..<`to`.
    package init(id: ExceptionID, from: LocalDate, to: LocalDate, kind: Kind, sessions: [Session]) {
        self.id = id
        self.from = from
        self.to = to
        self.kind = kind
        self.sessions = sessions
    }

    /// Whether it touches the grid day `date`.
    package func touches(_ date: LocalDate) -> Bool { from <= date && date < to }
}

/// A kind of visit and how many consecutive slots it takes.
package struct ConsultationType: Hashable, Sendable {
    /// What callers name it by: `standard`.
    package let code: String
    /// Consecutive slots, 1...24.
    package let slots: Int

    /// What a practitioner offers who names nothing else: one slot.
    package static let standard = ConsultationType(trusted: "standard", slots: 1)

    private init(trusted code: String, slots: Int) {
        self.code = code
        self.slots = slots
    }

    /// A kind of visit; nil unless the code has a character and the slots are 1...24.
    package init?(code: String, slots: Int) {
        guard !code.isEmpty, (1...SlotMask.slotsPerDay).contains(slots) else { return nil }
        self.init(trusted: code, slots: slots)
    }
}

/// Minutes of a day on which no clock is changed.
let minutesPerDay = 1_440
