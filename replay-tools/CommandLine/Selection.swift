import AvailabilityProjection
import Domain
import SearchProjection

/// A read model that this program can look into.
enum ModelName: String, CaseIterable, Sendable {
    case availability
    case search

    /// The topics that it reads, in its order.
    var topics: [Topic] {
        switch self {
        case .availability: AvailabilityModel.topics
        case .search: SearchContent.topics
        }
    }
}

/// What `--model` and `--country` narrow the work to.
struct Selection: Hashable, Sendable {
    var models: [ModelName]
    var country: CountryCode?

    /// Everything.
    static let all = Selection(models: ModelName.allCases, country: nil)

    init(models: [ModelName], country: CountryCode?) {
        self.models = models
        self.country = country
    }

    /// Takes both options out of the arguments.
    ///
    /// - Throws: `UsageError` for a model or a country that cannot be.
    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        models = try Self.models(try arguments.option("--model") ?? "all")
        country = nil
        guard let text = try arguments.option("--country") else { return }
        guard let code = CountryCode(text) else {
            throw UsageError("--country must be two lower-case letters, not '\(text)'")
        }
        country = code
    }

    /// Refuses a country that this installation does not serve.
    func check(_ countries: some Sequence<CountryCode>) throws(UsageError) {
        let known = countries.sorted()
        guard let country, !known.contains(country) else { return }
        throw UsageError("country '\(country)' is not served here; one of \(known.map(\.text).joined(separator: ", "))")
    }

    private static func models(_ text: String) throws(UsageError) -> [ModelName] {
        if text == "all" { return ModelName.allCases }
        if let model = ModelName(rawValue: text) { return [model] }
        if text == "calendars" {
            throw UsageError(
                "the calendars are booking's own and cannot be read here; --model availability, search or all")
        }
        throw UsageError("unknown model '\(text)'; one of availability, search, all")
    }
}
