import Domain
import Postgres
import TestSupport
import Testing

extension BlackBox {
    /// A relayer that is paused beyond its lease (SIGSTOP) and wakes up (SIGCONT) believes that it holds its shards.
    ///
    /// Both relayers go through it here, as real processes.
    @Suite("G4, G5: no stamp by a fenced owner, no effect twice")
    struct PausedRelays {
        private static let specialty = "ophthalmology"

        @Test("G4, G5: in a storm one relayer after the other is frozen beyond its lease, and thawed")
        func inTurn() async throws {
            try await withSystem(.apart) { system in
                let staff = try system.caller()
                let practices = try await staff.openPractices(12, Practice(specialty: Self.specialty))
                let storm = Storm(system, practices: practices, patient: try await staff.registerPatient())
                let watch = LeaseWatch(system)
                let takenOver = try await storm.blow(callers: 4) {
                    var takenOver: [Takeover] = []
                    let relays = system.members(with: .relay)
                    for (frozen, other) in [(relays[0], relays[1]), (relays[1], relays[0])] {
                        try await watch.bothHold(frozen, other)
                        let left = try await watch.leases(of: frozen)
                        system.freeze(frozen)
                        defer { system.thaw(frozen) }
                        takenOver += try await watch.takeovers(of: left, by: other)
                        // Its successor publishes meanwhile what it would publish, too, if nothing fenced it.
                        try await watch.stampsGrow(beyond: takenOver)
                    }
                    return takenOver
                }
                let seed = "TEST_SEED=\(storm.seed)"
                #expect(storm.report.unexpected.isEmpty, "\(storm.report) \(seed)")
                try await settled(system, practices, takenOver, seed)
            }
        }

        @Test("G4: one that wakes up while its successor sleeps, too, stamps nothing in the epoch that it lost")
        func whileNobodyElseStamps() async throws {
            try await withSystem(.apart) { system in
                let staff = try system.caller()
                let practices = try await staff.openPractices(12, Practice(specialty: Self.specialty))
                let patient = try await staff.registerPatient()
                let watch = LeaseWatch(system)
                let (first, second) = (system.members(with: .relay)[0], system.members(with: .relay)[1])
                try await watch.bothHold(first, second)
                try await watch.outboxIsEmpty()
                let left = try await watch.leases(of: first)
                system.freeze(first)
                defer { for member in [first, second] { system.thaw(member) } }
                let takenOver = try await watch.takeovers(of: left, by: second)
                // Nothing has been stamped since `first` fell asleep: its idea of the last positions is right, and
                // only the epoch can tell it that these shards are not its own.
                system.freeze(second)
                for practice in practices {
                    _ = try await staff.book(practice, patient, at: Wall.start(3, inDays: 2)).expecting(201)
                }
                let keys = practices.compactMap { PractitionerID($0) }
                let shards = Set(keys.map { Int(KafkaPartitioner.partition(of: $0)) })
                #expect(left.contains { $0.database == "booking" && shards.contains($0.shard) })
                system.thaw(first)
                try await watch.outboxIsEmpty()  // once the lease of `second` has expired, in a third epoch
                let stale = try await watch.stamps(beyond: takenOver, ownEpochIsStale: true)
                #expect(
                    stale == 0, "`second` slept all the time, so whatever is stamped has a newer epoch than its own")
                system.thaw(second)
                try await watch.bothHold(first, second)
                try await settled(system, practices, takenOver, "both slept")
            }
        }

        /// No effect twice: models and topics hold exactly what the stores say.
        private func settled(
            _ system: SystemUnderTest, _ practices: [String], _ takenOver: [Takeover], _ comment: String
        ) async throws {
            let watch = LeaseWatch(system)
            try await watch.outboxIsEmpty()
            let stale = try await watch.stamps(beyond: takenOver)
            #expect(stale == 0, "a fenced owner stamped; \(comment)")
            let bootstrap = try #require(system.folder.readBrokerAddress())
            try await StoreTruth.with(system.servers) { truth in
                try await ReadModels(system.caller(), truth).converge(practices, specialty: Self.specialty)
                try await StoreInvariants.expect(truth, "\(comment)")
                try await TopicSequences.expectDense(truth, from: bootstrap, fromOne: false)
            }
        }
    }
}

/// A shard whose lease somebody holds.
private struct Lease: Sendable {
    let database: String
    let shard: Int
    let epoch: Int64
}

/// A shard in the moment in which it had a new owner.
private struct Takeover: Sendable {
    let database: String
    let shard: Int
    /// The new owner's: whatever comes after `position` is stamped in this epoch or a later one.
    let epoch: Int64
    let position: Int64
}

/// Looks at who holds which shard, in all three databases.
private struct LeaseWatch {
    private let system: SystemUnderTest
    /// Leases last for ten seconds, and the sessions of one that was frozen in the middle may have to be ended.
    private static let patience: Duration = .seconds(60)

    init(_ system: SystemUnderTest) { self.system = system }

    /// Waits until each of two processes holds shards in every database.
    func bothHold(_ one: SystemUnderTest.Member, _ other: SystemUnderTest.Member) async throws {
        try await eventually(
            "both relayers hold shards in every database", within: Self.patience, every: .milliseconds(100)
        ) {
            for member in [one, other] {
                let databases = Set(try await leases(of: member).map(\.database))
                if databases.count < 3 { return false }
            }
            return true
        }
    }

    /// The shards that a process holds.
    func leases(of member: SystemUnderTest.Member) async throws -> [Lease] {
        let owner = try #require(system.pid(of: member)).description
        return try await ask(Self.readLeases, [.text(owner)]) { database, rows, row in
            Lease(database: database, shard: Int(rows.int(row, 0)), epoch: rows.int(row, 1))
        }
    }

    /// Waits until another process holds all shards, those that were left in a new epoch.
    ///
    /// - Returns: What was left, with where its new owner begins.
    func takeovers(of left: [Lease], by member: SystemUnderTest.Member) async throws -> [Takeover] {
        let owner = try #require(system.pid(of: member)).description
        return try await eventually(
            "\(member.name) holds all shards", within: Self.patience, every: .milliseconds(100)
        ) {
            let held = try await ask(Self.readLeases, [.text(owner)]) { database, rows, row in
                Takeover(
                    database: database, shard: Int(rows.int(row, 0)), epoch: rows.int(row, 1),
                    position: rows.int(row, 2))
            }
            guard held.count == 3 * Self.shardCount else { return nil }
            let taken = held.filter { now in
                left.contains { $0.database == now.database && $0.shard == now.shard && $0.epoch < now.epoch }
            }
            return taken.count == left.count ? taken : nil
        }
    }

    /// Waits until something was stamped after takeovers.
    func stampsGrow(beyond takenOver: [Takeover]) async throws {
        try await eventually("the new owner stamps", within: Self.patience, every: .milliseconds(100)) {
            try await count(Self.countNewer, takenOver) > 0
        }
    }

    /// How many stamps after takeovers have an older epoch than the new owner's, or its own one.
    func stamps(beyond takenOver: [Takeover], ownEpochIsStale: Bool = false) async throws -> Int64 {
        try await count(Self.countStale, takenOver, raisedBy: ownEpochIsStale ? 1 : 0)
    }

    func outboxIsEmpty() async throws {
        try await eventually("every outbox is empty", within: Self.patience, every: .milliseconds(100)) {
            try await ask("SELECT count(*) FROM outbox") { _, rows, row in rows.int(row, 0) }.allSatisfy { $0 == 0 }
        }
    }

    private func count(_ text: String, _ takenOver: [Takeover], raisedBy step: Int64 = 0) async throws -> Int64 {
        var total: Int64 = 0
        for (name, _) in databases {
            let own = takenOver.filter { $0.database == name }
            total += try await ask(
                text,
                [
                    .intArray(own.map { Int64($0.shard) }), .intArray(own.map { $0.epoch + step }),
                    .intArray(own.map(\.position)),
                ], of: name
            ) { _, rows, row in rows.int(row, 0) }.reduce(0, +)
        }
        return total
    }

    private var databases: [(name: String, database: TestDatabase)] {
        [
            ("booking", system.servers.booking), ("practitioner", system.servers.practitioner),
            ("patient", system.servers.patient),
        ]
    }

    private func ask<T: Sendable>(
        _ text: String, _ parameters: [PGValue] = [], of only: String? = nil,
        _ read: @Sendable (String, PGRows, Int) -> T
    ) async throws -> [T] {
        var found: [T] = []
        for (name, database) in databases where only == nil || only == name {
            let pool = PGPool(url: database.url, label: "test-leases", sessionsMax: 1)
            do {
                let rows = try await pool.query(SQLStatement(name: "leases", text: text), parameters)
                found += (0..<rows.count).map { read(name, rows, $0) }
            } catch {
                await pool.close()
                throw error
            }
            await pool.close()
        }
        return found
    }

    private static let shardCount = 7

    /// Owners are named after their process.
    ///
    /// Lease and last position are of one snapshot: a stamp that is in it was made before, one that is not comes after.
    private static let readLeases = """
        SELECT l.shard::bigint, l.epoch,
               coalesce((SELECT max(s.last_position) FROM outbox_stamps s WHERE s.shard = l.shard), 0)
        FROM shard_leases l
        WHERE l.owner LIKE $1 || '-%' AND l.expires_at > clock_timestamp()
        """
    private static let countNewer = """
        SELECT count(*)
        FROM outbox_stamps s
        JOIN unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS taken (shard, epoch, position)
          ON s.shard = taken.shard AND s.first_position > taken.position AND s.epoch >= taken.epoch
        """
    private static let countStale = """
        SELECT count(*)
        FROM outbox_stamps s
        JOIN unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS taken (shard, epoch, position)
          ON s.shard = taken.shard AND s.first_position > taken.position AND s.epoch < taken.epoch
        """
}
