import Domain
import EventStore
import Postgres

/// Separates the elements of a list inside one element of a parameter: arrays of arrays cannot be taken apart by
/// `unnest`.
private let listSeparator = "\u{1F}"

extension SearchDocument {
    /// Reads the columns that every statement about documents begins with.
    ///
    /// Where the grid's row is missing the profile has no grid, and counts as none.
    init?(_ rows: PGRows, _ row: Int) {
        guard let country = CountryCode(rows.text(row, 0)) else { return nil }
        let id = rows.uuid(row, 1)
        self.init(
            SearchKey(country, PractitionerID(high: id.high, low: id.low)), partition: Shard(Int(rows.int(row, 2))))
        profileSequence = rows.int(row, 3)
        profileVersion = rows.int(row, 4)
        isActive = rows.bool(row, 5)
        if !rows.isNull(row, 6) { profile = SearchProfile(rows, row) }
        if let first = rows.dateOrNil(row, 20) {
            freeDays = FreeDays(firstDate: LocalDate(days: first), bits: rows.text(row, 21))
        }
        let next = rows.timestamp(row, 22)
        nextAvailable = next == .max ? nil : Instant(microseconds: next)
        bookingSource = rows.int(row, 23)
        practitionerSource = rows.int(row, 24)
        asOf = Instant(microseconds: rows.timestamp(row, 25))
    }
}

extension SearchProfile {
    fileprivate init?(_ rows: PGRows, _ row: Int) {
        guard let timeZone = rows.textOrNil(row, 14), let dayStart = LocalTime(minutes: Int(rows.int(row, 15))) else {
            return nil
        }
        let types = zip(rows.textArray(row, 17), rows.intArray(row, 18)).compactMap { code, slots in
            ConsultationType(code: code, slots: Int(slots))
        }
        self.init(
            displayName: rows.text(row, 6), specialty: rows.text(row, 7), languages: rows.textArray(row, 8),
            location: Location(
                latitude: rows.double(row, 9), longitude: rows.double(row, 10), street: rows.text(row, 11),
                postalCode: rows.text(row, 12), city: rows.text(row, 13)),
            timeZone: timeZone, dayStart: dayStart, slotMinutes: Int(rows.int(row, 16)), consultationTypes: types,
            acceptsNewPatients: rows.bool(row, 19))
    }
}

/// The statements that store documents in a transaction of the caller's.
struct DocumentWrites {
    let epoch: Int64
    let partition: Shard

    /// Grids first, then documents, then the words of the names in `renamed`, whose old ones go.
    func steps(_ documents: [SearchDocument], renamed: [SearchDocument]) -> [PGStep] {
        [PGStep(SQL.ensureGrids, grids(documents)), PGStep(SQL.writeDocuments, columns(documents))]
            + (renamed.isEmpty ? [] : nameSteps(renamed))
    }

    private func nameSteps(_ renamed: [SearchDocument]) -> [PGStep] {
        let words = renamed.flatMap { document in (document.profile?.nameWords ?? []).map { (document.key, $0) } }
        return [
            PGStep(
                SQL.removeNames,
                [.int(epoch), .countries(renamed.map(\.key)), .practitioners(renamed.map(\.key))]),
            PGStep(
                SQL.writeNames,
                [
                    .int(epoch), .int(Int64(partition.number)), .countries(words.map(\.0)),
                    .practitioners(words.map(\.0)), .textArray(words.map(\.1)),
                ]),
        ]
    }

    /// The parameters of `ensure_search_grids`.
    func grids(_ documents: [SearchDocument]) -> [PGValue] {
        let known = documents.compactMap { document in document.profile.map { (document.key.country, $0) } }
        return [
            .textArray(known.map(\.0.text)), .textArray(known.map(\.1.timeZone)),
            .int4Array(known.map { Int32($0.1.dayStart.minutes) }),
            .int4Array(known.map { Int32(clamping: $0.1.slotMinutes) }),
        ]
    }

    /// The parameters of `write_search_documents`, in its order.
    private func columns(_ documents: [SearchDocument]) -> [PGValue] {
        let keys = documents.map(\.key)
        let profiles = documents.map(\.profile)
        return [
            .int(epoch), .countries(keys), .practitioners(keys),
            .int4Array(documents.map { Int32($0.partition.number) }), .intArray(documents.map(\.profileSequence)),
            .intArray(documents.map(\.profileVersion)), .boolArray(documents.map(\.isActive)),
            .textArray(profiles.map { $0?.displayName }), .textArray(profiles.map { $0?.specialty }),
            .textArray(profiles.map { $0.map { Specialty.key($0.specialty) } }),
            .textArray(profiles.map { $0.map { joined($0.languages) } }),
            .textArray(profiles.map { $0.map { joined($0.languageKeys) } }),
            .doubleArray(profiles.map { $0?.location.latitude }), .doubleArray(profiles.map { $0?.location.longitude }),
            .textArray(profiles.map { $0?.location.street }), .textArray(profiles.map { $0?.location.postalCode }),
            .textArray(profiles.map { $0?.location.city }), .textArray(profiles.map { $0?.timeZone }),
            .intArray(profiles.map { $0.map { Int64($0.dayStart.minutes) } }),
            .intArray(profiles.map { $0.map { Int64($0.slotMinutes) } }),
            .textArray(profiles.map { $0.map { joined($0.consultationTypes.map(\.code)) } }),
            .textArray(profiles.map { $0.map { joined($0.consultationTypes.map { String($0.slots) }) } }),
            .intArray(profiles.map { $0.map { $0.acceptsNewPatients ? 1 : 0 } }),
            .dateArray(documents.map { $0.freeDays?.firstDate.days }),
            .textArray(documents.map { $0.freeDays?.bits ?? "" }),
            .timestampArray(documents.map { $0.nextAvailable?.microseconds ?? .max }),
            .intArray(documents.map(\.bookingSource)), .intArray(documents.map(\.practitionerSource)),
            .timestampArray(documents.map(\.asOf.microseconds)),
        ]
    }

    private func joined(_ list: [String]) -> String {
        list.map { $0.filter { String($0) != listSeparator } }.joined(separator: listSeparator)
    }
}

extension PGValue {
    static func countries(_ keys: [SearchKey]) -> PGValue { .textArray(keys.map(\.country.text)) }

    static func practitioners(_ keys: [SearchKey]) -> PGValue {
        .uuidArray(keys.map { PGUUID(high: $0.practitioner.high, low: $0.practitioner.low) })
    }
}
