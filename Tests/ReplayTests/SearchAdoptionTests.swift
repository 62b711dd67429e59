import Domain
import EventStore
import Kafka
import ProjectionRunner
import SearchProjection
import TestSupport
import Testing

@testable import replay

/// Search reads one topic that has positions and one that has none: a shadow is brought on out of store and log.
@Suite("G7 a shadow of search beside live projection", .serialized)
struct SearchAdoptionTests {
    @Test("a shadow that lacks profiles and free slots gets both, and stays equal across swap and rollback")
    func adopts() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(6, in: .fr)
            try await bed.relay()
            try await bed.projecting {
                let registry = EpochRegistry(bed.practitioners)
                try await equal(bed, [1], "the first epoch has everybody")
                let shadow = try await registry.createShadow(
                    "search", source: "the stores", by: "test", lease: .seconds(60)
                ).number
                let coverage = try await ends(bed)
                for shard in Shard.all {
                    _ = try await bed.search(shadow).takeBaseline(of: shard, ends: coverage[shard] ?? [:])
                }
                // Missed by the shadow: new people, and free slots that change.
                try await history.register(6, in: .fr)
                for id in history.practitioners { try await history.book(id, slots: 0..<2, in: .fr) }
                try await bed.relay()
                try await equal(bed, [1], "the served epoch has all of it")
                try await registry.change("search", shadow, to: .tailing, by: "test")
                try await registry.requestAdoption("search", shadow)
                try await eventually("every lane has adopted the shadow", within: .seconds(30)) {
                    try await registry.adoptedPartitions("search", shadow).count == Shard.count
                }
                try await equal(bed, [1, shadow], "the shadow has what it missed")
                let digest = try await digest(bed, shadow)
                try await registry.recordDigests(
                    "search", shadow, held: "\(digest)", folded: "\(digest)", by: "test")
                try await registry.change("search", shadow, to: .ready, by: "test")
                for command in ["swap", "rollback"] {
                    let change = await bed.replay(command, "--model", "search")
                    #expect(change.code == .success, "\(change.complaint)")
                    for id in history.practitioners.prefix(3) {
                        try await history.book(id, slots: command == "swap" ? 2..<3 : 3..<4, in: .fr)
                    }
                    try await bed.relay()
                    try await equal(bed, [1, shadow], "both epochs have what came after the \(command)")
                }
            }
        }
    }

    /// Where the log of each partition ends.
    private func ends(_ bed: ReplayBed) async throws -> [Shard: LogEnds] {
        let coverage = try LogCoverage(bed.broker.settings, sequenced: [.practitionerEvents])
        var ends: [Shard: LogEnds] = [:]
        for shard in Shard.all {
            for topic in [Topic.practitionerEvents, .availabilityEvents] {
                ends[shard, default: [:]][topic] = try await coverage.watermarks(of: topic, shard).high
            }
        }
        return ends
    }

    private func digest(_ bed: ReplayBed, _ epoch: Int64) async throws -> ModelDigest {
        let search = bed.search(epoch)
        var digest = ModelDigest()
        for shard in Shard.all { digest.add(try await search.digest(of: shard)) }
        return digest
    }

    /// Waits until these epochs are at the end of the log, and then all the same.
    private func equal(_ bed: ReplayBed, _ epochs: [Int64], _ what: String) async throws {
        try await eventually(what, within: .seconds(30)) {
            for pool in [bed.bookings, bed.practitioners] { try await bed.drained(pool) }
            let ends = try await ends(bed)
            for epoch in epochs {
                for shard in Shard.all {
                    let at = try await bed.search(epoch).checkpoint(of: shard)
                    let isThere = ends[shard]?.offsets.allSatisfy { (at?[$0.key].nextOffset ?? -1) >= $0.value }
                    if isThere != true { return false }
                }
            }
            let digests = try await digests(bed, epochs)
            return digests.count == 1
        }
    }

    private func digests(_ bed: ReplayBed, _ epochs: [Int64]) async throws -> Set<ModelDigest> {
        var digests: Set<ModelDigest> = []
        for epoch in epochs { digests.insert(try await digest(bed, epoch)) }
        return digests
    }
}
