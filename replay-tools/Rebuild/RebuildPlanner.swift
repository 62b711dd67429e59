import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner
import Redis
import SearchProjection

/// Finds out what a rebuild would do, by doing all of it but the writing.
struct RebuildPlanner: Sendable {
    let given: RebuildArguments
    let connections: Connections
    let console: Console

    /// Plans models, one after the other.
    ///
    /// - Throws: As `plan`.
    @inline(never)
    func plans(_ models: [ModelName]) async throws -> [RebuildPlan] {
        var plans: [RebuildPlan] = []
        for model in models {
            let planned = try await plan(model)
            plans.append(planned)
        }
        return plans
    }

    /// Plans one model.
    ///
    /// - Throws: `Unreachable`; `Refusal` where the source that was asked for does not cover everything.
    @inline(never)
    func plan(_ model: ModelName) async throws -> RebuildPlan {
        let epochs = try await EpochDesk(model, connections).epochs()
        let proof = try await LogProof.read(model, connections)
        if given.source == .log, !proof.missing.isEmpty { throw Refusal(missing: proof.missing) }
        let coverage = try await StoreCoverage.read(connections.stores(of: [model]))
        if given.source != .log { try coverage.check() }
        let begun = ContinuousClock.now
        var plan = RebuildPlan(
            model: model, scope: given.scope, source: given.source == .log ? .log : .store, why: why(proof),
            madeAt: connections.clock.now(), served: epochs.served, fence: epochs.fence, heads: proof.heads,
            coverage: coverage.words, notInLog: proof.missing, inLog: proof.covered,
            countries: connections.countries.keys.sorted().map(\.text),
            events: try await events(model), measuredSeconds: 0, peakMebibytes: 0, looked: 0, changing: 0, sample: [],
            unreadable: [])
        let display = RebuildDisplay(console, model, epoch: epochs.served, isJSON: false)
        defer { display.clear() }
        do {
            switch model {
            case .availability: try await survey(&plan, display)
            case .search: try await surveySearch(&plan)
            }
        } catch let fault as PageRepair.Fault {
            throw Refusal(missing: ["\(model.rawValue): \(fault)"])
        } catch let cause as QuarantineCause {
            plan.unreadable.append(RebuildText.words(cause))
        } catch let error as PGError {
            throw Unreachable("the databases", error) ?? error
        } catch let error as RedisError {
            throw Unreachable("redis", error) ?? error
        }
        plan.measuredSeconds = begun.duration(to: .now).seconds
        plan.peakMebibytes = Int64(RebuildText.peakMebibytes)
        return plan
    }

    private func why(_ proof: LogProof) -> String {
        if given.source == .log { return "the log has everything that is needed" }
        if !given.scope.isWhole { return "a part is folded from the store and written where it is" }
        if given.source == .store { return "asked for: baseline from the store, tail from the log" }
        if proof.missing.isEmpty { return "the store is faster to read; the log would do, too" }
        return "the log alone lacks what was published before: baseline from the store, tail from the log"
    }

    private func events(_ model: ModelName) async throws -> Int64 {
        if let id = given.scope.practitioner { return try await events(model, of: id) }
        let country: PGValue = given.scope.country.map { .text($0.text) } ?? .null
        let yesterday = LocalDate(days: Int32(clamping: connections.clock.now().seconds / 86_400)).adding(days: -1)
        var count: Int64 = 0
        for (database, since) in [
            (connections.practitioner, nil as LocalDate?),
            (connections.booking, model == .availability ? given.scope.from ?? yesterday : nil),
        ] where model == .availability || database.topic == .practitionerEvents {
            count += try await Unreachable.naming(database.dependency) {
                try await database.pool.query(
                    SQL.countRelevantEvents, [since.map { .date($0.days) } ?? .null, country]
                ).int(0, 0)
            }
        }
        return count
    }

    private func events(_ model: ModelName, of id: PractitionerID) async throws -> Int64 {
        let shard = Shard(Int(KafkaPartitioner.partition(of: id)))
        var count = 0
        for database in connections.stores(of: [model]) {
            count += try await Unreachable.naming(database.dependency) {
                try await EventReader(database.pool).events(of: id, shard, through: .max, relevantSince: nil).count
            }
        }
        return Int64(count)
    }

    // MARK: effects

    private func survey(_ plan: inout RebuildPlan, _ display: RebuildDisplay) async throws {
        let repair = PageRepair(RebuildModels(connections).availability(epoch: plan.served))
        do {
            let found =
                if let id = given.scope.practitioner {
                    try await repair.survey(
                        try await connections.place(of: id, in: given.scope.country), days: given.scope.days)
                } else {
                    try await repair.survey(country: given.scope.country, days: given.scope.days) { progress in
                        display.show(.building(progress))
                    }
                }
            plan.looked = Int64(found.looked)
            plan.changing = Int64(found.differing)
            plan.sample = found.sample.map { wrong in
                "\(wrong.country) \(wrong.practitioner) \(wrong.date): model \(wrong.held?.words ?? "nothing"), "
                    + "store \(wrong.folded.words)"
            }
            plan.unreadable = found.unreadable.map(RebuildText.words)
            if found.missingPages > 0 { plan.sample.append("\(found.missingPages) pages are not there") }
        } catch let fault as PageRepair.Fault {
            guard case .neverBuilt = fault else { throw fault }
            plan.sample = ["there are no pages to compare with: \(fault)"]
        }
    }

    private func surveySearch(_ plan: inout RebuildPlan) async throws {
        if let id = given.scope.practitioner {
            let models = RebuildModels(connections)
            try await models.freeSlots(patience: RebuildModels.pagesPatience).check()
            let place = try await connections.place(of: id, in: given.scope.country)
            let found = try await models.search(epoch: plan.served, patience: .zero)
                .survey(SearchKey(place.calendar.country, id), Shard(place.partition))
            (plan.looked, plan.changing) = (Int64(found.looked), Int64(found.changed))
            if found.changed > 0 { plan.sample = ["the document of \(id) is not what the store says"] }
            return
        }
        let prover = SearchProver(
            connections, scope: EpochScope(country: given.scope.country), epoch: plan.served)
        for shard in Shard.all {
            let proof = try await prover.look(at: shard)
            plan.looked += Int64(max(proof.expected.count, proof.held.count))
            plan.changing += Int64(proof.differenceCount)
            plan.unreadable += proof.notCompared.map(\.words)
            let room = max(0, PageRepair.Survey.sampleMax - plan.sample.count)
            plan.sample += proof.differences.prefix(room).map { VerifyText(style: console.style).words($0) }
        }
    }
}
