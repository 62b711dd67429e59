import Domain
import JSON
import TestSupport
import Testing

extension BlackBox {
    /// Unknown is said, never shown as free and never as an empty list.
    @Suite("G10: what is down is said")
    struct Outages {
        private static let specialty = "rheumatology"

        /// What the steps of one outage share.
        private struct Scene: Sendable {
            let system: SystemUnderTest
            let servers: OwnServers
            let staff: Caller
            let practice: String
            let patient: String
            let truth: StoreTruth

            func settled() async throws {
                try await ReadModels(staff, truth).converge([practice], specialty: Outages.specialty)
            }

            /// Whether `/readyz` of the processes with a role says that a dependency is down.
            func isSaidDown(_ dependency: String, by role: ServedRole) async throws -> Bool {
                for member in system.members(with: role) {
                    let answer = try await system.operations(member, "/readyz")
                    let states = answer.json["dependencies"]?.arrayValue ?? []
                    let state = states.first { $0["name"]?.stringValue?.contains(dependency) == true }
                    guard state?["ready"]?.boolValue == false else { return false }
                }
                return true
            }
        }

        @Test(
            "G10: Redis, the broker and PostgreSQL go down in turn, and all recovers without a restart",
            arguments: SystemShape.allCases)
        func inTurn(_ shape: SystemShape) async throws {
            try await OwnServers.with("outages-\(shape.rawValue)") { servers in
                try await SystemUnderTest.with(shape, own: servers) { system in
                    let staff = try system.caller()
                    let practice = try await staff.openPractice(Practice(specialty: Self.specialty))
                    let patient = try await staff.registerPatient()
                    try await StoreTruth.with(system.servers) { truth in
                        let scene = Scene(
                            system: system, servers: servers, staff: staff, practice: practice, patient: patient,
                            truth: truth)
                        try await scene.settled()
                        try await redisFrozen(scene)
                        try await redisKilled(scene)
                        try await brokerGone(scene)
                        try await postgresDown(scene)
                    }
                }
            }
        }

        /// Bookings go on; free slots are answered rightly or said to be unknown.
        private func redisFrozen(_ scene: Scene) async throws {
            try scene.servers.freezeRedis()
            let start = try Wall.start(1, inDays: 1)
            let booked = try await scene.staff.book(scene.practice, scene.patient, at: start)
            #expect(booked.status == 201, "Redis is never the judge: \(booked.text)")
            try await expectUnknownOrTrue(scene, "Redis hangs")
            try await eventually("readiness names Redis", within: .seconds(20)) {
                try await scene.isSaidDown("redis", by: .availability)
            }
            try scene.servers.thawRedis()
            try await scene.settled()
        }

        private func redisKilled(_ scene: Scene) async throws {
            try scene.servers.killRedis()
            let start = try Wall.start(2, inDays: 1)
            #expect(try await scene.staff.book(scene.practice, scene.patient, at: start).status == 201)
            try await expectUnknownOrTrue(scene, "Redis is gone")
            try await scene.servers.restart()
            try await scene.settled()
        }

        /// Bookings go on, the outbox grows and its age shows; then it drains.
        private func brokerGone(_ scene: Scene) async throws {
            try await scene.system.crashBroker()
            for slot in 4..<8 {
                let start = try Wall.start(slot, inDays: 1)
                let booked = try await scene.staff.book(scene.practice, scene.patient, at: start)
                #expect(booked.status == 201, "the broker is no part of a booking: \(booked.text)")
            }
            try await expectUnknownOrTrue(scene, "the broker is gone", orStale: true)
            try await eventually("readiness names Kafka", within: .seconds(20)) {
                try await scene.isSaidDown("kafka", by: .relay)
            }
            try await scene.system.startBroker()
            try await scene.settled()
        }

        /// What needs the database says 503 with Retry-After, and nothing shows an empty list.
        private func postgresDown(_ scene: Scene) async throws {
            try await scene.servers.crashPostgres()
            let staff = scene.staff
            let booked = try await staff.book(scene.practice, scene.patient, at: try Wall.start(10, inDays: 1))
            expectUnavailable(booked, "booking")
            expectUnavailable(try await staff.get("/practitioners/\(scene.practice)"), "a practitioner")
            expectUnavailable(try await staff.get("/practitioners"), "practitioners")
            expectUnavailable(try await staff.get("/patients/\(scene.patient)/bookings"), "a patient's bookings")
            expectUnavailable(try await staff.get("/patients/\(scene.patient)"), "a patient")
            let search = try await staff.get("/search?specialty=\(Self.specialty)")
            #expect(search.status == 503 || search.json["degraded"]?.boolValue == true, "\(search.text)")
            let free = try await staff.availability(scene.practice)
            #expect(free.status == 503 || !Listing(free).starts.isEmpty, "never an empty list: \(free.text)")
            for member in scene.system.members {
                _ = try await scene.system.operations(member, "/healthz").expecting(200)
            }
            try await eventually("readiness names the database", within: .seconds(20)) {
                try await scene.isSaidDown("database", by: .booking)
            }
            try await scene.servers.restart()
            try await eventually("bookings work again", within: .seconds(30), every: .milliseconds(200)) {
                let start = try Wall.start(11, inDays: 1)
                return [201, 409].contains(try await staff.book(scene.practice, scene.patient, at: start).status)
            }
            try await scene.settled()
            for member in scene.system.members { try await scene.system.waitUntilReady(member) }
        }

        private func expectUnavailable(_ answer: Answer, _ what: String) {
            #expect(answer.status == 503 && answer.problem == "dependency-unavailable", "\(what): \(answer.text)")
            #expect(answer.header("Retry-After") != nil, "\(what)")
        }

        /// 503 with `Retry-After`, the state `unknown`, or exactly what the store says; with `orStale` also what is
        /// marked as old.
        private func expectUnknownOrTrue(_ scene: Scene, _ moment: Comment, orStale: Bool = false) async throws {
            let answer = try await scene.staff.availability(scene.practice, days: 14)
            if answer.status == 503 {
                #expect(answer.header("Retry-After") != nil, moment)
                return
            }
            let listing = Listing(try answer.expecting(200))
            if listing.state == "unknown" {
                #expect(listing.starts.isEmpty, "nothing is free in what is unknown")
            } else if orStale {
                #expect(!listing.starts.isEmpty, moment)
            } else {
                try await ReadModels(scene.staff, scene.truth).checkAvailability(of: scene.practice)
            }
        }
    }
}
