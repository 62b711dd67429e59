import Domain
import EventStore
import Kafka

/// Puts one round into the log: every practitioner's record, in order, then the one that ends it.
struct BaselineRoundPublisher: Sendable {
    /// Records that wait for their acknowledgement together.
    private static let batch = 1_000

    let settings: KafkaSettings
    let identifiers: any IdentifierSource
    /// Asked before every batch; may take its time, and end the round by throwing.
    let pace: @Sendable () async throws -> Void

    /// Publishes a round; one that fails on the way is not whole, and nobody will take it for that.
    ///
    /// - Returns: From its first record to behind its last; nil where the brokers did not say.
    /// - Throws: `KafkaError`; what `pace` throws.
    func publish(_ round: BaselineRound, _ fold: FoldedBaseline, _ type: WireType) async throws -> Range<Int64>? {
        var settings = settings
        settings.extra["message.timeout.ms"] = "10000"  // then the round is begun anew
        let producer = try KafkaProducer(settings, clientID: "model-baselines", gapless: false)
        do {
            let offsets = try await send(round, fold, type, producer)
            await producer.close()
            return offsets
        } catch {
            await producer.close()
            throw error
        }
    }

    private func send(
        _ round: BaselineRound, _ fold: FoldedBaseline, _ type: WireType, _ producer: KafkaProducer
    ) async throws -> Range<Int64>? {
        let headers = BaselineHeaders(round.id, of: round.model, takenAt: round.takenAt, identifiers)
        let partition = Int32(round.partition.number)
        var first: Int64?
        for start in stride(from: 0, to: fold.count, by: Self.batch) {
            try await pace()
            let records = (start..<min(start + Self.batch, fold.count)).map { index in
                let item = fold.item(index)
                return KafkaRecord(
                    topic: BaselineTopic.name, partition: partition, key: item.practitioner.utf8, value: item.data,
                    headers: headers.record(index + 1, type, item.practitioner, item.country))
            }
            let offsets = try await producer.send(records)
            if start == 0 { first = offsets.first }
        }
        try await pace()
        let end = KafkaRecord(
            topic: BaselineTopic.name, partition: partition, key: round.id.utf8, value: round.json, headers: headers.end
        )
        guard let last = try await producer.send([end]).first, last >= 0 else { return nil }
        let begin = first ?? last
        return begin >= 0 && begin <= last ? begin..<last + 1 : nil
    }
}
