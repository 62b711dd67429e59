import AvailabilityProjection
import Domain
import EventStore
import Foundation
import Postgres
import ProjectionRunner
import SearchProjection
import TestSupport
import Testing

@testable import replay

/// Rebuilds of one model, each a process that is killed several times, resumed, compared, and dropped.
struct KillSeries {
    /// How far a rebuild is, as the registry has it.
    enum Stage: Int, Comparable, CaseIterable {
        case notBegun, building, tailing, handingOver, ready

        static func < (one: Stage, other: Stage) -> Bool { one.rawValue < other.rawValue }
    }

    /// Where the kills of one epoch are aimed at; nil: anywhere, the start of the process included.
    private static let aims: [Stage?] = [.building, .building, .tailing, .handingOver, nil]

    let bed: ReplayBed
    let history: History
    let model: String
    /// Path of the `replay` program.
    let program: String
    /// What the processes say.
    let log = FileManager.default.temporaryDirectory.appending(path: "rebuild-\(UUID().uuidString).log").path
    private var random: SeededRandom
    /// How long an undisturbed rebuild takes to each stage, from the start of its process.
    private var reached: [Stage: Duration] = [:]
    /// How many processes were killed in which stage.
    private(set) var kills: [Stage: Int] = [:]
    /// How many processes came to their end.
    private(set) var completed = 0
    private var booked = 0

    init(_ bed: ReplayBed, _ history: History, _ model: String, program: String, seed: UInt64) {
        self.bed = bed
        self.history = history
        self.model = model
        self.program = program
        random = SeededRandom(seed: seed)
    }

    var killed: Int { kills.values.reduce(0, +) }

    /// Goes round until so many processes were killed.
    mutating func run(kills count: Int) async throws {
        try await measure()  // live projection may only just have begun, too
        try await measure()
        while killed < count {
            for aim in Self.aims where killed < count { if try await attempt(aim) { break } }
            try await finish()
        }
    }

    /// Kills one that waits for live projection, which must be away: with it, the hand-over is over in a moment.
    mutating func killInHandOver() async throws {
        try await happen()
        let process = try await start()
        try await eventually("the rebuild waits for live projection", within: .seconds(60)) {
            if !process.isRunning { return true }
            return try await stage().stage == .handingOver
        }
        if process.isRunning { try await process.crash() }
        try #require(process.exit == .signal(SIGKILL), "\(process.output())")
        kills[try await stage().stage, default: 0] += 1
    }

    /// One rebuild that nobody disturbs, for its length.
    private mutating func measure() async throws {
        reached = [:]
        let started = ContinuousClock.now
        let process = try await start()
        try await eventually("the rebuild ends", within: .seconds(60), every: .milliseconds(2)) {
            let stage = try await stage().stage
            if reached[stage] == nil { reached[stage] = started.duration(to: .now) }
            return !process.isRunning
        }
        try #require(process.exit == .code(0), "\(process.output())")
        completed += 1
        reached[.ready] = started.duration(to: .now)
        try await finish()
    }

    /// Starts or resumes, and kills in a stage.
    ///
    /// - Returns: True where the process was quicker: the epoch is ready.
    private mutating func attempt(_ aim: Stage?) async throws -> Bool {
        // Something happens each time that the next attempt has to find.
        try await happen()
        let process = try await start()
        if let aim {
            try await eventually("the rebuild comes to \(aim)", within: .seconds(60), every: .milliseconds(2)) {
                if !process.isRunning { return true }
                return try await stage().stage >= aim
            }
        }
        try await Task.sleep(for: somewhere(in: aim))
        if process.isRunning { try await process.crash() }
        if process.exit == .code(0) {
            completed += 1
            return true
        }
        try #require(process.exit == .signal(SIGKILL), "\(process.output())")
        let hit = try await stage().stage
        kills[hit, default: 0] += 1
        return hit == .ready
    }

    /// A random part of a stage's length; of all of the rebuild's without one.
    private mutating func somewhere(in aim: Stage?) -> Duration {
        let end = reached[.ready] ?? .zero
        var length = end
        if let aim {
            let next = Stage.allCases.first { $0 > aim && reached[$0] != nil }
            length = (next.flatMap { reached[$0] } ?? end) - (reached[aim] ?? .zero)
        }
        return .microseconds(Int64.random(in: 0...max(1, Int64(length / .microseconds(1))), using: &random))
    }

    private mutating func happen() async throws {
        let practitioner = history.practitioners[booked % history.practitioners.count]
        let slot = 4 + booked / history.practitioners.count
        try await history.book(practitioner, slots: slot..<(slot + 1), in: .fr)
        booked += 1
    }

    /// Comes to an end if it was killed, is what the store and live projection say, and leaves nothing behind.
    mutating func finish() async throws {
        if try await stage().epoch?.state.isUnfinished == true {
            let process = try await start()
            let exit = try await process.waitForExit(within: .seconds(60))
            try #require(exit == .code(0), "\(process.output())")
            completed += 1
        }
        let (stage, found) = try await stage()
        guard let epoch = found else { return }  // killed each time before it had begun
        try #require(stage == .ready && epoch.isProved)
        try await eventually("the rebuilt epoch is live projection's", within: .seconds(60)) {
            for shard in Shard.all {
                guard try await digest(epoch.number, shard) == digest(1, shard) else { return false }
            }
            return true
        }
        try await eventually("the rebuilt epoch is a fold of the stores", within: .seconds(60)) {
            await bed.replay("diff", "--model", model, "--epoch", "\(epoch.number)", "--against", "store").code
                == .success
        }
        // Whoever was killed between its last step and its end has left a lease, which ends by itself.
        try await eventually("the epoch is dropped", within: .seconds(60)) {
            await bed.replay("drop", "--model", model, "--epoch", "\(epoch.number)").code == .success
        }
    }

    private func digest(_ epoch: Int64, _ shard: Shard) async throws -> ModelDigest {
        if model == "availability" { return try await bed.availability(epoch).digest(of: shard) }
        return try await bed.search(epoch).digest(of: shard)
    }

    /// Starts a rebuild, or goes on with the one that is not finished.
    private func start() async throws -> RunningProgram {
        let isUnfinished = try await stage().epoch?.state.isUnfinished == true
        return try RunningProgram(
            program, ["rebuild", "--model", model] + (isUnfinished ? ["--resume"] : []), environment: bed.environment,
            logPath: log)
    }

    /// The epoch that is not served and not gone, and how far it is.
    private func stage() async throws -> (stage: Stage, epoch: EpochRecord?) {
        let epochs = try await EpochRegistry(bed.practitioners).epochs(of: model)
        guard let epoch = epochs.epochs.last(where: { $0.number != epochs.served && $0.state != .dropped })
        else { return (.notBegun, nil) }
        let stage: Stage =
            switch epoch.state {
            case .building: .building
            case .tailing: epochs.adoptions.contains { $0.epoch == epoch.number } ? .handingOver : .tailing
            default: .ready
            }
        return (stage, epoch)
    }
}
