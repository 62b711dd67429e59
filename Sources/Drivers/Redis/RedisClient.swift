import Synchronization

/// Redis for many concurrent callers: whoever sends at the same time shares round trips.
///
/// Commands of one `send` are executed in order; between two sends that overlap there is no order. A client reconnects
/// by itself; commands are never sent again by it, as nobody knows whether they were executed.
package final class RedisClient: Sendable {
    private enum Route {
        case server([RedisConnection])
        case cluster(RedisCluster)
    }

    private let route: Route
    private let turn = Atomic<Int>(0)

    /// Starts connecting in the background; never waits.
    ///
    /// - Parameters:
    ///   - url: The server, or one node of a cluster.
    ///   - label: Names threads and connections.
    ///   - connections: Connections a server, at least 1. More than one helps only where a thread is busy.
    ///   - timeout: Longest wait for a reply, and for connecting.
    /// - Throws: `invalidTLSConfiguration`, or `unavailable` when the process has no descriptors left.
    package init(
        url: RedisURL, label: String, connections: Int = 1, timeout: Duration = .seconds(2)
    ) throws(RedisError) {
        precondition(connections >= 1, "a client needs a connection")
        let tls = url.usesTLS ? try TLSContext(certificateAuthorityPath: url.certificateAuthorityPath) : nil
        if url.isCluster {
            route = .cluster(try RedisCluster(url, tls: tls, label: label, timeout: timeout))
            return
        }
        var opened: [RedisConnection] = []
        for number in 1...connections {
            opened.append(try RedisConnection(url, tls: tls, label: "\(label)-\(number)", timeout: timeout))
        }
        route = .server(opened)
    }

    /// The same with a URL as text.
    ///
    /// - Throws: `invalidURL` too.
    package convenience init(
        url: String, label: String, connections: Int = 1, timeout: Duration = .seconds(2)
    ) throws(RedisError) {
        try self.init(url: RedisURL(url), label: label, connections: connections, timeout: timeout)
    }

    /// Sends `commands` together and returns a reply for each, in order; a refused one is an `error` among them.
    ///
    /// In a cluster each command goes to the node that has its first key. Cancelling the task does not take a command
    /// back; the timeout bounds the wait.
    /// - Throws: When not all replies came; `RedisError.isOutcomeUnknown` says whether commands may have been executed.
    package func send(_ commands: [RedisCommand]) async throws(RedisError) -> [RedisReply] {
        if commands.isEmpty { return [] }
        switch route {
        case .cluster(let cluster): return try await cluster.send(commands)
        case .server(let connections):
            var encoder = RedisCommandEncoder(commandCount: commands.count)
            for command in commands { encoder.append(command) }
            let number = connections.count == 1 ? 0 : turn.wrappingAdd(1, ordering: .relaxed).oldValue
            let connection = connections[Int(UInt(bitPattern: number) % UInt(connections.count))]
            return try await connection.exchange(encoder.encoded, replyCount: commands.count).get()
        }
    }

    /// Sends one command.
    ///
    /// - Throws: Also `refused` when the server refuses it.
    package func call(_ command: RedisCommand) async throws(RedisError) -> RedisReply {
        let replies = try await send([command])
        guard let reply = replies.first else { throw .unexpectedReply }
        return try reply.orThrow()
    }

    /// Runs a script.
    ///
    /// - Throws: Also `refused` when the server or the script refuses.
    package func evaluate(
        _ script: RedisScript, keys: [String], arguments: [RedisArgument] = []
    ) async throws(RedisError) -> RedisReply {
        let replies = try await evaluate([RedisScriptCall(script, keys: keys, arguments: arguments)])
        guard let reply = replies.first else { throw .unexpectedReply }
        return try reply.orThrow()
    }

    /// Runs scripts in one pipeline and returns a reply for each, in order; a refused one is an `error` among them.
    ///
    /// Calls of one script are executed in order. When the server has forgotten a script (`SCRIPT FLUSH`, a restart,
    /// another node), its calls come after those of scripts that it knows.
    package func evaluate(_ calls: [RedisScriptCall]) async throws(RedisError) -> [RedisReply] {
        var replies = try await send(calls.map(\.byDigest))
        var unknown = calls.indices.filter { replies[$0].isUnknownScript }
        for bySourceMax in [1, Int.max] where !unknown.isEmpty {  // once a script is enough, save across many nodes
            var sent: [String: Int] = [:]
            let again = unknown.map { index in
                sent[calls[index].script.digest, default: 0] += 1
                let isFirst = sent[calls[index].script.digest, default: 0] <= bySourceMax
                return isFirst ? calls[index].bySource : calls[index].byDigest
            }
            for (index, reply) in zip(unknown, try await send(again)) { replies[index] = reply }
            unknown = unknown.filter { replies[$0].isUnknownScript }
        }
        return replies
    }

    /// Refuses new commands, waits until those in flight are answered or have timed out, and disconnects.
    package func close() async {
        switch route {
        case .server(let connections): for connection in connections { await connection.close() }
        case .cluster(let cluster): await cluster.close()
        }
    }
}

extension RedisReply {
    fileprivate var isUnknownScript: Bool {
        if case .error(let text) = self { return text.hasPrefix("NOSCRIPT") }
        return false
    }
}
