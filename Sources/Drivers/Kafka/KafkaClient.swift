import CRdKafka
import Dispatch
import Synchronization

/// One `rd_kafka_t`, shared by everything that may still touch it, destroyed after the last of them let go.
///
/// librdkafka's functions are thread safe, so the pointer may be lent to any thread.
final class KafkaClient: @unchecked Sendable {  // immutable: both pointers are set once
    private let pointer: OpaquePointer  // rd_kafka_t *; lent out only by withHandle
    private let wakeQueue: OpaquePointer  // rd_kafka_queue_t * of what the blocking call waits on
    private let callbacks: KafkaCallbacks

    /// Starts a client's threads, without waiting for any broker; `rd_kafka_new()`.
    ///
    /// - Throws: `invalidConfiguration` when librdkafka refuses the properties.
    init(_ configuration: consuming KafkaConfiguration, kind: rd_kafka_type_t) throws(KafkaError) {
        let callbacks = configuration.callbacks
        var text = [CChar](repeating: 0, count: 512)
        guard let pointer = configuration.withHandle({ rd_kafka_new(kind, $0, &text, text.count) }) else {
            throw KafkaError(.invalidConfiguration, during: "start client", reason: String(filling: text))
        }
        configuration.giveAway()
        self.pointer = pointer
        self.callbacks = callbacks
        if kind == RD_KAFKA_CONSUMER {
            rd_kafka_poll_set_consumer(pointer)  // errors and logs come with the records
            wakeQueue = rd_kafka_queue_get_consumer(pointer)
        } else {
            wakeQueue = rd_kafka_queue_get_main(pointer)
        }
    }

    /// Destroying joins librdkafka's threads, and the last owner may be anywhere: so it runs on a queue of its own.
    deinit {
        let remains = Remains(pointer: pointer, wakeQueue: wakeQueue, callbacks: callbacks)
        DispatchQueue(label: "kafka.destroy").async { remains.destroy() }
    }

    /// Lends the raw pointer to a C call, which must not keep it.
    func withHandle<T>(_ body: (OpaquePointer) -> T) -> T { body(pointer) }

    /// Lends the queue that carries this client's records and callbacks.
    func withQueue<T>(_ body: (OpaquePointer) -> T) -> T { body(wakeQueue) }

    /// Ends the blocking call that waits on the client's queue, or the next one; `rd_kafka_queue_yield()`.
    func wake() { rd_kafka_queue_yield(wakeQueue) }

    /// What the client last said about its connections; nil when it has not complained since `clearProblem`.
    var problem: KafkaError? { callbacks.problem.withLock { $0 } }

    /// Forgets the last complaint, because something worked; a fatal one stays.
    func clearProblem() {
        callbacks.problem.withLock { problem in
            if problem?.isFatal == false { problem = nil }
        }
    }

    /// The error that ended the client for good, if one did; `rd_kafka_fatal_error()`.
    func fatalError(during operation: String) -> KafkaError? {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(pointer, &text, text.count)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return nil }
        return KafkaError(KafkaError.Code(code), during: operation, isFatal: true, reason: String(filling: text))
    }

    private struct Remains: @unchecked Sendable {  // handed over whole: nobody else has the pointers any more
        let pointer: OpaquePointer
        let wakeQueue: OpaquePointer
        let callbacks: KafkaCallbacks  // callbacks may run until rd_kafka_destroy has returned

        func destroy() {
            rd_kafka_queue_destroy(wakeQueue)
            rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            withExtendedLifetime(callbacks) {}
        }
    }
}

/// What librdkafka calls back into; it outlives the client that it was given to.
final class KafkaCallbacks: Sendable {
    let settings: KafkaSettings
    /// The last trouble with a connection.
    let problem = Mutex<KafkaError?>(nil)
    /// Called on the thread that consumes, when the group gives or takes partitions; true means "unassign now".
    let rebalance: @Sendable (rd_kafka_resp_err_t, [KafkaPartition]) -> Bool

    init(
        settings: KafkaSettings,
        rebalance: @escaping @Sendable (rd_kafka_resp_err_t, [KafkaPartition]) -> Bool = { _, _ in true }
    ) {
        self.settings = settings
        self.rebalance = rebalance
    }

    /// The callbacks that `KafkaConfiguration` registered with a client.
    static func of(_ opaque: UnsafeMutableRawPointer?) -> KafkaCallbacks? {
        opaque.map { Unmanaged<KafkaCallbacks>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension String {
    /// Reads what C wrote into `buffer` up to its zero.
    init(filling buffer: [CChar]) {
        self = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
