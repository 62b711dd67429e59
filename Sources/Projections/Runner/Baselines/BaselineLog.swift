package import Domain
package import EventStore
import JSON
package import Kafka

/// Finds rounds in the log and reads them; every look goes once through what is there, and keeps no records.
package struct BaselineLog: Sendable {
    private static let clientID = "baseline-reader"
    private static let marksTimeout: Duration = .seconds(3)

    private let settings: KafkaSettings

    /// Reads nothing yet.
    package init(_ settings: KafkaSettings) {
        self.settings = settings
    }

    /// The oldest and the next offset of every partition.
    ///
    /// - Returns: Nil where there is no such topic: nobody asked for baselines.
    /// - Throws: `KafkaError`.
    package func watermarks() async throws -> [Shard: KafkaWatermarks]? {
        let admin = try KafkaAdmin(settings, clientID: Self.clientID)
        guard try await admin.metadata().topicPartitions[BaselineTopic.name] == Topic.partitionsPerTopic else {
            return nil
        }
        var marks: [Shard: KafkaWatermarks] = [:]
        for shard in Shard.all {
            let place = KafkaPartition(topic: BaselineTopic.name, number: Int32(shard.number))
            marks[shard] = try await admin.watermarks(of: place, timeout: Self.marksTimeout)
        }
        return marks
    }

    /// Finds out which rounds of a model are whole.
    ///
    /// - Parameters:
    ///   - model: Whose.
    ///   - hints: Where the last round that is known began, a partition: what is before is looked at only if there is
    ///     none from there on.
    /// - Returns: One entry a partition; none at all where there is no such topic.
    /// - Throws: `KafkaError`.
    package func survey(_ model: String, hints: [Shard: Int64] = [:]) async throws -> [Shard: BaselineRounds] {
        guard let marks = try await watermarks() else { return [:] }
        var offsets: [Shard: Range<Int64>] = [:]
        for (shard, mark) in marks {
            let hint = hints[shard].flatMap { (mark.low...mark.high).contains($0) ? $0 : nil }
            offsets[shard] = (hint ?? mark.low)..<mark.high
        }
        let found = try await survey(model, offsets)
        // A hint is about a log that may have been lost since: what it did not lead to is looked for everywhere.
        let misled = found.filter { shard, rounds in
            rounds.furthest == nil && offsets[shard]?.lowerBound != marks[shard]?.low
        }
        let again = misled.keys.map { shard in (shard, (marks[shard]?.low ?? 0)..<(marks[shard]?.high ?? 0)) }
        if again.isEmpty { return found }
        return found.merging(try await survey(model, Dictionary(uniqueKeysWithValues: again))) { $1 }
    }

    private func survey(_ model: String, _ offsets: [Shard: Range<Int64>]) async throws -> [Shard: BaselineRounds] {
        var rounds = offsets.mapValues { _ in BaselineRounds(of: model) }
        var reader = try RoundReader()
        do {
            try await stretch.read(offsets) { shard, records in
                for record in records {
                    switch reader.read(record) {
                    case .record(let id, let index): rounds[shard]?.note(id, index: index, at: record.offset)
                    case .end(let round) where round.partition == shard: rounds[shard]?.end(round, at: record.offset)
                    case .end, .foreign: break
                    }
                }
            }
        } catch let gone as LogStretch.Gone {
            throw KafkaError(.timedOut, during: "read \(BaselineTopic.name) partition \(gone.partition.number)")
        }
        return rounds
    }

    /// Reads the records of rounds that were found whole.
    ///
    /// - Parameters:
    ///   - rounds: One a partition.
    ///   - progress: Told of how many records of all have been read.
    ///   - each: Gets every record of a round, once.
    /// - Throws: `BaselineFault.gone`; `KafkaError`; what the closures throw.
    package func read(
        _ rounds: [Shard: BaselineRounds.Whole], progress: (_ read: Int, _ of: Int) async throws -> Void,
        each: (Shard, BaselineRecord) throws -> Void
    ) async throws {
        var reader = try RoundReader()
        var met = rounds.mapValues { _ in 0 }
        do {
            try await stretch.read(rounds.mapValues(\.offsets), progress: progress) { shard, records in
                for record in records {
                    guard case .record(let id, let index) = reader.read(record), id == rounds[shard]?.round.id,
                        index == met[shard, default: 0] + 1
                    else { continue }
                    met[shard] = index
                    guard let key = record.withKey(PractitionerID.init(utf8:)) else {
                        throw BaselineFault.damaged(shard, offset: record.offset, "the record has no key")
                    }
                    try each(shard, BaselineRecord(practitioner: key, partition: shard, received: record))
                }
            }
        } catch let gone as LogStretch.Gone {
            throw BaselineFault.gone(gone.partition)
        }
        for (shard, whole) in rounds where met[shard] != whole.round.count { throw BaselineFault.gone(shard) }
    }

    private var stretch: LogStretch {
        LogStretch(settings: settings, topic: BaselineTopic.name, clientID: Self.clientID)
    }
}

/// What a model held of one practitioner, as a round has it; its data is lent.
package struct BaselineRecord: Sendable {
    /// Whose.
    package let practitioner: PractitionerID
    /// Where it was read.
    package let partition: Shard
    fileprivate let received: KafkaReceivedRecord

    /// Lends the JSON bytes; the pointer is good inside `body` only.
    ///
    /// - Throws: `BaselineFault.damaged` for a `JSONError`; whatever else `body` throws.
    package func withData<T>(_ body: (UnsafeRawBufferPointer) throws -> T) throws -> T {
        do { return try received.withValue(body) } catch let error as JSONError {
            throw BaselineFault.damaged(partition, offset: received.offset, "the record is damaged: \(error.fault)")
        }
    }
}

/// Tells the records of the topic apart.
private struct RoundReader: ~Copyable {
    enum Found {
        /// One of a round; without a number, one that this program cannot read.
        case record(EventID, index: Int?)
        case end(BaselineRound)
        /// Nobody's.
        case foreign
    }

    private var scanner: JSONScanner

    init() throws { scanner = try JSONScanner() }

    mutating func read(_ record: KafkaReceivedRecord) -> Found {
        guard let id = record.withHeader(BaselineHeaders.round, { EventID(utf8: $0) }) ?? nil else { return .foreign }
        let isKnown = record.withHeader("ce_dataversion", decimal) ?? nil == BaselineHeaders.dataVersion
        let isEnd = record.withHeader("ce_type") { $0.elementsEqual(BaselineRound.wireType.name.utf8) } ?? false
        guard isEnd else {
            let index = record.withHeader(BaselineHeaders.index, decimal) ?? nil
            return .record(id, index: isKnown ? index.map { Int(clamping: $0) } : nil)
        }
        guard isKnown else { return .foreign }
        let round = record.withValue { data in
            try? scanner.scan(data) { (node) throws(JSONError) in try BaselineRound(node) }
        }
        return round.map { .end($0) } ?? .foreign
    }
}
