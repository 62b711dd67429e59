import Domain
import EventStore
import Synchronization

/// One partition that is ours: its inbox, its task, and what it says about itself.
final class PartitionLane: Sendable {
    /// How long a lane may finish what it is doing once its partition is taken away.
    private static let grace: Duration = .seconds(5)

    /// What a lane says of itself.
    struct Report {
        var state = ProjectionHealth.State.starting
        var lagEvents: Int64?
        var isPastStart = false
    }

    /// What the lane said last; apart, so that the lane's task does not hold the lane.
    private final class Board: Sendable {
        let latest = Mutex(Report())
    }

    let partition: Shard
    let inbox = LaneInbox()
    private let board = Board()
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ partition: Shard) {
        self.partition = partition
    }

    /// Starts the lane's own task.
    func start(_ context: LaneContext, desk: ControlDesk) {
        let (partition, inbox, board) = (partition, inbox, board)
        let running = Task {
            var loop = LaneLoop(context, partition: partition, inbox: inbox) { offsets in
                try await desk.seek(partition, inbox, to: offsets)
            } report: { report in
                board.latest.withLock { $0 = report }
            }
            await loop.run()
        }
        task.withLock { $0 = running }
    }

    /// Lets the lane finish or drop its batch; afterwards it writes nothing any more.
    func stop() async {
        inbox.close()
        guard let running = task.withLock({ $0 }) else { return }
        let alarm = Task {
            try await Task.sleep(for: Self.grace)
            running.cancel()
        }
        await running.value
        alarm.cancel()
    }

    /// What it is doing now.
    var health: ProjectionHealth.Partition {
        let report = board.latest.withLock { $0 }
        return ProjectionHealth.Partition(
            partition: partition, state: report.state, lagEvents: report.lagEvents, isPastStart: report.isPastStart)
    }
}

/// Where lanes ask the poll loop, the only one who talks to the consumer, to seek for them.
final class ControlDesk: Sendable {
    /// One wish of a lane.
    struct Request: Sendable {
        let partition: Shard
        let inbox: LaneInbox
        let offsets: [Topic: Int64]
        let continuation: CheckedContinuation<Void, any Error>
    }

    private let requests = Mutex<[Request]>([])

    /// Waits until the consumer stands at `offsets` and the inbox is open.
    ///
    /// - Throws: `KafkaError`; `CancellationError` when the partition is ours no longer.
    func seek(_ partition: Shard, _ inbox: LaneInbox, to offsets: [Topic: Int64]) async throws {
        try await withCheckedThrowingContinuation { continuation in
            requests.withLock {
                $0.append(
                    Request(partition: partition, inbox: inbox, offsets: offsets, continuation: continuation))
            }
            if inbox.isClosed { refuse([partition]) }  // closed before this request could be seen
        }
    }

    /// Whether nothing waits to be done.
    var isEmpty: Bool { requests.withLock { $0.isEmpty } }

    /// Takes what is to be done.
    func take() -> [Request] {
        requests.withLock { requests in
            defer { requests = [] }
            return requests
        }
    }

    /// Ends the requests of partitions that are ours no longer; close their inboxes first.
    func refuse(_ partitions: Set<Shard>) {
        let refused = requests.withLock { requests in
            let refused = requests.filter { partitions.contains($0.partition) }
            requests.removeAll { partitions.contains($0.partition) }
            return refused
        }
        for request in refused { request.continuation.resume(throwing: CancellationError()) }
    }
}
