package import Domain

/// The places that a search understands by name, and where the demo's practitioners live.
package struct PlaceTable: Sendable {
    /// Largest first.
    private let byCountry: [CountryCode: [Place]]
    /// Places that share a name, largest first; keys are folded.
    private let byName: [String: [Place]]

    /// The table that is built into the program (`places.tsv`, written by `scripts/places`).
    package static let builtIn = PlaceTable(tsv: PackageResources.places_tsv)

    /// Reads lines of `country, name, latitude, longitude, population, other names`; a line that is none is left out.
    init(tsv: [UInt8]) {
        let places = String(decoding: tsv, as: UTF8.self)
            .split(separator: "\n").compactMap { Place(line: $0) }.sorted { $0.population > $1.population }
        byCountry = Dictionary(grouping: places, by: \.country)
        var byName: [String: [Place]] = [:]
        for place in places {
            for name in [place.name] + place.otherNames { byName[Self.folded(name), default: []].append(place) }
        }
        self.byName = byName
    }

    /// The places of a country, largest first; empty for one that the table does not know.
    package func places(in country: CountryCode) -> [Place] { byCountry[country] ?? [] }

    /// The place that `name` means to somebody in `country`.
    ///
    /// Case, accents, hyphens and spaces do not matter. Places of the country come first, then the larger ones, so that
    /// people near a border can name a town beyond it.
    package func place(named name: String, from country: CountryCode) -> Place? {
        let candidates = byName[Self.folded(name)] ?? []
        return candidates.first { $0.country == country } ?? candidates.first
    }

    /// Lower-case letters and digits without accents: `Saint-Étienne` and `saint etienne` are the same.
    static func folded(_ name: String) -> String {
        var folded = ""
        for letter in name.lowercased() {
            if let plain = withoutAccent[letter] {
                folded += plain
            } else if letter.isLetter || letter.isNumber {
                folded.append(letter)
            }
        }
        return folded
    }

    private static let withoutAccent: [Character: String] = {
        let families = [
            "a": "àáâãäåāăą", "c": "çćĉċč", "d": "ďđ", "e": "èéêëēĕėęě", "g": "ĝğġģ", "i": "ìíîïĩīĭį", "l": "ĺļľł",
            "n": "ñńņň", "o": "òóôõöøōŏő", "r": "ŕŗř", "s": "śŝşš", "t": "ţťț", "u": "ùúûüũūŭůűų", "y": "ýÿŷ",
            "z": "źżž", "ss": "ß", "ae": "æ", "oe": "œ",
        ]
        return families.reduce(into: [:]) { table, family in
            for letter in family.value { table[letter] = family.key }
        }
    }()
}
