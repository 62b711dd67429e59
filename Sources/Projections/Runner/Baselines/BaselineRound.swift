package import Domain
package import EventStore
import JSON

/// All that a model needs of one partition to go on, put into the log at once: one record a practitioner, then this.
///
/// Whoever finds every record of a round needs no event up to its positions any more.
package struct BaselineRound: Hashable, Sendable {
    /// Its name; its records carry it.
    package let id: EventID
    /// Whose it is, such as `availability`.
    package let model: String
    /// Which partition.
    package let partition: Shard
    /// How many records it has, this one not among them.
    package let count: Int
    /// The last position of each topic with sequences that went in.
    package let positions: [Topic: Int64]
    /// The days that are in; nil for a model that knows no days.
    package let days: ClosedRange<LocalDate>?
    /// When the newest event that went in happened; nil where there was none.
    package let asOf: Instant?
    /// When the fold was begun.
    package let takenAt: Instant

    /// A round of its parts.
    package init(
        id: EventID, model: String, partition: Shard, count: Int, positions: [Topic: Int64],
        days: ClosedRange<LocalDate>?, asOf: Instant?, takenAt: Instant
    ) {
        self.id = id
        self.model = model
        self.partition = partition
        self.count = count
        self.positions = positions
        self.days = days
        self.asOf = asOf
        self.takenAt = takenAt
    }

    /// How far it goes, to compare rounds of one partition: each is folded from later snapshots than the one before.
    var reach: Int64 { positions.values.reduce(0, +) }
}

extension BaselineRound: CustomStringConvertible {
    /// For operators: `round of 2026-11-29T10:00:00Z at booking-events 12, practitioner-events 3`.
    package var description: String {
        let places = positions.sorted { $0.key.name < $1.key.name }.map { "\($0.key.name) \($0.value)" }
        return "round of \(takenAt.text()) at \(places.joined(separator: ", "))"
    }
}

extension BaselineRound {
    /// `ce_type` of the record that ends a round.
    static let wireType = WireType("BaselineRoundEnded")

    /// As it stands in that record.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.id("round", id)
        writer.text("model", model)
        writer.int("partition", partition.number)
        writer.int("count", count)
        writer.key("positions")
        writer.beginObject()
        for (topic, position) in positions.sorted(by: { $0.key.name < $1.key.name }) {
            writer.key(topic.name)
            writer.int(position)
        }
        writer.endObject()
        if let days {
            writer.date("firstDay", days.lowerBound)
            writer.date("lastDay", days.upperBound)
        }
        if let asOf { writer.instant("asOf", asOf) }
        writer.instant("takenAt", takenAt)
        writer.endObject()
        return writer.bytes
    }

    /// Reads what `json` wrote.
    ///
    /// - Throws: `JSONError`.
    init(_ node: JSONNode) throws(JSONError) {
        var positions: [Topic: Int64] = [:]
        var members = try node.required("positions").members
        while let member = members.next() {
            guard let topic = Topic(rawValue: String(decoding: member.name, as: UTF8.self)) else {
                throw JSONError(.unexpectedKind)
            }
            positions[topic] = try member.value.int()
        }
        let (partition, count) = (try node.int("partition"), try node.int("count"))
        guard (0..<Shard.count).contains(partition), count >= 0, positions.values.allSatisfy({ $0 >= 0 }) else {
            throw JSONError(.numberOutOfRange)
        }
        var days: ClosedRange<LocalDate>?
        if node.first("firstDay") != nil {
            let (first, last) = (try node.date("firstDay"), try node.date("lastDay"))
            guard first <= last else { throw JSONError(.numberOutOfRange) }
            days = first...last
        }
        self.init(
            id: try node.id("round"), model: try node.text("model"), partition: Shard(partition), count: count,
            positions: positions, days: days, asOf: node.first("asOf") == nil ? nil : try node.instant("asOf"),
            takenAt: try node.instant("takenAt"))
    }
}
