import Domain
import ProjectionRunner
import Redis

/// What stands in Redis beside a partition's pages: how far they are and which of them exist.
struct AvailabilityCheckpoint: Hashable, Sendable {
    /// Where the pages stand.
    var progress: ProjectionCheckpoint
    /// The last position of each topic of which others were told, in the model's order; nil: as it was before, and
    /// where nothing was ever said, all that is in the pages.
    var announced: [Int64]?
    /// The last moment at which everything in the log was in the pages.
    var caughtUpAt: Instant?
    /// What exists of each country.
    var extents: [CountryCode: Extent]
    /// Who waits: their cells mean nothing.
    var quarantined: [PractitionerID: QuarantinedCell] = [:]

    /// The pages that a country has in the partition.
    struct Extent: Hashable, Sendable {
        /// Buckets 0..<count have pages.
        var buckets: Int
        /// The first day that has pages.
        var firstDay: LocalDate
        /// The last day that has pages.
        var lastDay: LocalDate
        /// The practices' zones, which decide what is hot.
        var zones: Set<String>

        /// The days that have pages.
        var days: ClosedRange<LocalDate> { firstDay...max(firstDay, lastDay) }
    }

    /// Redis' key; the part in braces is the partition's own tag.
    static func key(epoch: Int64, partition: Int) -> String { "av:\(epoch):{checkpoint.\(partition)}" }

    /// Fields of the hash and their values, all of them in text.
    var fields: [(name: String, value: String)] {
        var fields: [(String, String)] = []
        for position in progress.positions {
            let values = [
                "\(position.sequence)", position.nextOffset.map { "\($0)" } ?? "",
                position.lastRecord.map { "\($0)" } ?? "",
            ]
            fields.append(("topic:\(position.topic.name)", values.joined(separator: ",")))
        }
        fields.append(("asOf", progress.asOf.map { "\($0.microseconds)" } ?? ""))
        fields.append(("caughtUpAt", caughtUpAt.map { "\($0.microseconds)" } ?? ""))
        for (country, extent) in extents.sorted(by: { $0.key < $1.key }) {
            fields.append(("country:\(country)", extent.text))
        }
        return fields
    }

    /// `announced` as it is stored; empty where it is to stay as it is.
    var announcedText: String { (announced ?? []).map { "\($0)" }.joined(separator: ",") }

    /// Where a writer goes on that tells others: what is in the pages may not have been told.
    var told: ProjectionCheckpoint {
        guard let announced else { return progress }
        var told = progress
        for (index, sequence) in announced.enumerated() where sequence < progress.positions[index].sequence {
            told.positions[index] = TopicPosition(topic: progress.positions[index].topic, sequence: sequence)
        }
        return told
    }

    init(progress: ProjectionCheckpoint, caughtUpAt: Instant?, extents: [CountryCode: Extent]) {
        self.progress = progress
        self.caughtUpAt = caughtUpAt
        self.extents = extents
    }

    /// Reads the answer of HGETALL; nil where there is nothing, or not all that belongs to it.
    init?(_ reply: RedisReply, topics: [Topic]) {
        guard let parts = reply.array, !parts.isEmpty else { return nil }
        var values: [String: String] = [:]
        var extents: [CountryCode: Extent] = [:]
        for index in stride(from: 0, to: parts.count - 1, by: 2) {
            guard let name = parts[index].text, let value = parts[index + 1].text else { return nil }
            values[name] = value
            if let id = QuarantinedCell.practitioner(ofField: name) { quarantined[id] = QuarantinedCell(value) }
            guard name.hasPrefix("country:") else { continue }
            guard let country = CountryCode(name.dropFirst(8)), let extent = Extent(value) else { return nil }
            extents[country] = extent
        }
        var positions: [TopicPosition] = []
        for topic in topics {
            guard let value = values["topic:\(topic.name)"], let position = TopicPosition(topic, value) else {
                return nil
            }
            positions.append(position)
        }
        let instants = ["asOf", "caughtUpAt"].map { name in
            values[name].flatMap { Int64($0) }.map { Instant(microseconds: $0) }
        }
        progress = ProjectionCheckpoint(positions: positions, asOf: instants[0])
        caughtUpAt = instants[1]
        let told = values["announced"].map { $0.split(separator: ",").compactMap { Int64($0) } }
        announced = told.flatMap { $0.count == positions.count ? $0 : nil }
        self.extents = extents
    }
}

extension AvailabilityCheckpoint.Extent {
    fileprivate var text: String { "\(buckets),\(firstDay),\(lastDay),\(zones.sorted().joined(separator: " "))" }

    fileprivate init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 4, let buckets = Int(parts[0]), let first = LocalDate(parts[1]),
            let last = LocalDate(parts[2])
        else { return nil }
        self.init(
            buckets: buckets, firstDay: first, lastDay: last,
            zones: Set(parts[3].split(separator: " ").map(String.init)))
    }
}

extension TopicPosition {
    fileprivate init?(_ topic: Topic, _ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 3, let sequence = Int64(parts[0]) else { return nil }
        self.init(topic: topic, sequence: sequence, nextOffset: Int64(parts[1]), lastRecord: EventID(parts[2]))
    }
}
