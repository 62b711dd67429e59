import CRdKafka

/// What one poll brought: records lent from librdkafka's own memory, and what else happened.
///
/// Keys and values are read in place, as long as the batch, or one of its records, lives; headers are copied once.
package final class KafkaBatch: RandomAccessCollection, @unchecked Sendable {  // nothing changes after `init`
    package typealias Element = KafkaReceivedRecord
    package typealias Index = Int
    package typealias Indices = Range<Int>
    package typealias Iterator = IndexingIterator<KafkaBatch>
    package typealias SubSequence = Slice<KafkaBatch>

    /// Things that are not records, in the order in which they happened.
    package let events: [KafkaEvent]
    /// Bytes of all values.
    let byteCount: Int
    private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    fileprivate let headers: HeaderBytes
    private let topics: [OpaquePointer: String]  // a name of each rd_kafka_topic_t *, so that no record makes one
    private let client: KafkaClient  // must outlive its messages
    package let startIndex = 0
    package let endIndex: Int

    /// Takes over the array and its messages, sorts errors out, and has librdkafka parse all headers now: on the
    /// consumer's thread, beside the work on the batch before.
    init(
        taking messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>, count: Int,
        of client: KafkaClient
    ) {
        var (kept, byteCount) = (0, 0)
        var events: [KafkaEvent] = []
        var topics: [OpaquePointer: String] = [:]
        var headers = HeaderBytes(records: count)
        var lastTopic: OpaquePointer?
        for index in 0..<count {
            guard let message = messages[index] else { continue }
            if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR {
                events.append(KafkaEvent(message))
                rd_kafka_message_destroy(message)
                continue
            }
            headers.append(takingFrom: message)
            byteCount += message.pointee.len
            if let topic = message.pointee.rkt, topic != lastTopic {
                lastTopic = topic
                if topics[topic] == nil { topics[topic] = String(cString: rd_kafka_topic_name(topic)) }
            }
            messages[kept] = message
            kept += 1
        }
        self.byteCount = byteCount
        self.messages = messages
        self.headers = headers
        self.client = client
        self.topics = topics
        self.events = events
        endIndex = kept
    }

    deinit {
        for index in 0..<endIndex { rd_kafka_message_destroy(messages[index]) }
        messages.deallocate()
    }

    package subscript(index: Int) -> KafkaReceivedRecord {
        guard indices.contains(index), let message = messages[index] else {
            preconditionFailure("a batch of \(count) records has none at \(index)")
        }
        return KafkaReceivedRecord(message: message, index: index, batch: self)
    }

    fileprivate func topic(_ handle: OpaquePointer?) -> String { handle.flatMap { topics[$0] } ?? "" }
}

/// Something that a consumer's owner must know and that is not a record.
package enum KafkaEvent: Hashable, Sendable {
    /// The log does not have the offset at which reading should begin or go on. The partition stands still until
    /// `seek`: only the owner knows whether that means a baseline.
    case offsetOutOfRange(KafkaPartition)
    /// All records of the partition up to `nextOffset` were lent; only with `reportsEnd`.
    case reachedEnd(KafkaPartition, nextOffset: Int64)
    /// Something else went wrong, with one partition or with the consumer; librdkafka goes on by itself.
    case failed(KafkaError, KafkaPartition?)

    /// Reads a message that is an error.
    fileprivate init(_ message: UnsafePointer<rd_kafka_message_t>) {
        let partition = message.pointee.rkt.map {
            KafkaPartition(topic: String(cString: rd_kafka_topic_name($0)), number: message.pointee.partition)
        }
        switch (message.pointee.err, partition) {
        case (RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, let partition?), (RD_KAFKA_RESP_ERR__NO_OFFSET, let partition?),
            (RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, let partition?):
            self = .offsetOutOfRange(partition)
        case (RD_KAFKA_RESP_ERR__PARTITION_EOF, let partition?):
            self = .reachedEnd(partition, nextOffset: message.pointee.offset)
        case (let code, _):
            let reason = rd_kafka_message_errstr(message).map { String(cString: $0) }
            self = .failed(KafkaError(code, during: "consume", reason: reason ?? ""), partition)
        }
    }
}

/// One record of a batch, lent in place; it keeps its batch alive.
package struct KafkaReceivedRecord: @unchecked Sendable {  // nothing changes the message after its batch was made
    fileprivate let message: UnsafeMutablePointer<rd_kafka_message_t>
    fileprivate let index: Int
    fileprivate let batch: KafkaBatch

    /// The topic's name.
    package var topic: String { batch.topic(message.pointee.rkt) }

    /// The number of the partition.
    package var partition: Int32 { message.pointee.partition }

    /// The record's place in the partition.
    package var offset: Int64 { message.pointee.offset }

    /// Milliseconds since 1970; nil when the record has none.
    package var timestampMilliseconds: Int64? {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = rd_kafka_message_timestamp(message, &kind)
        return kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? nil : timestamp
    }

    /// True when the record has no value at all, which is not the same as an empty one.
    package var isTombstone: Bool { message.pointee.payload == nil }

    /// Lends the key, empty when there is none; the pointer is good inside `body` only.
    package func withKey<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        defer { withExtendedLifetime(batch) {} }
        return try body(UnsafeRawBufferPointer(start: message.pointee.key, count: message.pointee.key_len))
    }

    /// Lends the value, empty when there is none; the pointer is good inside `body` only.
    package func withValue<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        defer { withExtendedLifetime(batch) {} }
        return try body(UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len))
    }

    /// Lends the last header of that name.
    ///
    /// - Returns: What `body` returned, or nil when there is no such header.
    package func withHeader<T>(_ name: StaticString, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T? {
        defer { withExtendedLifetime(batch) {} }
        return try batch.headers.withLast(name, of: index, body)
    }

    /// A copy of the key.
    package var key: [UInt8] { withKey(Array.init) }

    /// A copy of the value.
    package var value: [UInt8] { withValue(Array.init) }

    /// A copy of the last header of that name as text; bytes that are not UTF-8 become replacement characters.
    package func headerText(_ name: StaticString) -> String? {
        withHeader(name) { String(decoding: $0, as: UTF8.self) }
    }
}
