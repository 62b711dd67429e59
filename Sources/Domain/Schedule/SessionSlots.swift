extension SlotGrid {
    /// The slots that lie wholly in one of the sessions: those that the sessions open.
    func slots(within sessions: [Session]) -> SlotMask {
        slots(sessions) { slot, session in
            session.lowerBound <= slot.lowerBound && slot.upperBound <= session.upperBound
        }
    }

    /// The slots that share some time with one of the sessions: those that a closure takes away.
    func slots(touching sessions: [Session]) -> SlotMask {
        slots(sessions) { slot, session in slot.overlaps(session) }
    }

    private func slots(_ sessions: [Session], where belongs: (Range<Int>, Range<Int>) -> Bool) -> SlotMask {
        var mask: UInt32 = 0
        for session in sessions {
            let span = session.span(dayStart: dayStart)
            for slot in 0..<SlotMask.slotsPerDay {
                let start = dayStart.minutes + slot * slotMinutes
                if belongs(start..<(start + slotMinutes), span) { mask |= 1 << UInt32(slot) }
            }
        }
        return SlotMask(rawValue: mask)
    }
}
