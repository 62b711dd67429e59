import Domain
import Testing

@testable import SearchProjection

/// People name towns in their own way; the table understands them.
@Suite struct PlaceTableTests {
    private static let rows: [(name: String, from: String, expected: String?)] = [
        ("Paris", "fr", "Paris"),
        ("saint etienne", "fr", "Saint-Étienne"),
        ("SAINT-ÉTIENNE", "fr", "Saint-Étienne"),
        ("Munich", "fr", "München"),
        ("muenchen", "de", "München"),
        ("Genf", "de", "Genève"),
        ("Nowhere on Sea", "fr", nil),
        ("", "fr", nil),
    ]

    @Test(arguments: rows)
    func understands(_ row: (name: String, from: String, expected: String?)) throws {
        let country = try #require(CountryCode(row.from))
        #expect(PlaceTable.builtIn.place(named: row.name, from: country)?.name == row.expected)
    }

    @Test func ownCountryComesBeforeTheLargerTown() throws {
        let lines = """
            fr\tAltona\t1\t2\t10\t
            de\tAltona\t3\t4\t99\t
            de\tbroken line
            """
        let table = PlaceTable(tsv: Array(lines.utf8))
        let france = try #require(CountryCode("fr"))
        let spain = try #require(CountryCode("es"))
        #expect(table.place(named: "altona", from: france)?.population == 10)
        #expect(table.place(named: "altona", from: spain)?.population == 99)
    }

    @Test(arguments: ["fr", "de", "at", "be", "ch", "es", "it", "nl", "lu", "pt", "gb", "ie"])
    func knowsPlacesOf(_ code: String) throws {
        let places = PlaceTable.builtIn.places(in: try #require(CountryCode(code)))
        #expect(places.count >= 5)
        #expect(places.map(\.population) == places.map(\.population).sorted(by: >))
    }
}
