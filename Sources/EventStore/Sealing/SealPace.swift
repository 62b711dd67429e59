/// How much of the time a sealer may work: all of it while little is appended, a small part while much is.
///
/// Sealing can wait, appends cannot: what a surge leaves behind is hashed when it is over.
struct SealPace: Sendable {
    private let settings: SealerSettings
    private var last: (stamped: [Shard: Int64], at: ContinuousClock.Instant)?
    /// More is appended than sealing may get in the way of.
    private(set) var isBusy = false

    init(_ settings: SealerSettings) {
        self.settings = settings
    }

    /// Looks how fast shards have grown since it looked last; those that are new to it do not count.
    mutating func look(at heads: [ShardHead], now: ContinuousClock.Instant = .now) {
        if let last, now > last.at {
            let grown = heads.reduce(Int64(0)) { $0 + $1.stamped - (last.stamped[$1.shard] ?? $1.stamped) }
            isBusy = Double(grown) / ((now - last.at) / .seconds(1)) > settings.busyRate
        }
        last = (Dictionary(heads.map { ($0.shard, $0.stamped) }) { $1 }, now)
    }

    /// How long to pause after a batch that took so long.
    func pause(after work: Duration) -> Duration {
        isBusy ? min(work * (1 / settings.busyShare - 1), settings.interval) : .zero
    }
}
