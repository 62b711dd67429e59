import Domain
import Postgres

/// The stretches of a practitioner's time of which a transaction reads the confirmed slots.
struct SlotReading {
    private var keys: [CalendarKey] = []
    private var ranges: [Range<Instant>] = []

    /// A visit lies within one grid day, and a grid day with its clock change is over after 26 hours.
    static let gridDayHoursMax = 26

    var isEmpty: Bool { keys.isEmpty }

    /// Reads the slots of one visit that begins at `start`; `slots` nil where its length is not known yet.
    mutating func add(_ key: CalendarKey, visitAt start: Instant, minutes: Int?) {
        let end = start.adding(minutes: minutes ?? Self.gridDayHoursMax * 60)
        add(key, start..<max(end, start.adding(minutes: 1)))
    }

    mutating func add(_ key: CalendarKey, _ range: Range<Instant>) {
        keys.append(key)
        ranges.append(range)
    }

    var step: PGStep {
        PGStep(
            SQL.readBookedSlots,
            [
                .textArray(keys.map(\.country.text)), .uuidArray(keys.map(\.practitionerID.pgUUID)),
                .timestampArray(ranges.map(\.lowerBound.microseconds)),
                .timestampArray(ranges.map(\.upperBound.microseconds)),
            ])
    }

    /// Hands what was read to the batch's state.
    func learn(_ rows: PGRows, into state: inout BatchState) {
        for (key, range) in zip(keys, ranges) { state.learn(key, slotsIn: range) }
        for row in 0..<rows.count {
            guard let country = CountryCode(rows.text(row, 0)) else { continue }
            let key = CalendarKey(country: country, practitionerID: PractitionerID(rows.uuid(row, 1)))
            let slot = Instant(microseconds: rows.timestamp(row, 2))
            state.learn(key, slot: slot, of: BookingID(rows.uuid(row, 5)))
        }
    }
}
