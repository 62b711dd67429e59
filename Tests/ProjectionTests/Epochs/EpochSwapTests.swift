import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@testable import ProjectionRunner

/// What a swap and a rollback ask for, and that nothing half of one can be seen.
@Suite("G7 swap and rollback")
struct EpochSwapTests {
    private let model = EpochBed.model

    @Test("an epoch that was proved and adopted is swapped in; the one before is kept, and gone back to")
    func forthAndBack() async throws {
        try await EpochBed.with { bed in
            let shadow = try await bed.shadow()
            let lanes = try await bed.lanes()
            try await bed.word([shadow], lanes)
            let swap = try await bed.swap(to: shadow)
            #expect(swap.from == 1 && swap.to == shadow && swap.fence == 2)
            var epochs = try await bed.registry.epochs(of: model)
            #expect(epochs.served == shadow && epochs[1]?.state == .kept && epochs[shadow]?.state == .served)
            #expect(epochs[1]?.leftAt != nil)

            #expect(try await bed.registry.rollbackTarget(of: model) == 1)
            try await bed.word([1], lanes)
            try await bed.swap(to: 1, .rollback)
            epochs = try await bed.registry.epochs(of: model)
            #expect(epochs.served == 1 && epochs.fence == 3 && epochs[shadow]?.state == .kept)
            #expect(try await bed.registry.swaps(of: model).map(\.kind) == [.rollback, .swap])
            #expect(try await bed.registry.rollbackTarget(of: model) == shadow)
        }
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var held = "4:2"
        var words = Shard.all
        var standing = EpochStanding.equal
        var fence: Int64?
        let expected: @Sendable (Int64) -> EpochError
    }

    static let refusals: [Refusal] = [
        Refusal(testDescription: "no lane has adopted it", words: []) { .notAdopted(epoch: $0, Shard.all) },
        Refusal(testDescription: "one lane has not", words: Array(Shard.all.dropLast())) {
            .notAdopted(epoch: $0, [Shard(5)])
        },
        Refusal(testDescription: "it holds something else than the fold says", held: "4:3") {
            .unproved(epoch: $0, held: "4:3", folded: "4:2")
        },
        Refusal(
            testDescription: "it lacks a booking that readers have seen",
            standing: EpochStanding(target: .at(3, 2), served: .at(4, 2))
        ) { .behind(epoch: $0, Shard(0), topic: .bookingEvents) },
        Refusal(
            testDescription: "it lacks a schedule, and is ahead in bookings",
            standing: EpochStanding(target: .at(9, 1), served: .at(4, 2))
        ) { .behind(epoch: $0, Shard(0), topic: .practitionerEvents) },
        Refusal(testDescription: "it is gone", standing: EpochStanding(target: nil, served: .at(4, 2))) {
            .behind(epoch: $0, Shard(0), topic: nil)
        },
        Refusal(testDescription: "somebody else has swapped", fence: 7) { _ in .fenceMoved(expected: 7, found: 1) },
    ]

    @Test("a swap is refused, with what is missing", arguments: refusals)
    func refuses(_ example: Refusal) async throws {
        try await EpochBed.with { bed in
            let shadow = try await bed.shadow(held: example.held)
            let lanes = try await bed.lanes()
            try await bed.word([shadow], lanes.filter { example.words.contains($0.key) })
            await #expect(throws: example.expected(shadow)) {
                try await bed.swap(to: shadow, fence: example.fence, standing: example.standing)
            }
            #expect(try await bed.registry.epochs(of: model).served == 1)
        }
    }

    @Test("what was built of a part, is still being built, or was never built is not swapped in")
    func refusesUnfinished() async throws {
        try await EpochBed.with { bed in
            let scope = EpochScope(country: CountryCode("fr"))
            let part = try await bed.registry.createShadow(
                model, scope: scope, source: "the stores", by: "anna", lease: EpochBed.lease)
            await #expect(throws: EpochError.scoped(epoch: part.number, scope)) { try await bed.swap(to: part.number) }
            await #expect(throws: EpochError.scoped(epoch: part.number, scope)) {
                try await bed.registry.requestAdoption(model, part.number)
            }
            try await bed.registry.fail(model, part.number, because: "test")
            let shadow = try await bed.registry.createShadow(
                model, source: "the stores", by: "anna", lease: EpochBed.lease)
            await #expect(throws: EpochError.state(epoch: shadow.number, .building)) {
                try await bed.swap(to: shadow.number)
            }
            await #expect(throws: EpochError.servedAlready(epoch: 1)) { try await bed.swap(to: 1) }
            await #expect(throws: EpochError.unknownEpoch(model: model, epoch: 99)) { try await bed.swap(to: 99) }
            await #expect(throws: EpochError.nothingToRollBack(model: model)) {
                try await bed.registry.rollbackTarget(of: model)
            }
        }
    }

    @Test("a word holds only for the lane that gave it, under the fence that it knew")
    func wordsEnd() async throws {
        try await EpochBed.with { bed in
            let shadow = try await bed.shadow()
            var lanes = try await bed.lanes()
            try await bed.word([shadow], lanes)
            let third = Shard(3)
            lanes[third] = try await bed.registry.beginLane(model, third, owner: "another")
            await #expect(throws: EpochError.notAdopted(epoch: shadow, [third])) { try await bed.swap(to: shadow) }
            // The lane that was replaced cannot give its word any more.
            let generation = try #require(lanes[third]) - 1
            #expect(
                try await bed.registry.giveWord(model, [shadow], third, generation: generation, fence: 1) == false)
            try await bed.word([shadow], lanes)
            _ = try await bed.registry.withdraw(
                model, shadow, third, generation: try #require(lanes[third]), isFinal: false)
            await #expect(throws: EpochError.notAdopted(epoch: shadow, [third])) { try await bed.swap(to: shadow) }
            try await bed.word([shadow], lanes)
            try await bed.swap(to: shadow)
            // Right after a swap no lane has said that it writes the old epoch first.
            await #expect(throws: EpochError.notAdopted(epoch: 1, Shard.all)) { try await bed.swap(to: 1, .rollback) }
        }
    }

    @Test("of many swappers at once one wins, and the others say why they did not")
    func oneWins() async throws {
        try await EpochBed.with { bed in
            let first = try await bed.shadow()
            let lanes = try await bed.lanes()
            let second = try await bed.shadow()
            for _ in 0..<10 {
                try await bed.word([1, first, second], lanes)
                let epochs = try await bed.registry.epochs(of: model)
                let targets = [1, first, second].filter { $0 != epochs.served }
                let wins = await withTaskGroup(of: Bool.self) { group in
                    for target in targets + targets {
                        group.addTask {
                            do {
                                try await bed.swap(to: target, fence: epochs.fence)
                                return true
                            } catch {
                                #expect(error is EpochError, "\(error)")
                                return false
                            }
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(wins == 1)
                #expect(try await bed.registry.epochs(of: model).fence == epochs.fence + 1)
            }
            #expect(try await bed.registry.swaps(of: model).count == 10)
        }
    }

    @Test("a lane that takes its word back, or starts, at the moment of the swap is either seen by it or sees it")
    func racesWithLanes() async throws {
        try await EpochBed.with { bed in
            let shadow = try await bed.shadow()
            var lanes = try await bed.lanes()
            let shard = Shard(2)
            for round in 0..<20 {
                try await bed.word([1, shadow], lanes)
                let before = try await bed.registry.epochs(of: model)
                let target = before.served == 1 ? shadow : 1
                let generation = try #require(lanes[shard])
                async let swapped = try? bed.swap(to: target, fence: before.fence)
                if round.isMultiple(of: 2) {
                    let seen = try await bed.registry.withdraw(
                        model, target, shard, generation: generation, isFinal: false)
                    // Whoever came first, lane and swap agree.
                    #expect((await swapped != nil) == (seen == target))
                } else {
                    lanes[shard] = try await bed.registry.beginLane(model, shard, owner: "lanes")
                    let seen = try await bed.registry.epochs(of: model).served
                    #expect((await swapped != nil) == (seen == target))
                }
            }
        }
    }
}
