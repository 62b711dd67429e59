package import Domain

/// A town that people name when they say where: from GeoNames, see `NOTICE`.
package struct Place: Sendable, Equatable {
    /// The country that it lies in.
    package let country: CountryCode
    /// What its inhabitants call it: `München`, not `Munich`.
    package let name: String
    /// Degrees north of the equator, WGS 84, -90...90.
    package let latitude: Double
    /// Degrees east of Greenwich, WGS 84, -180...180.
    package let longitude: Double
    /// Inhabitants, at least 1.
    package let population: Int
    /// What else it is called: `Munich`, `Muenchen`.
    package let otherNames: [String]

    /// Reads one line of `places.tsv`; nil when it is not one.
    init?(line: some StringProtocol) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 6, let country = CountryCode(String(fields[0])), let latitude = Double(fields[2]),
            let longitude = Double(fields[3]), let population = Int(fields[4]), !fields[1].isEmpty, population >= 1,
            (-90...90).contains(latitude), (-180...180).contains(longitude)
        else { return nil }
        self.country = country
        name = String(fields[1])
        self.latitude = latitude
        self.longitude = longitude
        self.population = population
        otherNames = fields[5].split(separator: "|").map { String($0) }
    }
}
