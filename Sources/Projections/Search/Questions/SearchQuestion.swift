package import Domain

/// What somebody asks; what is nil was not asked.
package struct SearchQuestion: Sendable, Hashable {
    /// Where to look.
    package enum Near: Sendable, Hashable {
        /// A place by its name.
        case place(String)
        /// Degrees north, -90...90, and east, -180...180.
        case point(latitude: Double, longitude: Double)
    }

    /// How far around a place is looked unless somebody says otherwise.
    package static let radiusKilometresDefault = 25.0
    /// How far one can look at most.
    package static let radiusKilometresMax = 500.0

    /// Free text.
    package var text: String?
    package var specialty: String?
    package var near: Near?
    /// More than 0; beyond `radiusKilometresMax` it is cut.
    package var radiusKilometres: Double?
    package var window: SearchWindow
    package var language: String?
    /// Nil: soonest with a window, nearest with a place, else by relevance.
    package var order: SearchRequest.Order?

    /// A question of its parts.
    package init(
        text: String? = nil, specialty: String? = nil, near: Near? = nil, radiusKilometres: Double? = nil,
        window: SearchWindow = SearchWindow(), language: String? = nil, order: SearchRequest.Order? = nil
    ) {
        self.text = text
        self.specialty = specialty
        self.near = near
        self.radiusKilometres = radiusKilometres
        self.window = window
        self.language = language
        self.order = order
    }
}

/// Why a question cannot be answered as it is.
package enum SearchQuestionFault: Error, Hashable, Sendable {
    /// No place of that name is known.
    case unknownPlace
    /// The window ends before it begins.
    case windowEndsBeforeItBegins
    /// The position is not one that a page of this order ended with.
    case foreignPosition
}

/// What a question was taken to mean.
package struct SearchUnderstanding: Sendable, Hashable {
    /// A place on the map.
    package struct Place: Sendable, Hashable {
        /// What its inhabitants call it; for a point, the nearest place of the country that has a name here.
        package let name: String
        package let country: CountryCode
        package let latitude: Double
        package let longitude: Double
    }

    /// A code, or the text that was compared.
    package var specialty: String?
    package var place: Place?
    package var radiusKilometres: Double?
    /// Dates as the country's zone has them.
    package var from: Instant?
    package var to: Instant?
    package var language: String?
    /// A practitioner's name, or a part of it, as it was written.
    package var name: String?
}

/// What a search found.
package struct SearchFindings: Sendable {
    package let hits: [SearchHit]
    /// Where the next page begins, at most 29 bytes; nil on the last page.
    package let next: [UInt8]?
    package let understood: SearchUnderstanding
    /// Words of the free text that meant nothing.
    package let ignored: [String]
    /// When the newest event that the answer reflects happened; nil before the first.
    package let asOf: Instant?
    /// Whether something may be missing or old.
    package let isDegraded: Bool
}
