import Synchronization

/// Which shards this relayer holds and which lane drains each; shared by the keeper of the leases and the lanes.
final class ShardTable: Sendable {
    /// A shard that a lane must drain, or must finish with.
    struct Assignment: Hashable, Sendable {
        var held: HeldShard
        let lane: Int
        var isLeaving = false
    }

    private struct State {
        var assignments: [Shard: Assignment] = [:]
        var released: [(held: HeldShard, acknowledged: Int64?)] = []
        var version = 0
    }

    private let laneCount: Int
    private let state = Mutex(State())

    init(laneCount: Int) {
        self.laneCount = laneCount
    }

    /// Grows with every change.
    var version: Int { state.withLock { $0.version } }

    /// All shards that are held, also those that are leaving.
    var held: [HeldShard] { state.withLock { $0.assignments.values.map(\.held).sorted { $0.shard < $1.shard } } }

    /// Shards that are held and meant to stay.
    var staying: [Shard] {
        state.withLock { $0.assignments.values.filter { !$0.isLeaving }.map(\.held.shard).sorted() }
    }

    /// What a lane has to do.
    func assignments(of lane: Int) -> (version: Int, [Shard: Assignment]) {
        state.withLock { state in (state.version, state.assignments.filter { $0.value.lane == lane }) }
    }

    /// Gives new shards to the lanes that have fewest.
    func add(_ shards: [HeldShard]) {
        state.withLock { state in
            for held in shards {
                let load = state.assignments.values.reduce(into: [Int](repeating: 0, count: laneCount)) { load, other in
                    load[other.lane] += 1
                }
                let lane = load.indices.min { load[$0] < load[$1] } ?? 0
                state.assignments[held.shard] = Assignment(held: held, lane: lane)
                state.version += 1
            }
        }
    }

    /// Keeps the shards of a lane that got a new epoch and forgets its others.
    func replace(in lane: Int, by shards: [HeldShard]) {
        state.withLock { state in
            for shard in state.assignments.values.filter({ $0.lane == lane }).map(\.held.shard) {
                if let held = shards.first(where: { $0.shard == shard }) {
                    state.assignments[shard]?.held = held
                } else {
                    state.assignments[shard] = nil
                }
            }
            state.version += 1
        }
    }

    /// Forgets shards that somebody else may have by now; those in a newer epoch stay.
    func lose(_ shards: [HeldShard]) {
        state.withLock { state in
            for lost in shards where state.assignments[lost.shard]?.held.epoch == lost.epoch {
                state.assignments[lost.shard] = nil
                state.version += 1
            }
        }
    }

    /// Asks the lanes to finish with `count` shards.
    func askToLeave(_ count: Int) {
        state.withLock { state in
            let staying = state.assignments.values.filter { !$0.isLeaving }.map(\.held.shard).sorted(by: >)
            for shard in staying.prefix(count) { state.assignments[shard]?.isLeaving = true }
            state.version += 1
        }
    }

    /// A lane has finished with a shard: nothing of it is under way any more.
    func finish(_ held: HeldShard, acknowledged: Int64?) {
        state.withLock { state in
            guard state.assignments[held.shard]?.held == held else { return }
            state.assignments[held.shard] = nil
            state.released.append((held, acknowledged))
            state.version += 1
        }
    }

    /// Shards that can be given back.
    func takeReleased() -> [(held: HeldShard, acknowledged: Int64?)] {
        state.withLock { state in
            defer { state.released = [] }
            return state.released
        }
    }
}
