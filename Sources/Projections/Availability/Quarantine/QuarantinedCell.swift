import Domain
import ProjectionRunner

/// Where the pages have somebody who waits, as it stands in the checkpoint's hash: a field a practitioner, and a count,
/// so that readers ask about one of them in the round trip that they make anyway.
struct QuarantinedCell: Hashable, Sendable {
    /// How many wait in the partition.
    static let countField = "quarantined"

    private static let prefix = "q:"

    /// Nil where the pages do not have the practitioner: nothing but the registration could say where.
    let place: (country: CountryCode, number: Int)?

    /// Takes the practitioner's place.
    init(_ place: CellPlace?) {
        self.place = place.map {
            ($0.bucket.country, $0.bucket.index * PageLayout.cellsPerPage + $0.cell)
        }
    }

    /// Reads a field's value; what is no place is none.
    init(_ text: String) {
        let parts = text.split(separator: ",")
        if parts.count == 2, let country = CountryCode(parts[0]), let number = Int(parts[1]), number >= 0 {
            place = (country, number)
        } else {
            place = nil
        }
    }

    static func == (one: Self, other: Self) -> Bool { one.text == other.text }

    func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// A field's value.
    var text: String { place.map { "\($0.country),\($0.number)" } ?? "" }

    /// The field of a practitioner.
    static func field(of practitioner: PractitionerID) -> String { prefix + practitioner.description }

    /// Whose field it is; nil for the others.
    static func practitioner(ofField name: String) -> PractitionerID? {
        name.hasPrefix(prefix) ? PractitionerID(name.dropFirst(prefix.count)) : nil
    }

    /// The cell, in a partition.
    func cell(in partition: Int) -> CellPlace? {
        place.map { CellPlace(country: $0.country, partition: partition, number: $0.number) }
    }
}

extension AvailabilityCheckpoint {
    /// The fields that say who waits.
    var quarantineFields: [(name: String, value: String)] {
        [(QuarantinedCell.countField, "\(quarantined.count)")]
            + quarantined.map { (QuarantinedCell.field(of: $0.key), $0.value.text) }
    }
}
