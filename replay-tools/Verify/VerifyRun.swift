import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner

/// What came of one verification.
struct VerificationOutcome: Sendable {
    /// How the stores were asked.
    enum Kind: String, Sendable {
        /// Everything was folded anew.
        case full
        /// What was remembered was brought up to date.
        case quick
    }

    var kind: Kind
    /// When everything was folded.
    var foldedAt: Instant
    /// Events that were read to fold, besides those of single practitioners.
    var eventsRead: Int
    var proofs: [PartitionProof]

    /// Practitioners who were folded one by one.
    var judged: Int { proofs.reduce(0) { $0 + $1.judged } }
    var differenceCount: Int { proofs.reduce(0) { $0 + $1.differenceCount } }
    var unequalCount: Int { proofs.filter { !$0.isEqual }.count }
}

/// Compares all that was selected with the event stores: with a fold that is remembered where there is one, else with a
/// new one, which is remembered.
struct VerifyRun: Sendable {
    /// How often a partition that seems to differ is looked at.
    private static let looksMax = 5
    private static let pause = Duration.milliseconds(500)
    /// So many events are read again rather than the whole file written: some minutes of bookings.
    private static let eventsUnwritten = 20_000

    let connections: Connections
    let selection: Selection
    let file: MemoryFile
    /// Reads the file, begun before anything else was asked for; nil: it is not wanted.
    let remembered: Task<RememberedModels, any Error>?
    /// A fold that is older is not trusted any more.
    let ageMax: Duration
    /// Says what is being done, and how much of what is done.
    let tell: @Sendable (String, Int) -> Void
    /// Says why everything is folded anew, or what could not be kept.
    let explain: @Sendable (String) -> Void

    /// Runs it.
    ///
    /// - Throws: `Unreachable`; `Refusal`; errors of a store that is damaged.
    func run() async throws -> VerificationOutcome {
        if let remembered {
            do { return try await quick(remembered) } catch let error as MemoryFile.Unusable {
                explain("both stores are folded anew: \(error.reason)")
            }
        }
        return try await full()
    }

    private func quick(_ remembered: Task<RememberedModels, any Error>) async throws -> VerificationOutcome {
        async let days = pageDays()
        let models = try await remembered.value
        let now = connections.clock.now()
        let age = Duration.microseconds(now.microseconds - models.foldedAt.microseconds)
        if age > ageMax || age < .zero {
            throw MemoryFile.Unusable(reason: "they were folded at \(models.foldedAt) the last time")
        }
        guard try models.covers(try await days, connections.zones, at: now) else {
            throw MemoryFile.Unusable(reason: "what is remembered does not reach as far as the days that are hot now")
        }
        var outcome = VerificationOutcome(kind: .quick, foldedAt: models.foldedAt, eventsRead: 0, proofs: [])
        try await check(models, .foldAnew, &outcome)
        return outcome
    }

    private func full() async throws -> VerificationOutcome {
        let epoch = try await EpochDesk(.search, connections).served()
        let fold = StoreFold(
            connections: connections, kept: try await kept(), searchEpoch: epoch, pages: try await pageDays(),
            tell: tell)
        let (models, events) = try await fold.run()
        var outcome = VerificationOutcome(kind: .full, foldedAt: models.foldedAt, eventsRead: events, proofs: [])
        tell("pages and documents", StoreFold.stepsTotal)
        try await check(models, .judge, &outcome)
        return outcome
    }

    // MARK: where everything stands

    private func standings() async throws -> [AvailabilityStanding?] {
        if !selection.models.contains(.availability) { return Shard.all.map { _ in nil } }
        let epoch = try await EpochDesk(.availability, connections).served()
        let content = AvailabilityContent(redis: connections.redis, epoch: epoch)
        return try await Unreachable.naming("redis") {
            try await Beside.each(Shard.all) { try await content.standing(of: $0) }
        }
    }

    private func pageDays() async throws -> [ClosedRange<LocalDate>] {
        try await standings().flatMap { $0?.extents.map(\.days) ?? [] }
    }

    /// Whose events any model passes over, and who waits in any.
    private func kept() async throws -> [KeptOut] {
        async let pages = EpochDesk(.availability, connections).served()
        async let documents = EpochDesk(.search, connections).served()
        return try await KeptOut.readAll(
            [(.search, try await documents), (.availability, try await pages)], country: nil, connections)
    }

    // MARK: comparing

    private func check(
        _ models: RememberedModels, _ doubt: Doubt, _ outcome: inout VerificationOutcome
    ) async throws {
        async let kept = kept()
        let standings = try await standings()
        let heads = try await StoreHeads.read(connections)
        var targets: [StoreAdvance.Target] = []
        for (partition, standing) in zip(models.partitions, standings) {
            let number = partition.shard.number
            let (bookings, calendars) = (heads.bookings[number], heads.calendars[number])
            if partition.bookings.sequence > bookings || partition.calendars.sequence > calendars {
                throw MemoryFile.Unusable(reason: "what is remembered of shard \(number) is ahead of the stores")
            }
            let progress = standing?.progress
            targets.append(
                StoreAdvance.Target(
                    bookings: min(bookings, progress?[.bookingEvents].sequence ?? bookings),
                    calendars: min(calendars, progress?[.practitionerEvents].sequence ?? calendars)))
        }
        let advance = StoreAdvance(connections: connections, models: models, kept: try await kept)
        outcome.eventsRead += try await advance.run(to: targets)
        async let pages = pages(models, doubt)
        async let documents = documents(models, doubt)
        outcome.proofs = try await pages + documents
        if outcome.kind == .full || outcome.eventsRead > Self.eventsUnwritten || outcome.judged > 0 {
            do { try file.write(models) } catch { explain("what was folded cannot be kept: \(error.reason)") }
        }
    }

    private func pages(_ models: RememberedModels, _ doubt: Doubt) async throws -> [PartitionProof] {
        if !selection.models.contains(.availability) { return [] }
        return try await Beside.each(Shard.all) { partition in
            try await settled(nil) {
                let epoch = try await EpochDesk(.availability, connections).served()
                return try await PageCheck(
                    connections: connections, models: models, country: selection.country, epoch: epoch, doubt: doubt
                ).look(at: partition)
            }
        }
    }

    private func documents(_ models: RememberedModels, _ doubt: Doubt) async throws -> [PartitionProof] {
        if !selection.models.contains(.search) { return [] }
        let look: @Sendable ([Shard]) async throws -> [PartitionProof] = { shards in
            async let pages = EpochDesk(.availability, connections).served()
            async let documents = EpochDesk(.search, connections).served()
            return try await DocumentCheck(
                connections: connections, models: models, country: selection.country, epoch: try await documents,
                pagesEpoch: try await pages, doubt: doubt
            ).look(at: shards)
        }
        return try await Beside.each(Array(zip(Shard.all, try await look(Shard.all)))) { shard, first in
            try await settled(first) { try await look([shard])[0] }
        }
    }

    /// Looks again at what differs, until two looks agree: what was on its way has arrived by then.
    private func settled(
        _ first: PartitionProof?, _ look: () async throws -> PartitionProof
    ) async throws -> PartitionProof {
        var proof = if let first { first } else { try await look() }
        for _ in 1..<Self.looksMax where !proof.isEqual {
            try await Task.sleep(for: Self.pause)
            let next = try await look()
            if next.differences == proof.differences, next.differenceCount == proof.differenceCount { return next }
            proof = next
        }
        return proof
    }
}
