import Domain
import EventStore
import Observability
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import AvailabilityProjection
@testable import ProjectionRunner

/// Readers who look all the time while epochs go back and forth under a storm of bookings.
@Suite("G1, G5, G7 swaps under a storm", .serialized)
struct SwapStormTests {
    @Test("a slot that was once seen booked is never seen free again, whatever is swapped meanwhile")
    func neverGoesBack() async throws {
        try await LiveBed.with { live, clinic in
            for _ in 0..<6 { try await clinic.register() }
            try await live.running { _ in
                try await live.caughtUp(1)
                let shadow = try await live.shadow()
                try await live.adopted(shadow)
                try await live.ready(shadow)
                let served = ServedEpochs(url: live.bed.urls.practitioners, label: "storm", log: .silent)
                let tally = Tally()
                let practitioners = clinic.practitioners
                var took: [Duration] = []
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await served.run() }
                    for _ in 0..<4 {
                        group.addTask { try await Self.sample(live, served, practitioners, tally) }
                    }
                    for round in 0..<40 {
                        for id in practitioners {
                            let day = AvailabilityBed.today.adding(days: round / 8)
                            try await clinic.book(id, on: day, slot: round % 8)
                        }
                        if round.isMultiple(of: 4) {
                            let target = try await live.registry.epochs(of: LiveBed.model).served == 1 ? shadow : 1
                            took.append(try await live.swap(to: target).took)
                        }
                    }
                    tally.isOver.withLock { $0 = true }
                    group.cancelAll()
                }
                let seen = tally.figures.withLock { $0 }
                #expect(took.count == 10 && seen.readings > 500, "\(took), \(seen.readings) readings")
                #expect(seen.epochs == [1, shadow])
                #expect(seen.regressions == 0)
                for epoch in [1, shadow] {
                    try await live.caughtUp(epoch)
                    #expect(try await live.equalsFold(epoch))
                }
            }
        }
    }

    /// What all readers have seen.
    private final class Tally: Sendable {
        struct Figures {
            var readings = 0
            var regressions = 0
            var epochs: Set<Int64> = []
        }

        let figures = Mutex(Figures())
        let isOver = Mutex(false)
    }

    /// Reads days again and again: what a reading has shown as booked must be booked in every later one.
    private static func sample(
        _ live: LiveBed, _ served: ServedEpochs, _ practitioners: [PractitionerID], _ tally: Tally
    ) async throws {
        let pages = AvailabilityPages(redis: live.bed.redis) { try await served.epoch(of: LiveBed.model) }
        let days = (0..<6).map { AvailabilityBed.today.adding(days: $0) }
        var booked: [PractitionerID: [SlotMask]] = [:]
        while !tally.isOver.withLock({ $0 }) {
            for id in practitioners {
                guard let place = try await live.bed.places.place(of: id, in: .fr)?.place else { continue }
                let view = try await pages.view()
                let cells = try await view.read(place, days).cells
                let now = cells.map { $0?.booked ?? .empty }
                let before = booked[id] ?? now
                let lost = zip(before, now).filter { !$0.subtracting($1).isEmpty }.count
                booked[id] = now
                tally.figures.withLock { figures in
                    figures.readings += 1
                    figures.regressions += lost
                    figures.epochs.insert(view.epoch)
                }
            }
        }
    }

    @Test("one answer is of one epoch, also when the served one changes between its reads")
    func mixesNothing() async throws {
        try await LiveBed.with { live, clinic in
            let id = try await clinic.register()
            try await live.bed.relay()
            let first = live.pages(1)
            for shard in Shard.all { _ = try await first.takeBaseline(of: shard, ends: [:]) }
            // The second epoch knows another schedule: mornings there, afternoons here.
            try await clinic.setSchedule(id, from: "14:00", to: "18:00")
            try await live.bed.relay()
            let second = live.pages(2)
            for shard in Shard.all { _ = try await second.takeBaseline(of: shard, ends: [:]) }
            let turn = Mutex(Int64(0))
            let pages = AvailabilityPages(redis: live.bed.redis) {
                turn.withLock { turn in
                    turn += 1
                    return 1 + turn % 2
                }
            }
            let reader = AvailabilityReader(
                places: live.bed.places, pages: pages, cold: live.bed.cold, clock: live.bed.clock,
                countries: [.fr: AvailabilityBed.france])
            for _ in 0..<20 {
                // More than one read an answer: the days that are asked for, and those before them.
                let question = AvailabilityQuestion(
                    practitioner: id, country: .fr, from: AvailabilityBed.today.adding(days: 3), days: 7)
                guard case .found(let answer) = await reader.answer(question) else {
                    Issue.record("no answer")
                    return
                }
                #expect(Set(answer.days.map(\.free)).count == 1)
            }
        }
    }
}
