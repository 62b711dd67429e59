import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@testable import ProjectionRunner

/// The rows that say what is served: by whom they may be changed, and by whom not.
@Suite("G7 the registry of epochs")
struct EpochRegistryTests {
    private let model = EpochBed.model

    @Test("a new database serves epoch 1 of both models")
    func seeded() async throws {
        try await EpochBed.with { bed in
            for model in ["availability", "search"] {
                let epochs = try await bed.registry.epochs(of: model)
                #expect(epochs.served == 1 && epochs.fence == 1)
                #expect(epochs.epochs.map(\.state) == [.served])
            }
            await #expect(throws: EpochError.unknownModel("people")) { try await bed.registry.epochs(of: "people") }
        }
    }

    @Test("numbers are never given twice, whatever becomes of their epochs")
    func numbersGrow() async throws {
        try await EpochBed.with { bed in
            for number in Int64(2)...4 {
                let made = try await bed.registry.createShadow(
                    model, source: "the stores", by: "anna", lease: EpochBed.lease)
                #expect(made.number == number)
                try await bed.registry.releaseLease(model, number, by: "anna")
                _ = try await bed.registry.beginDrop(model, number)
                try await bed.registry.finishDrop(model, number)
            }
            let states = try await bed.registry.epochs(of: model).epochs.map(\.state)
            #expect(states == [.served, .dropped, .dropped, .dropped])
        }
    }

    struct Overlap: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let running: EpochScope
        let wanted: EpochScope
        let overlaps: Bool
    }

    private static let fr = CountryCode("fr")
    private static let de = CountryCode("de")
    private static let anna = PractitionerID(high: 1, low: 1)
    private static let first = LocalDate(days: 20_800)

    static let overlaps: [Overlap] = [
        Overlap(testDescription: "everything twice", running: .whole, wanted: .whole, overlaps: true),
        Overlap(
            testDescription: "a country while everything is rebuilt", running: .whole,
            wanted: EpochScope(country: fr), overlaps: true),
        Overlap(
            testDescription: "everything while a country is rebuilt", running: EpochScope(country: fr), wanted: .whole,
            overlaps: true),
        Overlap(
            testDescription: "another country", running: EpochScope(country: fr), wanted: EpochScope(country: de),
            overlaps: false),
        Overlap(
            testDescription: "one practitioner of the country", running: EpochScope(country: fr),
            wanted: EpochScope(country: fr, practitioner: anna), overlaps: true),
        Overlap(
            testDescription: "days that touch", running: EpochScope(from: first, to: first.adding(days: 2)),
            wanted: EpochScope(from: first.adding(days: 2), to: first.adding(days: 3)), overlaps: false),
        Overlap(
            testDescription: "days that share one", running: EpochScope(from: first, to: first.adding(days: 2)),
            wanted: EpochScope(from: first.adding(days: 1)), overlaps: true),
    ]

    @Test("of two rebuilds of the same things one is refused, with the name of who runs the other", arguments: overlaps)
    func refusesASecondRebuild(_ example: Overlap) async throws {
        try await EpochBed.with { bed in
            let made = try await bed.registry.createShadow(
                model, scope: example.running, source: "the stores", by: "anna", lease: EpochBed.lease)
            #expect(made.scope == example.running)
            let outcome = await Result<Int64, any Error> {
                try await bed.registry.createShadow(
                    model, scope: example.wanted, source: "the stores", by: "bert", lease: EpochBed.lease
                ).number
            }
            switch outcome {
            case .success(let number): #expect(!example.overlaps && number == made.number + 1)
            case .failure(let error):
                #expect(example.overlaps && error as? EpochError == .running(epoch: made.number, by: "anna"))
            }
        }
    }

    @Test("a rebuild that was left alone is named, can be resumed by anybody, and its first owner finds out")
    func resumes() async throws {
        try await EpochBed.with { bed in
            let made = try await bed.registry.createShadow(
                model, source: "the stores", by: "anna", lease: .milliseconds(1))
            try await eventually("the lease has ended") {
                do {
                    _ = try await bed.registry.createShadow(
                        model, source: "the stores", by: "bert", lease: EpochBed.lease)
                    return false
                } catch EpochError.abandoned(made.number, by: "anna", since: _) { return true }
            }
            let taken = try await bed.registry.takeLease(model, made.number, by: "bert", lease: EpochBed.lease)
            #expect(taken.owner == "bert" && taken.isLeased)
            let lost = EpochError.leaseLost(epoch: made.number, by: "bert", .building)
            await #expect(throws: lost) {
                try await bed.registry.renewLease(model, made.number, by: "anna", lease: EpochBed.lease)
            }
            await #expect(throws: lost) {
                try await bed.registry.change(model, made.number, to: .tailing, by: "anna")
            }
            await #expect(throws: lost) {
                try await bed.registry.recordDigests(model, made.number, held: "1", folded: "1", by: "anna")
            }
            try await bed.registry.change(model, made.number, to: .tailing, by: "bert")
        }
    }

    @Test("neither the fence nor the numbers can be turned back, and what was swapped cannot be rewritten")
    func onlyGrows() async throws {
        try await EpochBed.with { bed in
            await #expect(throws: PGError.self) { try await bed.run("UPDATE projection_models SET fence = 0") }
            await #expect(throws: PGError.self) { try await bed.run("UPDATE projection_models SET last_epoch = 0") }
            _ = try await bed.shadow()
            await #expect(throws: PGError.self) {
                try await bed.run("UPDATE projection_models SET served_epoch = 2 WHERE model = 'availability'")
            }
            for statement in ["UPDATE projection_swaps SET swapped_by = 'eve'", "DELETE FROM projection_swaps"] {
                await #expect(throws: PGError.self) {
                    try await bed.run("SET ROLE appointments_app; \(statement)")
                }
                try await bed.run("RESET ROLE")
            }
        }
    }

    @Test("an epoch that readers are answered from, or a living rebuild, is not dropped")
    func refusesDrops() async throws {
        try await EpochBed.with { bed in
            await #expect(throws: EpochError.served(epoch: 1)) { try await bed.registry.beginDrop(model, 1) }
            let shadow = try await bed.shadow()
            await #expect(throws: EpochError.running(epoch: shadow, by: "anna")) {
                try await bed.registry.beginDrop(model, shadow)
            }
            try await bed.registry.releaseLease(model, shadow, by: "anna")
            #expect(try await bed.registry.beginDrop(model, shadow).state == .dropping)
            #expect(try await bed.registry.beginDrop(model, shadow).state == .dropping)
            await #expect(throws: EpochError.leaseLost(epoch: shadow, by: nil, .dropping)) {
                try await bed.registry.takeLease(model, shadow, by: "bert", lease: EpochBed.lease)
            }
            try await bed.registry.finishDrop(model, shadow)
            await #expect(throws: EpochError.state(epoch: shadow, .dropped)) {
                try await bed.registry.beginDrop(model, shadow)
            }
        }
    }

    @Test("a lane holds an epoch until it lets go, and one that is silent for long holds nothing")
    func waitsForWriters() async throws {
        try await EpochBed.with { bed in
            let shadow = try await bed.shadow()
            let lanes = try await bed.lanes()
            try await bed.registry.releaseLease(model, shadow, by: "anna")
            _ = try await bed.registry.beginDrop(model, shadow)
            #expect(try await bed.registry.writers(of: shadow, model).count == Shard.count)
            for (shard, generation) in lanes where shard.number > 0 {
                _ = try await bed.registry.withdraw(model, shadow, shard, generation: generation, isFinal: true)
            }
            #expect(try await bed.registry.writers(of: shadow, model).map(\.number) == [0])
            #expect(try await bed.registry.writers(of: shadow, model, silence: .zero).isEmpty)
        }
    }
}

extension Result where Failure == any Error {
    /// What became of it.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
