import Configuration
import Domain
import HTTPClient
import JSON

/// Loads the demo data through the API, as any practice and patient would, several callers at a time.
struct DemoLoader {
    private let settings: Settings
    private var people: DemoPeople
    private let api: APIClient

    /// Callers at a time, each with a token of its own.
    private static let callers = 16

    init(_ settings: Settings, _ people: DemoPeople) throws {
        self.settings = settings
        self.people = people
        api = try APIClient(base: "http://127.0.0.1:\(settings.port)")
    }

    mutating func run() async throws {
        let zones = try SystemZones.database()
        let countries = try CountriesFile.read(path: settings.countriesFile, zones: zones)
        let demo = countries.values.sorted { $0.code < $1.code }.flatMap {
            DemoPlan.practitioners(in: $0.code, languages: $0.languages)
        }
        try await registerPatient()
        let ids = try await registerAll(demo)
        if let french = zip(demo, ids).first(where: { $0.0.country.text == "fr" })?.1 { try people.remember(french) }
        try await bookAll(zip(demo, ids).filter { $0.0.bookings > 0 }.map { ($0.0, $0.1) })
        await api.close()
    }

    /// The demo's patient; being registered already is fine, for the loader may run again.
    private func registerPatient() async throws {
        let body = #"""
            {"givenName":"Camille","familyName":"Exemple","birthDate":"1990-04-12","email":"camille@example.org",
             "phone":"+33612345678","language":"fr","channels":["email"]}
            """#
        let response = try await api.send(
            "POST", "/fr/v1/patients", token: people.token(.patient), body: Array(body.utf8))
        guard response.status == 201 || response.status == 409 else {
            throw APIClient.Refused(status: response.status, detail: "registering the demo's patient")
        }
    }

    private func registerAll(_ demo: [DemoPlan.Practitioner]) async throws -> [PractitionerID] {
        let api = self.api
        let tokens = try tokens()
        return try await inParallel("practitioners", demo) { index, practitioner in
            let token = tokens[index % tokens.count]
            let path = "/\(practitioner.country)/v1/practitioners"
            let registered = try await api.json("POST", path, token: token, body: practitioner.profile)
            guard let id = registered["practitionerId"]?.stringValue.flatMap({ PractitionerID($0) }) else {
                throw APIClient.Refused(status: 201, detail: "a registration without practitionerId")
            }
            _ = try await api.json(
                "PUT", "\(path)/\(id)/schedule", token: token, body: practitioner.schedule,
                headers: [.init("If-Match", "\"0\"")])
            return id
        }
    }

    private func bookAll(_ practitioners: [(DemoPlan.Practitioner, PractitionerID)]) async throws {
        let api = self.api
        let tokens = try tokens()
        let patients = try await registerPatients(practitioners.map(\.0.country))
        _ = try await inParallel("bookings", practitioners) { index, entry in
            let (practitioner, id) = entry
            let token = tokens[index % tokens.count]
            let country = practitioner.country
            guard let patient = patients[country] else { return 0 }
            let shown = try await api.json(
                "GET", "/\(country)/v1/practitioners/\(id)/availability?days=7", token: token)
            let free = shown["days"]?.arrayValue?.flatMap { $0["free"]?.arrayValue ?? [] } ?? []
            var booked = 0
            for slot in free.prefix(practitioner.bookings).compactMap({ $0["slotStart"]?.stringValue }) {
                let body = APIClient.visit(with: id.description, for: patient, at: slot)
                _ = try await api.json("POST", "/\(country)/v1/bookings", token: token, body: body)
                booked += 1
            }
            return booked
        }
    }

    /// One patient a country for the demo's bookings.
    private func registerPatients(_ countries: [CountryCode]) async throws -> [CountryCode: String] {
        var patients: [CountryCode: String] = [:]
        for country in Set(countries) {
            let language = country == CountryCode("de") ? "de" : "fr"
            let body = #"""
                {"givenName":"Alex","familyName":"Demo","birthDate":"1985-01-31","email":"alex@example.org",
                 "phone":"+33698765432","language":"\#(language)","channels":["email"]}
                """#
            let made = try await api.json(
                "POST", "/\(country)/v1/patients", token: people.token(.staff), body: Array(body.utf8))
            patients[country] = made["patientId"]?.stringValue
        }
        return patients
    }

    private func tokens() throws -> [String] {
        try (0..<Self.callers).map { try people.token(.staff, subject: "demo-loader-\($0)") }
    }

    /// Runs `work` over all elements, `callers` at a time, and keeps the results in their order.
    private func inParallel<Element: Sendable, Result: Sendable>(
        _ title: String, _ elements: [Element], _ work: @escaping @Sendable (Int, Element) async throws -> Result
    ) async throws -> [Result] {
        var bar = ProgressBar(title, total: elements.count)
        return try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results: [Result?] = Array(repeating: nil, count: elements.count)
            var next = 0
            func start() {
                guard next < elements.count else { return }
                let index = next
                next += 1
                group.addTask { (index, try await work(index, elements[index])) }
            }
            for _ in 0..<Self.callers { start() }
            while let (index, result) = try await group.next() {
                results[index] = result
                bar.advance()
                start()
            }
            return results.compactMap { $0 }
        }
    }
}
