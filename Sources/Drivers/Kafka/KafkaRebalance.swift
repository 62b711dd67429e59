import CRdKafka
import Synchronization

/// What the owner of a group consumer does when the group gives or takes partitions.
///
/// Both are called from inside `KafkaConsumer.poll`, between two batches, so never while the caller of `poll` works on
/// one. Until they return nothing is fetched, and the group waits (for at most `max.poll.interval.ms`, 5 minutes).
package struct KafkaGroupOwner: Sendable {
    /// Gets all partitions that are ours from now on, and says where each begins.
    ///
    /// One that is left out begins where the group committed. When this throws, `poll` throws, and the next `poll`
    /// asks again.
    package let assigned: @Sendable ([KafkaPartition]) async throws -> [KafkaPartition: KafkaStart]
    /// Gets all partitions that are ours no longer.
    ///
    /// `areLost` says that somebody else may have them already, so that a commit would be refused.
    package let revoked: @Sendable (_ partitions: [KafkaPartition], _ areLost: Bool) async -> Void

    package init(
        assigned: @escaping @Sendable ([KafkaPartition]) async throws -> [KafkaPartition: KafkaStart],
        revoked: @escaping @Sendable (_ partitions: [KafkaPartition], _ areLost: Bool) async -> Void
    ) {
        self.assigned = assigned
        self.revoked = revoked
    }
}

/// Decisions of the group that the consumer has not followed yet.
///
/// librdkafka tells them in a callback and then waits until `rd_kafka_assign` is called, however much later: that is
/// what lets the owner answer asynchronously.
final class RebalanceInbox: Sendable {
    /// One decision.
    enum Decision: Sendable {
        case assign([KafkaPartition])
        case revoke([KafkaPartition])
    }

    private struct State {
        var decisions: [Decision] = []
        var isClosing = false
    }

    private let state = Mutex(State())

    /// True when a decision waits.
    var hasDecision: Bool { state.withLock { !$0.decisions.isEmpty } }

    /// The oldest decision; it stays until `removeFirst`.
    var first: Decision? { state.withLock { $0.decisions.first } }

    /// Forgets the oldest decision, because it was followed.
    func removeFirst() { state.withLock { _ = $0.decisions.removeFirst() } }

    /// From now on decisions are followed at once, because nobody will ask for them.
    func close() {
        state.withLock { state in
            state.isClosing = true
            state.decisions = []
        }
    }

    /// Notes a decision of librdkafka; an error among them takes everything away.
    ///
    /// - Returns: True when the caller must unassign now.
    func receive(_ code: rd_kafka_resp_err_t, _ partitions: [KafkaPartition]) -> Bool {
        state.withLock { state in
            if state.isClosing { return true }
            let isAssignment = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
            state.decisions.append(isAssignment ? .assign(partitions.sorted()) : .revoke(partitions.sorted()))
            return false
        }
    }
}
