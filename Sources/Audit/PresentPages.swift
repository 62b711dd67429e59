package import AvailabilityProjection
import EventStore
package import ProjectionRunner
package import Redis

/// Where the served pages stand now, so that it can be told apart that nothing happened from that nothing was recorded.
package enum PresentPages {
    /// Asks the registry which epoch is served and Redis how far its pages are; nothing where either does not answer.
    package static func reader(_ redis: RedisClient, _ registry: EpochRegistry) -> AvailabilityHistory.Present {
        { shard in
            guard let epochs = try? await registry.epochs(of: "availability"),
                let standing = try? await AvailabilityContent(redis: redis, epoch: epochs.served).standing(of: shard)
            else { return nil }
            return (epochs.served, standing.progress)
        }
    }
}
