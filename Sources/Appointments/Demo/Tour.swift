import Domain
import Glibc
import HTTPClient
import JSON
import Redis

/// `make demo`: a guided tour in the terminal over a running system: book, race for a slot, lose Redis, look at the
/// history and ask an auditor's questions.
struct Tour {
    private let settings: Settings
    private let people: DemoPeople
    private let api: APIClient

    /// Callers that want the same slot in the race.
    private static let racers = 50

    init(_ settings: Settings, _ people: DemoPeople) throws {
        self.settings = settings
        self.people = people
        api = try APIClient(base: "http://127.0.0.1:\(settings.port)")
    }

    func run() async throws {
        let practitioner = try await findPractitioner()
        let booking = try await book(practitioner)
        try await race(practitioner)
        try await loseRedis(practitioner)
        try await cancel(booking)
        try await audit(booking)
        await api.close()
    }

    private func findPractitioner() async throws -> String {
        say("1. Search", "GET /fr/v1/search?near=Paris&radiusKm=30&sort=soonest")
        let found = try await api.json(
            "GET", "/fr/v1/search?near=Paris&radiusKm=30&sort=soonest&limit=3", token: people.token(.patient))
        let items = found["items"]?.arrayValue ?? []
        for item in items {
            let practitioner = item["practitioner"]
            tell(
                [
                    practitioner?["displayName"]?.stringValue, practitioner?["specialty"]?.stringValue,
                    "next free \(item["nextAvailable"]?.stringValue ?? "-")",
                ].compactMap { $0 }.joined(separator: ", "))
        }
        guard let id = items.first?["practitioner"]?["practitionerId"]?.stringValue else {
            throw APIClient.Refused(status: 200, detail: "the search found nobody; has the demo data been loaded?")
        }
        return id
    }

    private func book(_ practitioner: String) async throws -> String {
        guard let slot = try await freeSlots(practitioner).first else {
            throw APIClient.Refused(status: 200, detail: "nothing is free in the coming two weeks")
        }
        say("2. Book", "POST /fr/v1/bookings for \(slot)")
        let answer = try await post(practitioner, slot, key: nil)
        let json = try parseJSON(answer.body)
        guard answer.status == 201, let id = json["bookingId"]?.stringValue else {
            throw APIClient.Refused(status: answer.status, detail: json["detail"]?.stringValue ?? "")
        }
        tell("201, booking \(id), ETag \(answer.header("ETag") ?? "-")")
        let gone = try await waitUntil { try await !freeSlots(practitioner).contains(slot) }
        tell(
            gone
                ? "The slot is gone from the availability page."
                : "The page still shows the slot: is the projection running?")
        return id
    }

    private func race(_ practitioner: String) async throws {
        guard let slot = try await freeSlots(practitioner).last else { return }
        say("3. A race", "\(Self.racers) callers want \(slot) at the same moment")
        let start = ContinuousClock.now
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<Self.racers {
                group.addTask { try await post(practitioner, slot, key: "race-\(slot)-\(number)-\(getpid())").status }
            }
            var counts: [Int: Int] = [:]
            for try await status in group { counts[status, default: 0] += 1 }
            return counts
        }
        let elapsed = Int((ContinuousClock.now - start) / .milliseconds(1))
        tell(
            "\(statuses[201, default: 0]) booked it, \(statuses[409, default: 0]) were told that it is taken, "
                + "in \(elapsed) ms"
        )
    }

    private func loseRedis(_ practitioner: String) async throws {
        say("4. Redis loses everything", "FLUSHDB; nothing that matters lives there")
        let redis = try RedisClient(url: settings.redis, label: "tour")
        _ = try await redis.call(RedisCommand("FLUSHDB", []))
        await redis.close()
        let state = try await availability(practitioner)["state"]?.stringValue ?? "-"
        tell("Right after it the page says: \(state) (unknown is said, never shown as free)")
        let isBack = try await waitUntil { try await availability(practitioner)["state"]?.stringValue == "fresh" }
        tell(
            isBack
                ? "The projection took a baseline from PostgreSQL: fresh again."
                : "Not back yet; see .run/logs/serve.log.")
    }

    private func cancel(_ booking: String) async throws {
        say("5. Cancel", "POST /fr/v1/bookings/\(booking)/cancel")
        let answer = try await api.json(
            "POST", "/fr/v1/bookings/\(booking)/cancel", token: people.token(.patient),
            body: Array(#"{"reason":"patient_request"}"#.utf8))
        tell("status \(answer["status"]?.stringValue ?? "-"), version \(answer["version"]?.intValue ?? 0)")
    }

    private func audit(_ booking: String) async throws {
        say("6. An auditor asks", "GET /fr/v1/audit/bookings/\(booking)")
        let answer = try await api.json(
            "GET", "/fr/v1/audit/bookings/\(booking)", token: people.token(.auditor))
        for event in answer["items"]?.arrayValue ?? [] {
            tell(
                [
                    event["recordedAt"]?.stringValue, event["type"]?.stringValue,
                    "by \(event["actorRole"]?.stringValue ?? "-")",
                    "place \(event["shard"]?.intValue ?? 0)/\(event["position"]?.intValue.map { "\($0)" } ?? "-")",
                ].compactMap { $0 }.joined(separator: ", "))
        }
        let asked = try await api.json(
            "GET", "/fr/v1/audit/events?type=OperationRecorded&actorRole=auditor&limit=200",
            token: people.token(.auditor))
        tell("Auditors' questions on record, in the same sealed history: \(asked["items"]?.arrayValue?.count ?? 0)")
    }

    private func post(_ practitioner: String, _ slot: String, key: String?) async throws -> HTTPClientResponse {
        let body = APIClient.visit(with: practitioner, for: people.identities.patient.description, at: slot)
        let headers = key.map { [HTTPClientField("Idempotency-Key", $0)] } ?? []
        return try await api.send(
            "POST", "/fr/v1/bookings", token: people.token(.patient), body: body, headers: headers)
    }

    private func availability(_ practitioner: String) async throws -> JSONValue {
        try await api.json(
            "GET", "/fr/v1/practitioners/\(practitioner)/availability?days=14", token: people.token(.patient))
    }

    private func freeSlots(_ practitioner: String) async throws -> [String] {
        let days = try await availability(practitioner)["days"]?.arrayValue ?? []
        return days.flatMap { $0["free"]?.arrayValue ?? [] }.compactMap { $0["slotStart"]?.stringValue }
    }

    /// Asks until it is so, ten seconds at most.
    private func waitUntil(_ isSo: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<100 {
            if try await isSo() { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    private func say(_ title: String, _ what: String) { write("\n\(title)\n   \(what)\n", to: STDOUT_FILENO) }

    private func tell(_ line: String) { write("   -> \(line)\n", to: STDOUT_FILENO) }
}
