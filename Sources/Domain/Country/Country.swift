/// What is particular to one country: an entry of `countries.json`.
package struct Country: Equatable, Sendable {
    /// The country in paths, keys and events.
    package let code: CountryCode
    /// Language tags such as `fr`, the preferred one first.
    package let languages: [String]
    /// The IANA zone of a practitioner that names none.
    package let timeZone: String
    /// The first day of a week on this country's pages.
    package let weekStart: Weekday
    /// The slot length of a practitioner that names none, `SlotGrid.slotMinutesRange`.
    package let slotMinutes: Int
    /// The start of the grid day of a practitioner that names none.
    package let dayStart: LocalTime
    /// How many days after today can be booked, at least 0; 0 means today only.
    package let bookingHorizonDays: Int
    /// How long before its start a slot stops being bookable, at least 0.
    package let minimumNoticeMinutes: Int

    /// Describes a country; the ranges are checked where `countries.json` is read.
    package init(
        code: CountryCode, languages: [String], timeZone: String, weekStart: Weekday = .monday, slotMinutes: Int = 30,
        dayStart: LocalTime = .eight, bookingHorizonDays: Int = 90, minimumNoticeMinutes: Int = 0
    ) {
        self.code = code
        self.languages = languages
        self.timeZone = timeZone
        self.weekStart = weekStart
        self.slotMinutes = slotMinutes
        self.dayStart = dayStart
        self.bookingHorizonDays = bookingHorizonDays
        self.minimumNoticeMinutes = minimumNoticeMinutes
    }
}
