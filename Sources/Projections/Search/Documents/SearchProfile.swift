package import Domain

/// What everybody may know of a practitioner: the public profile, from its events.
package struct SearchProfile: Hashable, Sendable {
    package var displayName: String
    /// As the practice wrote it.
    package var specialty: String
    package var languages: [String]
    package var location: Location
    package var timeZone: String
    package var dayStart: LocalTime
    package var slotMinutes: Int
    package var consultationTypes: [ConsultationType]
    package var acceptsNewPatients: Bool

    /// A profile of its parts.
    package init(
        displayName: String, specialty: String, languages: [String], location: Location, timeZone: String,
        dayStart: LocalTime, slotMinutes: Int, consultationTypes: [ConsultationType], acceptsNewPatients: Bool
    ) {
        self.displayName = displayName
        self.specialty = specialty
        self.languages = languages
        self.location = location
        self.timeZone = timeZone
        self.dayStart = dayStart
        self.slotMinutes = slotMinutes
        self.consultationTypes = consultationTypes
        self.acceptsNewPatients = acceptsNewPatients
    }

    /// The profile that a registration brought.
    init(_ event: PractitionerRegistered) {
        self.init(
            displayName: event.displayName, specialty: event.specialty, languages: event.languages,
            location: event.location, timeZone: event.timeZone, dayStart: event.dayStart,
            slotMinutes: event.slotMinutes, consultationTypes: event.consultationTypes,
            acceptsNewPatients: event.acceptsNewPatients)
    }

    mutating func apply(_ event: PractitionerUpdated) {
        displayName = event.displayName ?? displayName
        specialty = event.specialty ?? specialty
        languages = event.languages ?? languages
        location = event.location ?? location
        consultationTypes = event.consultationTypes ?? consultationTypes
        acceptsNewPatients = event.acceptsNewPatients ?? acceptsNewPatients
    }

    /// What a query's language is compared with: each tag in lower case, and its primary language (`fr` of `fr-CA`).
    var languageKeys: [String] {
        var keys: [String] = []
        for language in languages.map({ $0.lowercased() }) {
            for key in [language, String(language.prefix { $0 != "-" })] where !keys.contains(key) { keys.append(key) }
        }
        return keys
    }

    /// The words by which the name is found.
    var nameWords: [String] {
        Set(SearchWords.words(of: displayName).filter { !SearchWords.titles.contains($0) }).sorted()
    }
}
