import Domain
import JSON
import TestSupport
import Testing

extension BlackBox {
    /// An idempotency key has one outcome.
    @Suite("G3: one key, one outcome")
    struct Idempotency {
        @Test(
            "G3: same request, same answer, before and after kill -9; another request is refused",
            arguments: SystemShape.allCases)
        func fourOutcomes(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let patient = try await staff.registerPatient()
                let practitioner = try await staff.openPractice()
                let start = try Wall.start(5, inDays: 2)
                let (winner, loser) = (newKey(), newKey())
                let first = try await staff.book(practitioner, patient, at: start, key: winner).expecting(201)
                #expect(first.header("Idempotency-Replayed") == nil)
                let refused = try await staff.book(practitioner, patient, at: start, key: loser).expecting(409)
                _ = try await staff.cancel(try first.member("bookingId")).expecting(200)

                func checkOutcomes(_ moment: Comment) async throws {
                    let again = try await staff.book(practitioner, patient, at: start, key: winner)
                    #expect(again.status == 201 && again.body == first.body, moment)
                    #expect(again.header("Idempotency-Replayed") == "true", moment)
                    #expect(again.header("ETag") == first.header("ETag"), moment)
                    let stored = try await staff.book(practitioner, patient, at: start, key: loser)
                    #expect(stored.status == 409, "a refusal is stored too, though the slot is free again, \(moment)")
                    #expect(stored.json["alternatives"] == refused.json["alternatives"], moment)
                    let later = try Wall.start(6, inDays: 2)
                    let other = try await staff.book(practitioner, patient, at: later, key: winner)
                    #expect(other.status == 422 && other.problem == "idempotency-key-reused", moment)
                }
                try await checkOutcomes("before the restart")
                let victims = system.members(with: .booking)
                try await system.crash(victims)
                try await system.restart(victims)
                try await checkOutcomes("after the restart")

                let stranger = try system.caller("partner", subject: "stranger")
                let theirs = try await stranger.book(practitioner, patient, at: start, key: winner)
                #expect(theirs.status == 201, "a key belongs to its caller: \(theirs.text)")
            }
        }

        @Test("G3: 8 identical requests at once make one booking", arguments: SystemShape.allCases)
        func atOnce(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let patient = try await staff.registerPatient()
                let practitioner = try await staff.openPractice()
                for round in 0..<5 {
                    let start = try Wall.start(round, inDays: 1)
                    let key = newKey()
                    let answers = try await eightTimes {
                        try await staff.book(practitioner, patient, at: start, key: key)
                    }
                    try checkOneOutcome(answers, "bookingId")
                    _ = try await staff.book(practitioner, patient, at: start, key: key).expecting(201)
                }
            }
        }

        @Test("G3: 8 identical registrations at once make one practitioner", arguments: SystemShape.allCases)
        func practitionersAtOnce(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let key = newKey()
                let profile = Practice(specialty: "radiology").profile
                let answers = try await eightTimes { try await staff.post("/practitioners", profile, key: key) }
                try checkOneOutcome(answers, "practitionerId")
                let again = try await staff.post("/practitioners", profile, key: key).expecting(201)
                #expect(again.header("Idempotency-Replayed") == "true")
                let other = try await staff.post("/practitioners", Practice().profile, key: key).expecting(422)
                #expect(other.problem == "idempotency-key-reused")
            }
        }

        @Test("G3: booking is down: the change is kept, and the retry completes the answer")
        func keptChange() async throws {
            try await withSystem(.apart) { system in
                let staff = try system.caller()
                let patient = try await staff.registerPatient()
                let practitioner = try await staff.openPractice()
                let booking = try await staff.book(practitioner, patient, at: try Wall.start(1, inDays: 4))
                    .expecting(201).member("bookingId")
                let day = try Wall.date(inDays: 4)
                let (closing, registering) = (newKey(), newKey())
                let profile = Practice(specialty: "urology").profile
                let victims = system.members(with: .booking)
                try await system.crash(victims)
                let closed = try await staff.addException(
                    practitioner, from: day, to: day.adding(days: 1), key: closing)
                #expect(closed.status == 503 && closed.header("Retry-After") != nil, "\(closed.text)")
                let registered = try await staff.post("/practitioners", profile, key: registering)
                #expect(registered.status == 503 && registered.header("Retry-After") != nil, "\(registered.text)")
                let kept = try await staff.get("/practitioners/\(practitioner)/exceptions").expecting(200)
                #expect(kept.json["items"]?.arrayValue?.count == 1, "the change is kept")
                try await system.restart(victims)

                let done = try await eventually("the retry is answered", within: .seconds(20)) {
                    let answer = try await staff.addException(
                        practitioner, from: day, to: day.adding(days: 1), key: closing)
                    return answer.status == 503 ? nil : answer
                }.expecting(201)
                let displaced = done.json["displacedBookings"]?.arrayValue ?? []
                #expect(displaced.map { $0["bookingId"]?.stringValue } == [booking])
                #expect(
                    try await staff.get("/practitioners/\(practitioner)/exceptions").json["items"]?.arrayValue?.count
                        == 1)
                let answer = try await staff.post("/practitioners", profile, key: registering).expecting(201)
                let again = try await staff.post("/practitioners", profile, key: registering).expecting(201)
                #expect(answer.body == again.body)
            }
        }

        private func eightTimes(_ send: @escaping @Sendable () async throws -> Answer) async throws -> [Answer] {
            try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<8 { group.addTask { try await send() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }

        /// All were answered with the one thing that was made, or told that the first is still running.
        private func checkOneOutcome(_ answers: [Answer], _ member: String) throws {
            let done = answers.filter { $0.status == 201 }
            let running = answers.filter { $0.status == 409 }
            #expect(done.count >= 1 && done.count + running.count == answers.count, "\(answers.map(\.status))")
            let made = try Set(done.map { try $0.member(member) })
            #expect(made.count == 1)
            for answer in running {
                #expect(answer.problem == "request-in-progress" && answer.header("Retry-After") != nil)
            }
        }
    }
}
