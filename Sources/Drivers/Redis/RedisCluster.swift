import Synchronization

/// Routes commands to the nodes of a Redis Cluster: a thin layer over one connection a node.
final class RedisCluster: Sendable {
    /// How often a command follows MOVED, ASK or "later" before its error reply is handed out.
    static let roundsMax = 6

    private struct State {
        var owners: [RedisNode?] = Array(repeating: nil, count: ClusterSlot.count)
        var connections: [RedisNode: RedisConnection] = [:]
        var isMapKnown = false
        var refresh: Task<Void, Never>?
        var isClosed = false
    }

    private struct Step: Sendable {
        let index: Int
        var node: RedisNode
        var isAsking = false
    }

    private let url: RedisURL
    private let tls: TLSContext?
    private let label: String
    private let timeout: Duration
    private let state: Mutex<State>

    init(_ url: RedisURL, tls: TLSContext?, label: String, timeout: Duration) throws(RedisError) {
        self.url = url
        self.tls = tls
        self.label = label
        self.timeout = timeout
        state = Mutex(State())
        _ = try connection(to: url.node)
    }

    /// As `RedisClient.send`.
    func send(_ commands: [RedisCommand]) async throws(RedisError) -> [RedisReply] {
        if !state.withLock(\.isMapKnown) { await refreshMap() }
        var replies = [RedisReply](repeating: .null, count: commands.count)
        var steps = commands.indices.map { Step(index: $0, node: owner(of: commands[$0])) }
        for round in 1...Self.roundsMax where !steps.isEmpty {
            var next: [Step] = []
            for (sent, answers) in try await run(steps, of: commands) {
                for (step, reply) in zip(sent, answers) {
                    replies[step.index] = reply
                    if let again = follow(reply, after: step) { next.append(again) }
                }
            }
            next.sort { $0.index < $1.index }
            let mustWait = next.contains { ClusterRedirection(replies[$0.index], from: $0.node) == .later }
            if mustWait {
                await pause(.milliseconds(10) * (1 << round))
                await refreshMap()
            }
            steps = next
        }
        return replies
    }

    /// Disconnects from every node as `RedisConnection.close` does.
    func close() async {
        let connections = state.withLock { state in
            state.isClosed = true
            return Array(state.connections.values)
        }
        for connection in connections { await connection.close() }
    }

    private func follow(_ reply: RedisReply, after step: Step) -> Step? {
        switch ClusterRedirection(reply, from: step.node) {
        case nil: return nil
        case .later: return Step(index: step.index, node: step.node)
        case .ask(let node): return Step(index: step.index, node: node, isAsking: true)
        case .moved(let slot, let node):
            state.withLock { $0.owners[slot] = node }
            return Step(index: step.index, node: node)
        }
    }

    /// Sends each node its part at the same time.
    ///
    /// - Throws: The first node's failure, after all have ended; the map is asked for anew then.
    private func run(
        _ steps: [Step], of commands: [RedisCommand]
    ) async throws(RedisError) -> [([Step], [RedisReply])] {
        let parts = Dictionary(grouping: steps, by: \.node)
        let outcomes = await withTaskGroup(of: ([Step], RedisExchange.Outcome).self) { group in
            for (node, part) in parts {
                group.addTask { (part, await self.exchange(part, of: commands, with: node)) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var answered: [([Step], [RedisReply])] = []
        for (part, outcome) in outcomes {
            switch outcome {
            case .success(let replies): answered.append((part, replies))
            case .failure(let error):
                state.withLock { $0.isMapKnown = false }  // maybe that node was replaced
                throw error
            }
        }
        return answered
    }

    private func exchange(
        _ part: [Step], of commands: [RedisCommand], with node: RedisNode
    ) async -> RedisExchange.Outcome {
        var encoder = RedisCommandEncoder(commandCount: part.count)
        for step in part {
            if step.isAsking { encoder.append(RedisCommand("ASKING")) }
            encoder.append(commands[step.index])
        }
        let askingCount = part.count { $0.isAsking }
        let connection: RedisConnection
        do { connection = try self.connection(to: node) } catch { return .failure(error) }
        let outcome = await connection.exchange(encoder.encoded, replyCount: part.count + askingCount)
        return outcome.map { replies in
            var rest = replies[...]
            return part.compactMap { step in  // the reply to ASKING itself is of no interest
                if step.isAsking { rest.removeFirst() }
                return rest.popFirst()
            }
        }
    }

    private func pause(_ duration: Duration) async {
        try? await Task.sleep(for: duration)  // cancelled: the rounds are bounded anyway
    }
}

/// Who owns which slot.
extension RedisCluster {
    private func owner(of command: RedisCommand) -> RedisNode {
        let slot = command.routingKey.map(ClusterSlot.slot(of:))
        return state.withLock { state in slot.flatMap { state.owners[$0] } } ?? url.node  // it will say MOVED
    }

    private func connection(to node: RedisNode) throws(RedisError) -> RedisConnection {
        let known = state.withLock { $0.isClosed ? nil : $0.connections[node] }
        if let known { return known }
        let name = "\(label)-\(node.host):\(node.port)"
        let opened = try RedisConnection(url.at(node), tls: tls, label: name, timeout: timeout)
        let kept = state.withLock { state -> RedisConnection? in
            if state.isClosed { return nil }
            let kept = state.connections[node] ?? opened  // somebody else may have been faster
            state.connections[node] = kept
            return kept
        }
        guard let kept else { throw .closed }
        return kept
    }

    /// Asks for the map; callers that come meanwhile wait for the same answer.
    private func refreshMap() async {
        let task = state.withLock { state in
            if let running = state.refresh { return running }
            let task = Task { await self.loadMap() }
            state.refresh = task
            return task
        }
        await task.value
    }

    private func loadMap() async {
        let known = state.withLock { Array($0.connections.keys) }
        for node in [url.node] + known.filter({ $0 != url.node }) {
            guard let owners = await owners(accordingTo: node) else { continue }
            state.withLock { state in
                state.owners = owners
                state.isMapKnown = true
            }
            break
        }
        state.withLock { $0.refresh = nil }
    }

    /// `CLUSTER SLOTS`: an array of [first slot, last slot, [host, port, …] of the primary, replicas …].
    private func owners(accordingTo node: RedisNode) async -> [RedisNode?]? {
        var encoder = RedisCommandEncoder(commandCount: 1)
        encoder.append(RedisCommand("CLUSTER", ["SLOTS"]))
        guard let connection = try? connection(to: node),
            case .success(let replies) = await connection.exchange(encoder.encoded, replyCount: 1),
            let ranges = replies.first?.array
        else { return nil }
        var owners = [RedisNode?](repeating: nil, count: ClusterSlot.count)
        for range in ranges {
            guard let fields = range.array, fields.count >= 3, let first = fields[0].integer,
                let last = fields[1].integer, let primary = fields[2].array, primary.count >= 2,
                let port = primary[1].integer.flatMap(UInt16.init(exactly:)),
                first >= 0, first <= last, last < ClusterSlot.count
            else { continue }
            let host = primary[0].text ?? ""
            let owner = RedisNode(host: host.isEmpty ? node.host : host, port: port)
            for slot in Int(first)...Int(last) { owners[slot] = owner }
        }
        return owners.contains { $0 != nil } ? owners : nil
    }
}
