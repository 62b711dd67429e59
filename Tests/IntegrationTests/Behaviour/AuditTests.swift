import Domain
import Foundation
import JSON
import TestSupport
import Testing

extension BlackBox {
    /// What auditors ask of the running system, over HTTP and by command.
    @Suite("Auditors")
    struct Auditors {
        @Test(
            "ask what happened to a booking, what was shown, why a slot is taken; every question is on record",
            arguments: SystemShape.allCases)
        func ask(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let practitioner = try await staff.openPractice(Practice(specialty: "neurology"))
                let patientID = try await staff.registerPatient()
                let patient = try system.caller("patient", subject: "patient-\(patientID)", patient: patientID)
                let auditor = try system.caller("auditor", subject: "auditor-\(patientID)")
                let tomorrow = try Wall.date(inDays: 1)
                let starts = try await eventually("the practice is listed", within: .seconds(20)) {
                    let starts = try await staff.listing(practitioner, from: tomorrow, days: 1).starts
                    return starts.count > 2 ? starts : nil
                }
                try await Task.sleep(for: .milliseconds(20))
                let before = ISO8601.now()
                let booking = try await patient.book(practitioner, patientID, at: starts[0]).expecting(201)
                    .member("bookingId")
                _ = try await patient.move(booking, to: starts[2]).expecting(200)
                try await eventually("the page shows the move", within: .seconds(20)) {
                    let free = try await patient.listing(practitioner, from: tomorrow, days: 1).starts
                    return free.contains(starts[0]) && !free.contains(starts[2])
                }
                try await Task.sleep(for: .milliseconds(50))
                let moved = ISO8601.now()
                _ = try await patient.cancel(booking).expecting(200)

                for path in ["/audit/bookings/\(booking)", "/audit/events", "/audit/heads"] {
                    #expect(try await patient.get(path).status == 403)
                    #expect(try await staff.get(path).status == 403)
                }
                let history = try await auditor.get("/audit/bookings/\(booking)").expecting(200)
                let items = history.json["items"]?.arrayValue ?? []
                #expect(
                    items.map { $0["type"]?.stringValue } == [
                        "BookingCreated", "BookingRescheduled", "BookingCancelled",
                    ])
                #expect(items.allSatisfy { $0["actorSubject"]?.stringValue == "patient-\(patientID)" })
                let person = try await auditor.get("/audit/patients/\(patientID)").expecting(200)
                #expect(
                    person.json["items"]?.arrayValue?.first?["type"]?.stringValue == "PatientRegistered")
                #expect(!person.text.contains("Moreau"), "no personal data in the history")

                let then = try await asOf(auditor, practitioner, before, tomorrow)
                let later = try await asOf(auditor, practitioner, moved, tomorrow)
                #expect(then.wasTrue != later.wasTrue)
                let wall = try await staff.listing(practitioner, from: tomorrow, days: 1)
                #expect(then.wasTrue.count { $0 == "1" } == (wall.day(tomorrow)?.free.count ?? 0))
                try await eventually("what was shown is on record", within: .seconds(20)) {
                    let shown = try await asOf(auditor, practitioner, moved, tomorrow)
                    return shown.state == "page" && shown.wasShown == shown.wasTrue
                }
                let path = "/audit/practitioners/\(practitioner)/slots/\(encoded(starts[2]))"
                let why = try await auditor.get(path).expecting(200)
                #expect(
                    (why.json["items"]?.arrayValue ?? []).map { $0["effect"]?.stringValue } == [
                        "opened", "taken", "freed",
                    ])
                try await prove(items[0]["eventId"]?.stringValue ?? "", auditor, system)
                try await checkRecord(auditor)
            }
        }

        private func asOf(
            _ auditor: Caller, _ practitioner: String, _ moment: String, _ date: LocalDate
        ) async throws -> (wasTrue: String, wasShown: String?, state: String?) {
            let path = "/audit/practitioners/\(practitioner)/availability?asOf=\(moment)&from=\(date)&days=1"
            let day = try await auditor.get(path).expecting(200).json["items"]?.arrayValue?.first
            return (
                day?["wasTrue"]?.stringValue ?? "", day?["wasShown"]?.stringValue, day?["shownState"]?.stringValue
            )
        }

        /// The proof comes over HTTP and is checked by the command, which has no database.
        private func prove(_ event: String, _ auditor: Caller, _ system: SystemUnderTest) async throws {
            let answer = try await eventually("the event is under a signed head", within: .seconds(30)) {
                let answer = try await auditor.get("/audit/events/\(event)/proof")
                return answer.status == 200 ? answer : nil
            }
            let proof = try #require(answer.json["items"]?.arrayValue?.first?["proof"])
            let file = "\(system.folder.path)/proof-\(event).json"
            try Data(proof.serialized() + [UInt8(ascii: "\n")]).write(to: URL(fileURLWithPath: file))
            let key = "\(system.folder.path)/history/public.pem"
            let checked = try RunningProgram(
                TestServers.replayProgram(), ["verify", "history", "--proof", file, "--key", key], environment: [:],
                logPath: "\(system.folder.path)/proof.log")
            #expect(try await checked.waitForExit(within: .seconds(20)) == .code(0))
        }

        /// What this auditor asked is an answer too, as CSV.
        private func checkRecord(_ auditor: Caller) async throws {
            let asked = try await auditor.get(
                "/audit/events?type=OperationRecorded&limit=200", headers: ["Accept": "text/csv"]
            ).expecting(200)
            #expect(asked.header("Content-Type")?.hasPrefix("text/csv") == true)
            let lines = asked.text.components(separatedBy: "\r\n")
            #expect(lines.count > 6, "every question is a row")
            #expect(lines.dropFirst().dropLast().allSatisfy { $0.contains("audit_query") })
        }

        private func encoded(_ text: String) -> String { text.replacing("+", with: "%2B") }
    }
}

/// Moments as an auditor writes them.
private enum ISO8601 {
    static func now() -> String {
        Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)).text()
    }
}
