import CRdKafka

/// A failure reported by a Kafka broker or by librdkafka.
package struct KafkaError: Error, Hashable, Sendable {
    /// What went wrong, as librdkafka numbers it: negative on this side of the wire, positive from a broker.
    package let code: Code
    /// What we were doing, such as `produce` or `commit`.
    package let operation: String
    /// True when the client can never work again and must be replaced.
    package let isFatal: Bool
    /// What an operator should look at, where we know more than the code says.
    package let hint: String?
    /// librdkafka's own words; they may quote a setting, and so they only appear in `debugDescription`.
    package let reason: String

    package init(
        _ code: Code, during operation: String, isFatal: Bool = false, hint: String? = nil, reason: String = ""
    ) {
        self.code = code
        self.operation = operation
        self.isFatal = isFatal
        self.hint = hint
        self.reason = reason
    }

    /// True when the same call may succeed later without anybody changing anything.
    package var isRetriable: Bool { !isFatal && Code.passing.contains(code) }

    /// True when a broker was asked for a partition that it does not lead, or does not know yet.
    var isOfWrongBroker: Bool { Code.wrongBroker.contains(code) }

    /// True when no broker could be reached, or none answered in time.
    package var isUnreachable: Bool { Code.unreachable.contains(code) }
}

extension KafkaError: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        "KafkaError(\(code) during \(operation)\(isFatal ? ", fatal" : ""))" + (hint.map { ": \($0)" } ?? "")
    }

    package var debugDescription: String { reason.isEmpty ? description : "\(description) [\(reason)]" }
}

extension KafkaError {
    /// The closed set of numbers of `rd_kafka_resp_err_t`; printed by name.
    package struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        package let rawValue: Int32

        package init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        init(_ code: rd_kafka_resp_err_t) {
            rawValue = code.rawValue
        }

        /// librdkafka's name of the code, such as `_TRANSPORT`; `rd_kafka_err2name()`.
        package var description: String { String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue))) }
    }
}

extension KafkaError.Code {
    /// The client was closed while, or before, this was asked of it.
    package static let closed = Self(RD_KAFKA_RESP_ERR__DESTROY)
    /// The record was withdrawn before a broker acknowledged it; whether a broker has it is unknown.
    package static let purged = Self(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    /// No answer within the time that the caller gave.
    package static let timedOut = Self(RD_KAFKA_RESP_ERR__TIMED_OUT)
    /// A broker connection broke.
    package static let transport = Self(RD_KAFKA_RESP_ERR__TRANSPORT)
    /// None of the brokers is connected.
    package static let allBrokersDown = Self(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    /// A setting is unknown, out of range, or contradicts another one.
    package static let invalidConfiguration = Self(RD_KAFKA_RESP_ERR__INVALID_ARG)
    /// Not possible now, such as seeking in a partition that is not being read.
    package static let wrongState = Self(RD_KAFKA_RESP_ERR__STATE)
    /// Wrong user name, password or mechanism.
    package static let authentication = Self(RD_KAFKA_RESP_ERR__AUTHENTICATION)
    /// Nobody leads the partition at this moment.
    package static let leaderNotAvailable = Self(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
    /// The topic does not exist.
    package static let unknownTopic = Self(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    /// The topic has no such partition.
    package static let unknownPartition = Self(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    /// A topic exists with another number of partitions than asked for.
    package static let invalidPartitions = Self(RD_KAFKA_RESP_ERR_INVALID_PARTITIONS)
    /// More replicas asked for than there are brokers.
    package static let invalidReplicationFactor = Self(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR)
    /// This user may not write to, or read, the topic.
    package static let topicAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    /// The topic is there already.
    package static let topicAlreadyExists = Self(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)

    /// Codes that time alone can cure.
    fileprivate static let passing: Set<Self> = unreachable.union(
        [
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__RETRY,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
            RD_KAFKA_RESP_ERR_NOT_CONTROLLER, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
        ].map(Self.init))

    /// Codes of a cluster whose leaders are others than the client thinks.
    fileprivate static let wrongBroker: Set<Self> = Set(
        [
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        ].map(Self.init))

    /// Codes that say that nobody is there.
    fileprivate static let unreachable: Set<Self> = Set(
        [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TIMED_OUT,
            RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
        ].map(Self.init))
}

extension KafkaError {
    /// Wraps a code that a C function returned by value; a failed authentication gets its hint here.
    init(_ code: rd_kafka_resp_err_t, during operation: String, for settings: KafkaSettings? = nil, reason: String = "")
    {
        self.init(
            Code(code), during: operation, isFatal: code == RD_KAFKA_RESP_ERR__FATAL,
            hint: settings?.hint(for: Code(code)), reason: reason)
    }

    /// Takes over an error object of librdkafka and destroys it; `rd_kafka_error_destroy()`.
    init(taking error: OpaquePointer, during operation: String) {
        defer { rd_kafka_error_destroy(error) }
        self.init(
            Code(rd_kafka_error_code(error)), during: operation, isFatal: rd_kafka_error_is_fatal(error) == 1,
            reason: String(cString: rd_kafka_error_string(error)))
    }

    /// The answer to everything that is asked of a closed client.
    static func closed(during operation: String) -> KafkaError { KafkaError(.closed, during: operation) }
}
