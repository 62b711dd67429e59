import Domain

/// A question while it is being understood.
struct Asked {
    var specialty: String?
    var place: SearchUnderstanding.Place?
    var radiusKilometres: Double?
    var window = SearchWindow()
    var language: String?
    var order: SearchRequest.Order?
    /// Words that may be names.
    var unknown: [String] = []
    /// Words that are names, as they were written.
    var names: [String] = []
    var ignored: [String] = []

    var radiusInForce: Double {
        min(radiusKilometres ?? SearchQuestion.radiusKilometresDefault, SearchQuestion.radiusKilometresMax)
    }

    var defaultOrder: SearchRequest.Order {
        if !window.isOpen { return .soonest }
        return place == nil ? .relevance : .distance
    }

    /// Takes from the text what was not given apart from it.
    mutating func add(_ reading: TextReading, today: LocalDate) {
        specialty = reading.specialty
        language = reading.language
        place = place ?? reading.place.map(SearchUnderstanding.Place.init)
        if let day = reading.day {
            let date = today.adding(days: day)
            window = SearchWindow(from: .date(date), to: .date(date.adding(days: 1)))
        }
        unknown = reading.unknown
        ignored = reading.ignored
    }

    /// A word that begins no name means nothing; a single letter begins too many to mean one.
    mutating func settleNames(_ known: Set<String>) {
        for word in unknown {
            let folded = SearchWords.phrase(word)
            if folded.count > 1, known.contains(folded) { names.append(word) } else { ignored.append(word) }
        }
    }
}

extension SearchUnderstanding.Place {
    init(_ place: Place) {
        self.init(name: place.name, country: place.country, latitude: place.latitude, longitude: place.longitude)
    }
}
