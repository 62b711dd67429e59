import Domain
import HTTPClient
import JSON

/// Practitioners who are free at all of their slots, and patients, registered over HTTP as any caller would.
struct Practices: Sendable {
    let practitioners: [PractitionerID]
    let patients: [PatientID]
    let grid: SlotGrid
    /// The first grid day that is booked; the one after tomorrow, so that no slot passes while the bench runs.
    let firstDay: LocalDate

    private static let callers = 16

    /// Registers them; places and fields of medicine come from a seeded generator.
    static func register(
        _ count: Int, patients patientCount: Int, at port: Int, _ tokens: TokenBook
    ) async throws -> Practices {
        let client = try HTTPClient(label: "bench-register")
        let caller = Caller(client: client, base: "http://127.0.0.1:\(port)/fr/v1", tokens: tokens)
        let practitioners = try await inParallel(count) { try await caller.registerPractitioner($0) }
        let patients = try await inParallel(patientCount) { try await caller.registerPatient($0) }
        await client.close()
        guard let morning = LocalTime("08:00") else { throw WrongAnswer("08:00 is no time") }
        let grid = try MachineZones.database.grid(zone: "Europe/Paris", dayStart: morning, slotMinutes: 30)
        return Practices(
            practitioners: practitioners, patients: patients, grid: grid, firstDay: MachineClock.today.adding(days: 2))
    }

    /// One of the slots that all practitioners have; neighbouring numbers are different practitioners.
    struct Slot: Sendable {
        let practitioner: PractitionerID
        let date: LocalDate
        let index: Int
        let start: Instant
    }

    /// - Throws: `WrongAnswer` beyond the horizon.
    func slot(_ number: Int) throws -> Slot {
        let place = number / practitioners.count
        let date = firstDay.adding(days: place / SlotMask.slotsPerDay)
        let index = place % SlotMask.slotsPerDay
        guard firstDay.days(until: date) < 85, let start = grid.start(of: index, on: date) else {
            throw WrongAnswer("there is no slot number \(number)")
        }
        return Slot(
            practitioner: practitioners[number % practitioners.count], date: date, index: index, start: start)
    }

    /// The body that books a slot.
    func booking(_ slot: Slot, turn: Int) -> String {
        """
        {"practitionerId":"\(slot.practitioner)","patientId":"\(patients[turn % patients.count])",\
        "slotStart":"\(slot.start)","consultationType":"standard"}
        """
    }

    private static func inParallel<T: Sendable>(
        _ count: Int, _ work: @escaping @Sendable (Int) async throws -> T
    ) async throws -> [T] {
        try await withThrowingTaskGroup(of: (Int, T).self) { group in
            var results = [T?](repeating: nil, count: count)
            for index in 0..<min(callers, count) { group.addTask { (index, try await work(index)) } }
            var next = min(callers, count)
            while let (index, result) = try await group.next() {
                results[index] = result
                if next < count {
                    let index = next
                    group.addTask { (index, try await work(index)) }
                    next += 1
                }
            }
            return results.compactMap { $0 }
        }
    }
}

/// Registers people, one request after the other.
private struct Caller: Sendable {
    let client: HTTPClient
    let base: String
    let tokens: TokenBook

    private static let week = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ].map { #"{"day":"\#($0)","sessions":[{"start":"08:00","end":"20:00"}]}"# }.joined(separator: ",")
    private static let specialties = ["general-practice", "cardiology", "dermatology", "paediatrics"]

    func registerPractitioner(_ number: Int) async throws -> PractitionerID {
        var random = SeededGenerator(seed: UInt64(number))
        let latitude = 48.5 + Double.random(in: 0..<1, using: &random)
        let longitude = 1.9 + Double.random(in: 0..<1, using: &random)
        let profile = """
            {"displayName":"Dr Bench \(number)","specialty":"\(Self.specialties[number % Self.specialties.count])",\
            "languages":["fr"],"location":{"lat":\(latitude),"lon":\(longitude),"street":"\(number) rue de la Paix",\
            "postalCode":"75002","city":"Paris"}}
            """
        let made = try await send("POST", "/practitioners", profile, number, expecting: 201)
        guard let id = made["practitionerId"]?.stringValue.flatMap({ PractitionerID($0) }) else {
            throw WrongAnswer("a registration without practitionerId")
        }
        let schedule = #"{"weekly":[\#(Self.week)]}"#
        _ = try await send("PUT", "/practitioners/\(id)/schedule", schedule, number, expecting: 200)
        return id
    }

    func registerPatient(_ number: Int) async throws -> PatientID {
        let body = """
            {"givenName":"Bench","familyName":"Patient\(number)","birthDate":"1980-02-03",\
            "email":"bench\(number)@example.org","phone":"+33612345678","language":"fr","channels":["email"]}
            """
        let made = try await send("POST", "/patients", body, number, expecting: 201)
        guard let id = made["patientId"]?.stringValue.flatMap({ PatientID($0) }) else {
            throw WrongAnswer("a registration without patientId")
        }
        return id
    }

    private func send(
        _ method: String, _ path: String, _ body: String, _ turn: Int, expecting status: Int
    ) async throws -> JSONValue {
        var headers = [
            HTTPClientField("Authorization", "Bearer \(tokens[turn])"),
            HTTPClientField("Content-Type", "application/json"),
        ]
        headers.append(
            method == "PUT"
                ? HTTPClientField("If-Match", "\"0\"") : HTTPClientField("Idempotency-Key", "\(path)-\(turn)"))
        let answer = try await client.send(
            HTTPClientRequest(
                method: method, url: base + path, headers: headers, body: Array(body.utf8), timeout: .seconds(30)))
        guard answer.status == status else {
            throw WrongAnswer("\(method) \(path): \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
        }
        return try parseJSON(answer.body)
    }
}
