import CRdKafka

/// The records of one batch that librdkafka still owes a report for; touched only by the producer's thread.
///
/// Each record carries a pointer to its slot through librdkafka and back, so a report costs no look-up and no
/// allocation. Whoever hands slots to C must keep the batch until `outstanding` is 0 or the client is destroyed.
final class DeliveryBatch {
    /// What a delivery report finds at the end of its pointer.
    struct Slot {
        /// Lives as long as the slot, which it owns.
        unowned(unsafe) let batch: DeliveryBatch
        /// The acknowledged offset; -1 until then.
        var offset: Int64
    }

    let records: [KafkaRecord]
    let delivery: KafkaDelivery
    /// Records given to librdkafka and not reported yet.
    var outstanding = 0
    /// Index of the first record that librdkafka has not taken yet.
    var next = 0
    /// The first failure among the reports.
    private(set) var failure: KafkaError.Code?
    private let slots: UnsafeMutablePointer<Slot>
    private unowned let loop: ProducerLoop

    init(_ records: [KafkaRecord], reporting delivery: KafkaDelivery, to loop: ProducerLoop) {
        self.records = records
        self.delivery = delivery
        self.loop = loop
        slots = .allocate(capacity: records.count)
        for index in records.indices { (slots + index).initialize(to: Slot(batch: self, offset: -1)) }
    }

    deinit { slots.deallocate() }  // Slot is trivial

    /// The pointer that travels with the record at `index`.
    func slot(_ index: Int) -> UnsafeMutableRawPointer { UnsafeMutableRawPointer(slots + index) }

    /// The offsets in the order of the records.
    var offsets: [Int64] { (0..<records.count).map { slots[$0].offset } }

    /// Takes note of one record's end.
    func report(_ code: rd_kafka_resp_err_t) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR, failure == nil {
            failure = KafkaError.Code(code)
            loop.recordFailed(code)
        }
        outstanding -= 1
        if outstanding == 0, next == records.count { loop.complete(self) }
    }
}

/// Called by C once per record, on the producer's thread; the slot was handed over by `ProducerLoop.produce`.
func deliveryReport(_: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?, _: UnsafeMutableRawPointer?) {
    guard let message, let opaque = message.pointee._private else { return }
    let slot = opaque.assumingMemoryBound(to: DeliveryBatch.Slot.self)
    slot.pointee.offset = message.pointee.offset
    slot.pointee.batch.report(message.pointee.err)
}
