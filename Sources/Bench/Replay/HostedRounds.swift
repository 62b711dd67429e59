import AvailabilityProjection
import Domain
import EventStore
import Kafka
import Observability
import Postgres
import ProjectionRunner
import SearchProjection

/// Rounds of baselines into the log, and the pages out of them, each in a process of its own.
enum HostedRounds {
    /// What came out of either, as the process prints it.
    struct Outcome: Sendable {
        /// Practitioners of one model.
        let count: Int
        let seconds: Double
        let peakMebibytes: Double
    }

    /// Publishes the rounds of both models for every partition, as the role `projection` does once they are due.
    static func publish(_ part: ProjectedModel) async throws {
        try await part.with { _, _ in
            let bookings = PGPool(url: part.bookings, label: "bench-rounds", sessionsMax: 4)
            let practitioners = PGPool(url: part.practitioners, label: "bench-rounds", sessionsMax: 4)
            let zones = MachineZones.database
            let settings = KafkaSettings(bootstrapServers: part.kafka)
            let keeper = BaselineKeeper(
                [
                    AvailabilityBaselines(
                        bookings: bookings, practitioners: practitioners,
                        places: PractitionerPlaces(pool: practitioners, zones: zones), zones: zones,
                        clock: MachineClock()),
                    SearchBaselines(practitioners),
                ], pool: practitioners, kafka: { settings }, every: .seconds(86_400), owner: "bench",
                identifiers: MachineIdentifiers(), clock: MachineClock(), log: .silent,
                metrics: BaselineMetrics(Metrics()))
            let begun = ContinuousClock.now
            let rounds = try await keeper.publishDue()
            let (seconds, peak) = ((ContinuousClock.now - begun).seconds, HostedFold.peakMebibytes)
            guard rounds == 2 * Shard.count else { throw WrongAnswer("\(rounds) rounds were published") }
            let found = try await found(of: "availability", part)
            print("\(found.values.reduce(0) { $0 + $1.round.count }) \(seconds) \(peak)")
            for pool in [bookings, practitioners] { await pool.close() }
        }
    }

    /// Builds an epoch of the pages from their rounds alone; it must be what epoch 1 is.
    static func build(_ part: ProjectedModel, epoch: Int64) async throws {
        let served = try await part.with(epoch: 1) { model, _ in
            var digest = ModelDigest()
            for shard in Shard.all { digest.add(try await model.digest(of: shard)) }
            return digest
        }
        try await part.with(epoch: epoch) { model, _ in
            let begun = ContinuousClock.now
            let log = LogReader(
                KafkaSettings(bootstrapServers: part.kafka), ends: [:], rounds: try await found(of: model.name, part))
            let built = try await model.rebuild(RebuildOrder(Shard.all, ends: [:], log: log))
            let seconds = (ContinuousClock.now - begun).seconds
            var (held, folded) = (ModelDigest(), ModelDigest())
            for partition in built {
                held.add(try await model.held(partition))
                folded.add(partition.folded)
            }
            guard held == folded, held == served else {
                throw WrongAnswer("the rounds say \(folded), the pages \(held), a fold of the stores \(served)")
            }
            print("\(built.reduce(0) { $0 + $1.count }) \(seconds) \(HostedFold.peakMebibytes)")
        }
    }

    /// The proof that rounds are whole and that the log has what came after them: a rebuild begins with it.
    private static func found(
        of model: String, _ part: ProjectedModel
    ) async throws -> [Shard: BaselineRounds.Whole] {
        try await part.with { _, stores in
            var heads: [Topic: [Int64]] = [:]
            for (topic, store) in stores { heads[topic] = try await store.heads().prefix(Shard.count).map(\.stamped) }
            let pool = PGPool(url: part.practitioners, label: "bench-rounds", sessionsMax: 1)
            let hints = try await BaselineDesk(pool).hints(of: model)
            await pool.close()
            let cover = try await LogCover.read(
                model, heads: heads, KafkaSettings(bootstrapServers: part.kafka), hints: hints)
            guard cover.missing.isEmpty, cover.rounds.count == Shard.count else {
                throw WrongAnswer("not covered by rounds: \(cover.missing)")
            }
            return cover.rounds
        }
    }

    /// Reads what either printed.
    static func outcome(_ output: String) throws -> Outcome {
        let words = output.split(separator: "\n").last?.split(separator: " ").compactMap { Double($0) } ?? []
        guard words.count == 3 else { throw WrongAnswer(output) }
        return Outcome(count: Int(words[0]), seconds: words[1], peakMebibytes: words[2])
    }
}
