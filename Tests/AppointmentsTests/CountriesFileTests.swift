import Configuration
import Domain
import Testing

@Suite("CountriesFile")
struct CountriesFileTests {
    struct Fault: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let json: String
        /// What the line must say.
        let says: String
    }

    private static let france = #"{"code":"fr","languages":["fr"],"timeZone":"Europe/Paris"}"#

    static let faults: [Fault] = [
        Fault(testDescription: "not JSON", json: "[", says: "not a JSON array"),
        Fault(testDescription: "not an array", json: "{}", says: "not a JSON array"),
        Fault(testDescription: "no country", json: "[]", says: "names no country"),
        Fault(
            testDescription: "upper case", json: #"[{"code":"FR","languages":["fr"],"timeZone":"Europe/Paris"}]"#,
            says: "'code'"),
        Fault(
            testDescription: "an unknown zone",
            json: #"[{"code":"fr","languages":["fr"],"timeZone":"Europe/Lutetia"}]"#, says: "'timeZone'"),
        Fault(
            testDescription: "no language", json: #"[{"code":"fr","languages":[],"timeZone":"Europe/Paris"}]"#,
            says: "'languages'"),
        Fault(
            testDescription: "a slot of four minutes",
            json: #"[{"code":"fr","languages":["fr"],"timeZone":"Europe/Paris","slotMinutes":4}]"#,
            says: "'slotMinutes'"),
        Fault(
            testDescription: "a misspelt member",
            json: #"[{"code":"fr","languages":["fr"],"timeZone":"Europe/Paris","horizon":3}]"#,
            says: "unknown member 'horizon'"),
        Fault(
            testDescription: "a country twice",
            json: "[\(france),\(france)]",
            says: "twice"),
    ]

    @Test("says what is wrong, entry and member", arguments: faults)
    func refuses(_ fault: Fault) throws {
        let zones = try SystemZones.database()
        let error = try #require(throws: CountriesFile.Faults.self) {
            try CountriesFile.read(Array(fault.json.utf8), zones: zones)
        }
        #expect(error.lines.contains { $0.contains(fault.says) }, "\(error.lines)")
    }

    @Test("an entry with the least that it needs takes the defaults")
    func takesDefaults() throws {
        let json = #"[{"code":"in","languages":["en","hi"],"timeZone":"Asia/Kolkata"}]"#
        let countries = try CountriesFile.read(Array(json.utf8), zones: SystemZones.database())
        let india = try #require(CountryCode("in").flatMap { countries[$0] })
        #expect(india.slotMinutes == 30)
        #expect(india.bookingHorizonDays == 90)
        #expect(india.minimumNoticeMinutes == 0)
        #expect(india.dayStart == .eight)
    }
}
