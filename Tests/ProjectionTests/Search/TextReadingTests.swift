import Domain
import Testing

@testable import SearchProjection

/// What free text is taken to mean.
@Suite struct TextReadingTests {
    struct Case: CustomTestStringConvertible {
        let text: String
        var country = "fr"
        var specialty: String?
        var place: String?
        var language: String?
        var day: Int?
        var unknown: [String] = []
        var ignored: [String] = []
        var testDescription: String { String(text.prefix(60)) }
    }

    static let cases: [Case] = [
        Case(text: "cardiologue à Lyon", specialty: "cardiology", place: "Lyon"),
        Case(text: "CARDIOLOGUE LYON demain", specialty: "cardiology", place: "Lyon", day: 1),
        Case(text: "oto rhino près de Saint-Étienne", specialty: "ent", place: "Saint-Étienne"),
        Case(text: "l'ostéopathe aujourd'hui", specialty: "osteopathy", day: 0),
        Case(
            text: "Hausarzt in München, spricht Türkisch", country: "de", specialty: "general-practice",
            place: "München",
            language: "tr"),
        Case(
            text: "english speaking general practitioner tomorrow", specialty: "general-practice", language: "en",
            day: 1),
        Case(text: "après-demain", day: 2),
        Case(text: "Dr Lefèvre dermatologue", specialty: "dermatology", unknown: ["Lefèvre"]),
        Case(text: "dermatologue cardiologue", specialty: "dermatology", ignored: ["cardiologue"]),
        Case(
            text: "Robert'); DROP TABLE search_documents;--",
            unknown: ["Robert", "DROP", "TABLE", "search", "documents"]),
        Case(text: "%_\\ '\" ☃", unknown: []),
        Case(text: "", unknown: []),
    ]

    @Test(arguments: cases)
    func understands(_ example: Case) {
        let reading = TextReading(
            example.text, asked: Asked(), country: code(example.country), places: .builtIn)
        #expect(reading.specialty == example.specialty)
        #expect(reading.place?.name == example.place)
        #expect(reading.language == example.language)
        #expect(reading.day == example.day)
        #expect(reading.unknown == example.unknown)
        #expect(reading.ignored == example.ignored)
    }

    @Test func aVeryLongTextIsCut() {
        let text = Array(repeating: "zzz", count: 5_000).joined(separator: " ")
        let reading = TextReading(text, asked: Asked(), country: code("fr"), places: .builtIn)
        #expect(reading.unknown.count == TextReading.wordsMax)
        #expect(reading.ignored.count == 5_000 - TextReading.wordsMax)
    }

    @Test func everySpecialtyIsKnownByItsCodeAndItsNames() {
        for specialty in Specialty.all {
            #expect(Specialty.key(specialty.code.uppercased()) == specialty.code)
            for name in specialty.names.values.joined() {
                #expect(Specialty.key(name) == specialty.code, "\(name)")
                #expect(WordTable.meaning(of: SearchWords.phrase(name)) == .specialty(specialty.code))
            }
        }
        #expect(Specialty.key("  Space  Medicine ") == "space medicine")
    }
}
