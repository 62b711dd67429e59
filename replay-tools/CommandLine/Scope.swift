import Domain
import EventStore
import ProjectionRunner

/// What `--country`, `--practitioner`, `--from` and `--to` narrow the work to.
extension EpochScope {
    /// The range that `days` gives where only one end is named: the years 0000 to 9999 of ISO 8601.
    private static let daysKnown = LocalDate(days: -719_528)...LocalDate(days: 2_932_896)

    /// Takes the last three out of the arguments.
    ///
    /// - Parameters:
    ///   - arguments: What is left of them.
    ///   - country: What `--country` said.
    /// - Throws: `UsageError` for what cannot be.
    init(_ arguments: inout ArgumentReader, country: CountryCode?) throws(UsageError) {
        self.init(country: country)
        if let text = try arguments.option("--practitioner") {
            guard let id = PractitionerID(text) else {
                throw UsageError(
                    "--practitioner must be an id such as 0190a5b2-7c3d-7e4f-8a9b-0c1d2e3f4a5b, not '\(text)'")
            }
            practitioner = id
        }
        from = try Self.date("--from", try arguments.option("--from"))
        to = try Self.date("--to", try arguments.option("--to"))
        if let from, let to, to <= from {
            throw UsageError("--to is the day after the last one, and must be later than --from")
        }
    }

    private static func date(_ name: String, _ text: String?) throws(UsageError) -> LocalDate? {
        guard let text else { return nil }
        guard let date = LocalDate(text) else {
            throw UsageError("\(name) must be a date such as 2026-11-21, not '\(text)'")
        }
        return date
    }

    /// The days that it names; nil: all.
    var days: ClosedRange<LocalDate>? {
        if from == nil, to == nil { return nil }
        let first = from ?? Self.daysKnown.lowerBound
        return first...max(first, to?.adding(days: -1) ?? Self.daysKnown.upperBound)
    }

    /// Where something of it can be.
    var partitions: [Shard] {
        practitioner.map { [Shard(Int(KafkaPartitioner.partition(of: $0)))] } ?? Shard.all
    }

    /// Whether it is about a country.
    func covers(_ country: CountryCode) -> Bool { self.country == nil || self.country == country }

    /// Whether it is about somebody; nil is nobody who is known.
    func covers(_ id: PractitionerID?) -> Bool { practitioner == nil || practitioner == id }

    /// Whether it is about a day.
    func covers(_ date: LocalDate) -> Bool {
        (from.map { date >= $0 } ?? true) && (to.map { date < $0 } ?? true)
    }
}
