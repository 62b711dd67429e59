import Postgres
import Synchronization
import TestSupport
import Testing

extension BlackBox {
    /// What was acknowledged is durable.
    @Suite("G2: what was answered stays")
    struct Durability {
        /// One request of the storm: sent again with the same key until somebody answers.
        struct Attempt: Sendable {
            let practitioner: String
            let start: String
            let key: String
        }

        @Test(
            "G2: kill -9 of booking in a storm loses no 201, and a retry makes no second booking",
            arguments: SystemShape.allCases)
        func killInStorm(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let patient = try await staff.registerPatient()
                let practices = try await staff.openPractices(4)
                let attempts = try practices.flatMap { practice in
                    try (0..<60).map { number in
                        Attempt(
                            practitioner: practice, start: try Wall.start(number % 24, inDays: 1 + number / 24),
                            key: newKey())
                    }
                }.shuffled()
                let answered = AnsweredBookings()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for worker in 0..<12 {
                        let caller = try system.caller("staff", subject: "durable")
                        let share = attempts.enumerated().filter { $0.offset % 12 == worker }.map(\.element)
                        group.addTask { try await ask(share, as: caller, patient, answered) }
                    }
                    group.addTask { try await killBooking(of: system, whenAnswered: 40, answered) }
                    try await group.waitForAll()
                }
                let first = answered.byKey
                #expect(first.count >= 40)
                try await checkStored(first, in: system)
                try await retry(attempts, first, try system.caller("staff", subject: "durable"), patient)
                try await StoreTruth.with(system.servers) { truth in
                    try await StoreInvariants.expect(truth, "after kill -9 of booking")
                }
            }
        }

        /// Sends each request once and notes what was confirmed.
        private func ask(
            _ attempts: [Attempt], as caller: Caller, _ patient: String, _ answered: AnsweredBookings
        ) async throws {
            for attempt in attempts {
                let answer = try? await caller.book(
                    attempt.practitioner, patient, at: attempt.start, key: attempt.key)
                guard let answer, answer.status == 201 else { continue }
                answered.note(attempt.key, try answer.member("bookingId"))
            }
        }

        /// Kills every booking process at once, in the middle, and starts them again.
        private func killBooking(
            of system: SystemUnderTest, whenAnswered count: Int, _ answered: AnsweredBookings
        ) async throws {
            try await eventually("\(count) bookings were answered", within: .seconds(30), every: .milliseconds(2)) {
                answered.byKey.count >= count
            }
            let victims = system.members(with: .booking)
            try await system.crash(victims)
            try await system.restart(victims)
        }

        /// Every booking that a client was told of is there, with its event, and that event is published or will be.
        private func checkStored(_ answered: [String: String], in system: SystemUnderTest) async throws {
            let ids = "{\(answered.values.joined(separator: ","))}"
            try await StoreTruth.with(system.servers) { truth in
                let missing = try await truth.count(
                    truth.booking, "acknowledged_and_missing",
                    """
                    SELECT count(*) FROM unnest($1::text::uuid[]) AS told (booking_id)
                    WHERE NOT EXISTS (SELECT FROM bookings b WHERE b.booking_id = told.booking_id)
                       OR NOT EXISTS (
                           SELECT FROM events e WHERE e.stream = 'booking-' || told.booking_id
                             AND (EXISTS (SELECT FROM outbox o WHERE o.event_number = e.event_number)
                                  OR EXISTS (SELECT FROM outbox_stamps s
                                             WHERE e.event_number * 2 = ANY (s.outbox_ids))))
                    """, [.text(ids)])
                #expect(missing == 0, "\(missing) of \(answered.count) acknowledged bookings are gone")
            }
        }

        /// Sends every request again: what was answered is answered alike, what was not is done once.
        private func retry(
            _ attempts: [Attempt], _ first: [String: String], _ caller: Caller, _ patient: String
        ) async throws {
            let made = try await withThrowingTaskGroup(of: Set<String>.self) { group in
                for worker in 0..<8 {
                    let share = attempts.enumerated().filter { $0.offset % 8 == worker }.map(\.element)
                    group.addTask {
                        var made: Set<String> = []
                        for attempt in share {
                            let answer = try await caller.book(
                                attempt.practitioner, patient, at: attempt.start, key: attempt.key
                            ).expecting(201)
                            let booking = try answer.member("bookingId")
                            made.insert(booking)
                            guard let told = first[attempt.key] else { continue }
                            #expect(booking == told && answer.header("Idempotency-Replayed") == "true")
                        }
                        return made
                    }
                }
                return try await group.reduce(into: Set()) { $0.formUnion($1) }
            }
            #expect(made.count == attempts.count)
        }
    }
}

/// Bookings that clients were told of, by the key of their request.
private final class AnsweredBookings: Sendable {
    private let bookings = Mutex<[String: String]>([:])

    var byKey: [String: String] { bookings.withLock { $0 } }

    func note(_ key: String, _ booking: String) { bookings.withLock { $0[key] = booking } }
}
