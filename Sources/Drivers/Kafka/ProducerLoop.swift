import CRdKafka
import Synchronization

/// The thread of a producer: it alone hands records to librdkafka and serves the delivery reports.
///
/// Order needs no more than that: batches are taken from one queue by one thread, and librdkafka keeps the order
/// within a partition.
final class ProducerLoop: @unchecked Sendable {  // `inbox` is locked; all other variables belong to the thread of `run`
    private struct Inbox {
        var waiting: [(records: [KafkaRecord], delivery: KafkaDelivery)] = []
        var stopBy: ContinuousClock.Instant?
        var failure: KafkaError?
        var whenEnded: [@Sendable () -> Void] = []
        var hasEnded = false
    }

    private static let idlePollMilliseconds: Int32 = 1_000  // `wake` ends it early
    private static let backPressurePollMilliseconds: Int32 = 20
    private static let recordsPerPoll = 1_024

    private let isGapless: Bool
    private let settings: KafkaSettings
    private let inbox = Mutex(Inbox())
    private let client: KafkaClient
    private var topics: [String: OpaquePointer] = [:]  // rd_kafka_topic_t *; destroyed by `end`
    private var inFlight: [ObjectIdentifier: DeliveryBatch] = [:]
    private var taken: ArraySlice<(records: [KafkaRecord], delivery: KafkaDelivery)> = []  // out of the inbox
    private var deliveryFailure: KafkaError?
    private var isEnding = false

    init(_ settings: KafkaSettings, clientID: String, gapless: Bool) throws(KafkaError) {
        isGapless = gapless
        self.settings = settings
        var fixed = ["acks": "all", "enable.idempotence": "true"]
        if gapless {
            fixed["enable.gapless.guarantee"] = "true"
            fixed["message.timeout.ms"] = "0"
        }
        var configuration = try KafkaConfiguration(
            KafkaCallbacks(settings: settings), clientID: clientID, defaults: ["linger.ms": "0"], fixed: fixed)
        configuration.reportDeliveries(to: deliveryReport)
        client = try KafkaClient(configuration, kind: RD_KAFKA_PRODUCER)
    }

    var problem: KafkaError? { client.problem }

    var failure: KafkaError? { inbox.withLock { $0.failure } }

    /// Appends a batch to the queue; after the end it fails at once.
    func enqueue(_ records: [KafkaRecord], reporting delivery: KafkaDelivery) {
        if records.isEmpty { return delivery.finish(.success([])) }
        let refusal: KafkaError? = inbox.withLock { inbox in
            if let failure = inbox.failure { return failure }
            if inbox.stopBy != nil { return .closed(during: "produce") }
            inbox.waiting.append((records, delivery))
            return nil
        }
        if let refusal { delivery.finish(.failure(refusal)) } else { client.wake() }
    }

    /// Asks the thread to end; `ended` is called on it, or at once when it has ended.
    func stop(within flushTime: Duration, then ended: (@Sendable () -> Void)?) {
        let hasEnded = inbox.withLock { inbox in
            if inbox.stopBy == nil { inbox.stopBy = .now + flushTime }
            if !inbox.hasEnded, let ended { inbox.whenEnded.append(ended) }
            return inbox.hasEnded
        }
        if hasEnded { ended?() } else { client.wake() }
    }

    /// The thread's whole life.
    func run() {
        while !mustEnd {
            guard let (records, delivery) = takeFirst() else {
                let wait = stopBy.map { ContinuousClock.now.duration(to: $0).milliseconds }
                poll(min(wait ?? .max, Self.idlePollMilliseconds))
                if stopBy != nil, inFlight.isEmpty, !hasWaiting { break }
                continue
            }
            produce(records, reporting: delivery)
            poll(0)
        }
        end()
    }

    /// Hands one batch to librdkafka, waiting while its queue is full; stops half way only when the producer must end.
    private func produce(_ records: [KafkaRecord], reporting delivery: KafkaDelivery) {
        let batch = DeliveryBatch(records, reporting: delivery, to: self)
        inFlight[ObjectIdentifier(batch)] = batch  // keeps the slots alive until the last report
        while batch.next < records.count {
            let code = produce(records[batch.next], slot: batch.slot(batch.next))
            if code == RD_KAFKA_RESP_ERR__QUEUE_FULL {
                poll(Self.backPressurePollMilliseconds)
                if mustEnd { return }
                continue
            }
            batch.outstanding += 1
            batch.next += 1
            if code != RD_KAFKA_RESP_ERR_NO_ERROR {
                batch.report(code)
            } else if batch.next.isMultiple(of: Self.recordsPerPoll) {
                poll(0)
            } else {
                continue
            }
            if mustEnd { return }
        }
    }

    /// Hands one record to librdkafka, which copies it; `rd_kafka_producev()`.
    private func produce(_ record: KafkaRecord, slot: UnsafeMutableRawPointer) -> rd_kafka_resp_err_t {
        let topic = topic(record.topic)
        let headers = record.headers.isEmpty ? nil : rd_kafka_headers_new(record.headers.count)
        for header in record.headers {
            var name = header.name
            name.withUTF8 { name in
                header.value.withUnsafeBytes { value in
                    name.withMemoryRebound(to: CChar.self) { name in
                        _ = rd_kafka_header_add(headers, name.baseAddress, name.count, value.baseAddress, value.count)
                    }
                }
            }
        }
        let code = record.key.withUnsafeBytes { key in
            record.value.withUnsafeBytes { value in
                client.withHandle { client in
                    crdkafka_produce(
                        client, topic, record.partition, key.isEmpty ? nil : key.baseAddress, key.count,
                        value.baseAddress, value.count, headers, record.timestampMilliseconds ?? 0, slot)
                }
            }
        }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR, let headers { rd_kafka_headers_destroy(headers) }  // still ours
        return code
    }
}

extension ProducerLoop {
    private var stopBy: ContinuousClock.Instant? { inbox.withLock { $0.stopBy } }

    /// True after a failure or when the time for flushing is over; once true it stays true.
    private var mustEnd: Bool {
        if deliveryFailure != nil { return true }
        if client.problem?.isFatal == true, let fatal = client.fatalError(during: "produce") {
            fail(fatal)
            return true
        }
        guard let stopBy else { return false }
        return ContinuousClock.now >= stopBy
    }

    private var hasWaiting: Bool { !taken.isEmpty || inbox.withLock { !$0.waiting.isEmpty } }

    private func takeFirst() -> (records: [KafkaRecord], delivery: KafkaDelivery)? {
        if taken.isEmpty {
            taken = inbox.withLock { inbox in
                defer { inbox.waiting = [] }
                return inbox.waiting[...]
            }
        }
        return taken.popFirst()
    }

    private func topic(_ name: String) -> OpaquePointer? {
        if let known = topics[name] { return known }
        let topic = client.withHandle { rd_kafka_topic_new($0, name, nil) }
        topics[name] = topic
        return topic
    }

    /// Serves delivery reports and errors on this thread; `rd_kafka_poll()`.
    private func poll(_ milliseconds: Int32) {
        _ = client.withHandle { rd_kafka_poll($0, milliseconds) }
    }

    /// The error of a record; a client that can never work again says why.
    private func failure(_ code: rd_kafka_resp_err_t) -> KafkaError {
        client.fatalError(during: "produce") ?? KafkaError(code, during: "produce", for: settings)
    }

    /// Notes why this producer ends, before anybody is told; the first reason stays.
    private func fail(_ failure: KafkaError) {
        if deliveryFailure != nil { return }
        deliveryFailure = failure
        inbox.withLock { $0.failure = failure }
    }

    /// Ends the producer when what comes next would be behind a gap; called by the report of a batch's first failure.
    func recordFailed(_ code: rd_kafka_resp_err_t) {
        if isEnding { return }  // it is `end` that withdraws them
        let failure = failure(code)
        if isGapless || failure.isFatal { fail(failure) }
    }

    /// Ends a batch; called by the report of its last record.
    func complete(_ batch: DeliveryBatch) {
        inFlight[ObjectIdentifier(batch)] = nil
        if let code = batch.failure {
            let code = rd_kafka_resp_err_t(code.rawValue)
            batch.delivery.finish(.failure(deliveryFailure ?? failure(code)))
        } else {
            client.clearProblem()
            batch.delivery.finish(.success(batch.offsets))
        }
    }

    /// Withdraws everything, tells everyone who waits, and lets the client go; `rd_kafka_purge()`.
    private func end() {
        isEnding = true
        let answer = deliveryFailure ?? KafkaError(.purged, during: "produce")
        let waiting = inbox.withLock { inbox in
            defer { inbox.waiting = [] }
            inbox.stopBy = inbox.stopBy ?? .now
            return taken + inbox.waiting
        }
        taken = []
        for batch in inFlight.values { batch.delivery.finish(.failure(answer)) }
        for batch in waiting { batch.delivery.finish(.failure(answer)) }

        _ = client.withHandle { rd_kafka_purge($0, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT) }
        while client.withHandle({ rd_kafka_outq_len($0) }) > 0 { poll(Self.backPressurePollMilliseconds) }
        inFlight = [:]  // nothing in C points at a slot any more
        for topic in topics.values { rd_kafka_topic_destroy(topic) }
        topics = [:]
        let whenEnded = inbox.withLock { inbox in
            defer { inbox.whenEnded = [] }
            inbox.hasEnded = true
            return inbox.whenEnded
        }
        for ended in whenEnded { ended() }
    }
}

extension Duration {
    /// Whole milliseconds, at least 0, as librdkafka's calls take them.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        let total = seconds.multipliedReportingOverflow(by: 1_000)
        guard !total.overflow else { return seconds < 0 ? 0 : .max }
        return Int32(clamping: max(0, total.partialValue + attoseconds / 1_000_000_000_000_000))
    }
}
