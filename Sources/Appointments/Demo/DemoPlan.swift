import Domain
import JSON
import SearchProjection

/// What the demo data consists of: the same practitioners every time, from a seeded generator.
struct DemoPlan {
    /// A practitioner to register, with the week to set.
    struct Practitioner: Sendable {
        let country: CountryCode
        let profile: [UInt8]
        let schedule: [UInt8]
        /// How many bookings to make with it in the coming week.
        let bookings: Int
    }

    static let practitionersPerCountry = 1_000

    private var random: SeededGenerator
    private let country: CountryCode
    private let names: DemoNames

    /// Practitioners at real places of a country, more where more people live.
    static func practitioners(in country: CountryCode, languages: [String]) -> [Practitioner] {
        var plan = DemoPlan(country: country)
        let places = PlaceTable.builtIn.places(in: country)
        let inhabitants = places.map(\.population).reduce(0, +)
        guard inhabitants > 0 else { return [] }
        return (0..<practitionersPerCountry).map { index in
            var rest = Int.random(in: 0..<inhabitants, using: &plan.random)
            let place = places.first { place in
                rest -= place.population
                return rest < 0
            }
            return plan.practitioner(at: place ?? places[0], languages: languages, index: index)
        }
    }

    private init(country: CountryCode) {
        self.country = country
        names = DemoNames(country: country)
        random = SeededGenerator(seed: country.text.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    }

    private mutating func practitioner(at place: Place, languages: [String], index: Int) -> Practitioner {
        let specialties = Specialty.all
        let specialty =
            index % 3 == 0 ? specialties[0] : specialties[Int.random(in: 0..<specialties.count, using: &random)]
        var json = JSONWriter()
        json.beginObject()
        json.key("displayName")
        json.string(names.practitioner(&random))
        json.key("specialty")
        json.string(specialty.code)
        json.key("languages")
        json.beginArray()
        json.string(languages[0])
        for language in languages.dropFirst() where Bool.random(using: &random) { json.string(language) }
        json.endArray()
        json.key("location")
        json.beginObject()
        json.key("lat")
        json.double(rounded(place.latitude + Double.random(in: -0.03...0.03, using: &random)))
        json.key("lon")
        json.double(rounded(place.longitude + Double.random(in: -0.04...0.04, using: &random)))
        json.key("street")
        json.string(names.street(&random))
        json.key("postalCode")
        json.string("\(10_000 + Int.random(in: 0..<85_000, using: &random))")
        json.key("city")
        json.string(place.name)
        json.endObject()
        json.key("consultationTypes")
        json.raw(#"[{"code":"standard","slots":1},{"code":"first-visit","slots":2}]"#.utf8)
        json.key("acceptsNewPatients")
        json.bool(Int.random(in: 0..<5, using: &random) > 0)
        json.endObject()
        return Practitioner(
            country: country, profile: json.bytes, schedule: schedule(), bookings: index % 5 == 0 ? 2 : 0)
    }

    /// Mornings on every working day, most afternoons, and now and then a Saturday morning.
    private mutating func schedule() -> [UInt8] {
        let starts = ["08:00", "08:30", "09:00"]
        let start = starts[Int.random(in: 0..<starts.count, using: &random)]
        let closedAfternoon = Int.random(in: 0..<5, using: &random)
        var json = JSONWriter()
        json.beginObject()
        json.key("weekly")
        json.beginArray()
        for (index, day) in Weekday.allCases.prefix(5).enumerated() {
            json.raw(
                day: day.rawValue, sessions: [(start, "12:00")] + (index == closedAfternoon ? [] : [("14:00", "18:00")])
            )
        }
        if Bool.random(using: &random) { json.raw(day: "saturday", sessions: [("09:00", "12:00")]) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private func rounded(_ degrees: Double) -> Double { (degrees * 10_000).rounded() / 10_000 }
}

/// SplitMix64: small, fast, and the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}

/// Names that people and streets in a country have; made up, nobody in particular.
struct DemoNames {
    private let given: [String]
    private let family: [String]
    private let streets: [String]
    private let title: String

    init(country: CountryCode) {
        if country.text == "de" {
            title = "Dr. med."
            given = [
                "Anna", "Jonas", "Lena", "Paul", "Katrin", "Stefan", "Mia", "Felix", "Ursula", "Emre", "Ayşe", "Jürgen",
            ]
            family = [
                "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Hoffmann", "Koch",
                "Richter", "Klein", "Wolf", "Neumann", "Schwarz", "Yılmaz", "Krüger", "Vogt",
            ]
            streets = ["Hauptstraße", "Bahnhofstraße", "Gartenweg", "Lindenallee", "Schillerstraße", "Marktplatz"]
        } else {
            title = "Dr"
            given = [
                "Camille", "Louis", "Chloé", "Hugo", "Inès", "Jules", "Manon", "Yanis", "Élise", "Théo", "Zoé",
                "Noémie",
            ]
            family = [
                "Martin", "Bernard", "Dubois", "Thomas", "Robert", "Petit", "Durand", "Leroy", "Moreau", "Lefèvre",
                "Garcia", "Roux", "Fournier", "Girard", "Mercier", "Benali", "Nguyen", "Lambert",
            ]
            streets = [
                "rue de la République", "avenue Victor-Hugo", "place du Marché", "rue des Écoles", "quai Voltaire",
            ]
        }
    }

    func practitioner(_ random: inout SeededGenerator) -> String {
        "\(title) \(given[Int.random(in: 0..<given.count, using: &random)]) "
            + family[Int.random(in: 0..<family.count, using: &random)]
    }

    func street(_ random: inout SeededGenerator) -> String {
        "\(Int.random(in: 1...140, using: &random)) \(streets[Int.random(in: 0..<streets.count, using: &random)])"
    }
}

extension JSONWriter {
    fileprivate mutating func raw(day: String, sessions: [(String, String)]) {
        beginObject()
        key("day")
        string(day)
        key("sessions")
        beginArray()
        for (start, end) in sessions {
            beginObject()
            key("start")
            string(start)
            key("end")
            string(end)
            endObject()
        }
        endArray()
        endObject()
    }
}
