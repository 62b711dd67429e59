import Domain
import EventStore
import Kafka

/// The headers of records of the topic of baselines: those of every event of ours, and two of rounds.
struct BaselineHeaders {
    /// Names the round.
    static let round: StaticString = "ce_round"
    /// The number of the record in it, from 1 on.
    static let index: StaticString = "ce_roundindex"
    /// Of everything in the topic.
    static let dataVersion: Int64 = 1

    private let common: [KafkaHeader]
    private let model: String
    private let identifiers: any IdentifierSource

    /// For one round.
    init(_ round: EventID, of model: String, takenAt: Instant, _ identifiers: any IdentifierSource) {
        self.model = model
        self.identifiers = identifiers
        common = [
            KafkaHeader(name: "ce_specversion", text: "1.0"), KafkaHeader(name: "ce_time", text: takenAt.text()),
            KafkaHeader(name: "ce_dataversion", text: "\(Self.dataVersion)"),
            KafkaHeader(name: "ce_correlationid", value: round.utf8),
            KafkaHeader(name: "\(Self.round)", value: round.utf8),
            KafkaHeader(name: "content-type", text: "application/json"),
        ]
    }

    /// The headers of a practitioner's record.
    func record(_ index: Int, _ type: WireType, _ id: PractitionerID, _ country: CountryCode?) -> [KafkaHeader] {
        common + [
            KafkaHeader(name: "\(Self.index)", text: "\(index)"), KafkaHeader(name: "ce_type", text: type.name),
            KafkaHeader(name: "ce_source", text: country.map { "/\($0)/\(model)" } ?? "/\(model)"),
            KafkaHeader(name: "ce_subject", text: StreamName(id).text), eventID,
        ]
    }

    /// The headers of the record that ends the round.
    var end: [KafkaHeader] {
        common + [
            KafkaHeader(name: "ce_type", text: BaselineRound.wireType.name),
            KafkaHeader(name: "ce_source", text: "/\(model)"), KafkaHeader(name: "ce_subject", text: model), eventID,
        ]
    }

    private var eventID: KafkaHeader {
        KafkaHeader(name: "ce_id", value: EventID(from: identifiers).utf8)
    }
}
