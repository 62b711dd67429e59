import CRdKafka
import Synchronization

/// The properties and callbacks of a client that does not exist yet.
struct KafkaConfiguration: ~Copyable {
    private var handle: OpaquePointer?  // rd_kafka_conf_t *; nil after giveAway
    let callbacks: KafkaCallbacks

    /// Sets the properties and registers the callbacks.
    ///
    /// - Parameters:
    ///   - callbacks: What the client will call, and its settings.
    ///   - clientID: Names the program in the brokers' logs.
    ///   - defaults: Properties that the settings may change.
    ///   - fixed: Properties that this driver's promises rest on; they win over the settings.
    /// - Throws: `invalidConfiguration` for a property that librdkafka does not know or accept.
    init(
        _ callbacks: KafkaCallbacks, clientID: String, defaults: [String: String] = [:], fixed: [String: String] = [:]
    ) throws(KafkaError) {
        self.callbacks = callbacks
        handle = rd_kafka_conf_new()
        var properties = defaults.merging(callbacks.settings.properties) { _, chosen in chosen }
        properties["client.id"] = clientID
        properties.merge(fixed) { _, fixed in fixed }
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) { try set(name, value) }

        rd_kafka_conf_set_opaque(handle, Unmanaged.passUnretained(callbacks).toOpaque())
        rd_kafka_conf_set_log_cb(handle, forwardLogLine)
        rd_kafka_conf_set_error_cb(handle, noteProblem)
    }

    deinit { if let handle { rd_kafka_conf_destroy(handle) } }

    /// Lends the raw pointer to one C call.
    borrowing func withHandle<T>(_ body: (OpaquePointer?) -> T) -> T { body(handle) }

    /// Has every delivery reported on the thread that polls; `rd_kafka_conf_set_dr_msg_cb()`.
    mutating func reportDeliveries(
        to report:
            @convention(c) (
                OpaquePointer?, UnsafePointer<rd_kafka_message_t>?, UnsafeMutableRawPointer?
            ) -> Void
    ) {
        rd_kafka_conf_set_dr_msg_cb(handle, report)
    }

    /// Has the group's decisions given to `KafkaCallbacks.rebalance` instead of being followed unasked.
    mutating func reportRebalances() {
        rd_kafka_conf_set_rebalance_cb(handle, forwardRebalance)
    }

    /// Forgets the handle, because a client owns it now.
    mutating func giveAway() { handle = nil }

    private func set(_ name: String, _ value: String) throws(KafkaError) {
        var text = [CChar](repeating: 0, count: 512)
        if rd_kafka_conf_set(handle, name, value, &text, text.count) == RD_KAFKA_CONF_OK { return }
        throw KafkaError(
            .invalidConfiguration, during: "start client", hint: "property \(name)", reason: String(filling: text))
    }
}

/// Called by C on any of its threads with one log line.
private func forwardLogLine(
    _ client: OpaquePointer?, _ severity: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?
) {
    guard let client, let text, let callbacks = KafkaCallbacks.of(rd_kafka_opaque(client)) else { return }
    callbacks.settings.log(
        KafkaLogLine(
            severity: Int(severity), facility: facility.map { String(cString: $0) } ?? "",
            message: String(cString: text)))
}

/// Called by C on the polling thread when something is wrong with the client or its connections.
private func noteProblem(
    _: OpaquePointer?, _ code: Int32, _ text: UnsafePointer<CChar>?, _ opaque: UnsafeMutableRawPointer?
) {
    guard let callbacks = KafkaCallbacks.of(opaque) else { return }
    let error = KafkaError(
        rd_kafka_resp_err_t(code), during: "connect", for: callbacks.settings,
        reason: text.map { String(cString: $0) } ?? "")
    callbacks.problem.withLock { problem in
        if problem?.code == .authentication, error.code == .allBrokersDown { return }  // the cause, not its effect
        problem = error
    }
}

/// Called by C on the thread that consumes; the list stays C's.
private func forwardRebalance(
    _ client: OpaquePointer?, _ decision: rd_kafka_resp_err_t,
    _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, _ opaque: UnsafeMutableRawPointer?
) {
    guard let callbacks = KafkaCallbacks.of(opaque), let partitions else { return }
    let mustUnassign = callbacks.rebalance(decision, PartitionList.entries(of: partitions).map(\.partition))
    if mustUnassign { rd_kafka_assign(client, nil) }
}
