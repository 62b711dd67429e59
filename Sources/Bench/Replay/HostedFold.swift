import AvailabilityProjection
import Domain
import EventStore
import Glibc
import Kafka
import Postgres
import ProjectionRunner
import Synchronization

/// A rebuild of the pages from the stores in a process of its own, so that its memory is its own too.
enum HostedFold {
    /// What came out of one rebuild, as the process prints it.
    struct Outcome: Sendable {
        let events: Int
        let readSeconds: Double
        let totalSeconds: Double
        let peakMebibytes: Double
        let digestSeconds: Double
        let isEqual: Bool
    }

    /// Builds the epoch, reads it back, and prints one line.
    static func run(_ part: ProjectedModel, epoch: Int64) async throws {
        try await part.with(epoch: epoch) { model, _ in
            let begun = ContinuousClock.now
            let read = Mutex<(events: Int, seconds: Double)>((0, 0))
            let built = try await model.rebuild(
                RebuildOrder(Shard.all, ends: [:]) { progress in
                    let seconds = (ContinuousClock.now - begun).seconds
                    read.withLock { $0 = (progress.events, progress.stage == .writing ? $0.seconds : seconds) }
                })
            let total = (ContinuousClock.now - begun).seconds
            let written = ContinuousClock.now
            var isEqual = true
            for partition in built {
                let held = try await model.digest(of: partition.partition)
                isEqual = isEqual && held == partition.folded
            }
            let (events, seconds) = read.withLock { $0 }
            let digest = (ContinuousClock.now - written).seconds
            print("\(events) \(seconds) \(total) \(peakMebibytes) \(digest) \(isEqual ? 1 : 0)")
        }
    }

    /// Builds the epoch from the log alone, with the one consumer thread that such a rebuild has, and prints bookings a
    /// second: from the first batch to the last, so that connecting does not count.
    static func runFromLog(_ part: ProjectedModel, epoch: Int64) async throws {
        try await part.with(epoch: epoch) { model, _ in
            let reading = Mutex<(first: (at: ContinuousClock.Instant, events: Int)?, last: ContinuousClock.Instant?)>(
                (nil, nil))
            let log = LogReader(KafkaSettings(bootstrapServers: part.kafka), ends: [:])
            let built = try await model.rebuild(
                RebuildOrder(Shard.all, ends: [:], log: log) { progress in
                    let now = ContinuousClock.now
                    reading.withLock { reading in
                        if progress.stage == .readingBookings, progress.share > 0, reading.first == nil {
                            reading.first = (now, progress.events)
                        }
                        if progress.stage == .writing, reading.last == nil { reading.last = now }
                    }
                })
            let end = built.reduce(0) { $0 + $1.checkpoint.positions.reduce(0) { $0 + Int($1.sequence) } }
            let (first, last) = reading.withLock { $0 }
            guard let first, let last else { throw WrongAnswer("nothing was read") }
            print("\(Double(end - first.events) / (last - first.at).seconds) \(peakMebibytes)")
        }
    }

    /// Puts one practitioner right, as the command does, and prints how many milliseconds that took, connecting
    /// included.
    static func repairOne(_ part: ProjectedModel, epoch: Int64) async throws {
        let begun = ContinuousClock.now
        try await part.with(epoch: epoch) { model, _ in
            let pool = PGPool(url: part.practitioners, label: "bench-places", sessionsMax: 1)
            let places = PractitionerPlaces(pool: pool, zones: MachineZones.database)
            guard let france = CountryCode("fr"),
                let place = try await places.read([(BookingHistory.practitioner(123), france)])[0]
            else { throw WrongAnswer("there is no practitioner 123") }
            let outcome = try await PageRepair(model).repair(place)
            guard outcome.looked > 14, outcome.changed == 0 else { throw WrongAnswer("\(outcome)") }
            await pool.close()
        }
        print((ContinuousClock.now - begun).seconds * 1_000)
    }

    /// Reads what `run` printed.
    static func outcome(_ output: String) throws -> Outcome {
        let words = output.split(separator: "\n").last?.split(separator: " ").compactMap { Double($0) } ?? []
        guard words.count == 6 else { throw WrongAnswer(output) }
        return Outcome(
            events: Int(words[0]), readSeconds: words[1], totalSeconds: words[2], peakMebibytes: words[3],
            digestSeconds: words[4], isEqual: words[5] == 1)
    }

    /// The most memory that this process has had.
    static var peakMebibytes: Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return Double(usage.ru_maxrss) / 1_024
    }
}
