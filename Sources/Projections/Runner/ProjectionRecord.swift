package import Domain
package import EventStore
package import Kafka

/// One event as a model gets it, from the log or from the store; its data is lent, not copied.
package struct ProjectionRecord: Sendable {
    /// Where it was published.
    package let topic: Topic
    /// `ce_sequence`, dense in a partition of a topic; 0 in topics without sequences.
    package let sequence: Int64
    /// Where it stood in the log; -1 where it came from the store.
    package let offset: Int64
    /// The practitioner whose record this is: of a move between two, apply only this one's side.
    package let key: PractitionerID
    /// Its name and the version of its data.
    package let wireType: WireType
    private let source: Source

    private enum Source: Sendable {
        case log(KafkaReceivedRecord)
        case store(PositionedEvent)
    }

    /// `ce_id`; nil where the header is damaged.
    package var eventID: EventID? {
        switch source {
        case .log(let record): record.withHeader("ce_id") { EventID(utf8: $0) } ?? nil
        case .store(let event): event.event.metadata.eventID
        }
    }

    /// When it happened; nil where the header is damaged.
    package var occurredAt: Instant? {
        switch source {
        case .log(let record):
            record.headerText("ce_time").flatMap { text in (try? ParsedTime(text))?.instant }
        case .store(let event): event.event.metadata.occurredAt
        }
    }

    /// The version of its stream; in one partition of booking-events moved bookings leave gaps.
    package var streamVersion: Int64? {
        switch source {
        case .log(let record): record.withHeader("ce_streamversion", decimal) ?? nil
        case .store(let event): event.event.version
        }
    }

    /// A header of the record as text; nil where there is none, or it came from the store.
    package func header(_ name: StaticString) -> String? {
        if case .log(let record) = source { record.headerText(name) } else { nil }
    }

    /// Lends the JSON bytes; the pointer is good inside `body` only.
    package func withData<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        switch source {
        case .log(let record): try record.withValue(body)
        case .store(let event): try event.event.data.withUnsafeBytes(body)
        }
    }
}

extension ProjectionRecord {
    /// What came out of the log and is no event of ours.
    package enum Foreign: Error, Hashable, Sendable {
        /// It lacks `ce_type`, `ce_sequence`, or a key that is a practitioner's id.
        case noEvent
    }

    /// Reads the headers of a record.
    ///
    /// - Parameters:
    ///   - record: From the log; it is kept.
    ///   - topic: Where it was read.
    ///   - isSequenced: Whether the topic's records have `ce_sequence`.
    /// - Throws: `Foreign` for what nobody of ours has published.
    package init(_ record: KafkaReceivedRecord, topic: Topic, isSequenced: Bool) throws(Foreign) {
        guard let name = record.withHeader("ce_type", WireNames.name),
            let key = record.withKey(PractitionerID.init(utf8:))
        else { throw .noEvent }
        var sequence: Int64 = 0
        if isSequenced {
            guard let number = record.withHeader("ce_sequence", decimal) ?? nil, number > 0 else { throw .noEvent }
            sequence = number
        }
        let version = record.withHeader("ce_dataversion", decimal) ?? nil
        self.topic = topic
        self.sequence = sequence
        offset = record.offset
        self.key = key
        wireType = WireType(name, dataVersion: Int(clamping: version ?? 1))
        source = .log(record)
    }

    /// An event as it is read back from the store; its key must be a practitioner's.
    package init(_ event: PositionedEvent, topic: Topic) {
        self.topic = topic
        sequence = event.position
        offset = -1
        key = PractitionerID(high: event.key.high, low: event.key.low)
        wireType = event.event.wireType
        source = .store(event)
    }
}

/// Names of events that are shared instead of made anew for each record.
private enum WireNames {
    private static let known = [
        "BookingCreated", "BookingCancelled", "BookingRescheduled", "BookingDisplaced", "PractitionerRegistered",
        "PractitionerUpdated", "PractitionerDeactivated", "PractitionerActivated", "ScheduleSet", "ExceptionAdded",
        "ExceptionRemoved", "AvailabilityChanged",
    ].map { (bytes: Array($0.utf8), name: $0) }

    static func name(_ bytes: UnsafeRawBufferPointer) -> String {
        for candidate in known where candidate.bytes.count == bytes.count && candidate.bytes.elementsEqual(bytes) {
            return candidate.name
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Reads digits; nil for anything else, and for numbers that no sequence can have.
func decimal(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    guard (1...20).contains(bytes.count) else { return nil }
    var number: Int64 = 0
    for byte in bytes {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
        guard !overflow, !carry else { return nil }
        number = sum
    }
    return number
}
