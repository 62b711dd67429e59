import Domain
import JSON

/// What a practice is registered with; the rest does not matter to these tests.
struct Practice: Sendable {
    var specialty = "dermatology"
    var timeZone: String?
    var dayStart: String?
    var slotMinutes: Int?
    /// Codes and slots.
    var visits = [("standard", 1), ("long", 3)]
    /// Sessions of every day of the week.
    var sessions = [("08:00", "20:00")]

    var profile: String {
        var members = [
            #""displayName":"Dr Camille Martin""#, #""specialty":"\#(specialty)""#, #""languages":["fr","en"]"#,
            #""location":{"lat":48.8566,"lon":2.3522,"street":"1 rue des Écoles","postalCode":"75005","city":"Paris"}"#,
        ]
        let types = visits.map { #"{"code":"\#($0.0)","slots":\#($0.1)}"# }.joined(separator: ",")
        members.append(#""consultationTypes":[\#(types)]"#)
        if let timeZone { members.append(#""timeZone":"\#(timeZone)""#) }
        if let dayStart { members.append(#""dayStart":"\#(dayStart)""#) }
        if let slotMinutes { members.append(#""slotMinutes":\#(slotMinutes)"#) }
        return "{\(members.joined(separator: ","))}"
    }

    var week: String {
        let sessions = sessions.map { #"{"start":"\#($0.0)","end":"\#($0.1)"}"# }.joined(separator: ",")
        let days = Weekday.allCases.map { #"{"day":"\#($0.rawValue)","sessions":[\#(sessions)]}"# }
        return #"{"weekly":[\#(days.joined(separator: ","))],"validFrom":"2026-01-01"}"#
    }
}

extension Caller {
    /// Registers a practitioner and sets its week.
    ///
    /// - Returns: Its id.
    /// - Throws: `UnexpectedAnswer` where the system refuses.
    func openPractice(_ practice: Practice = Practice()) async throws -> String {
        let id = try await post("/practitioners", practice.profile).expecting(201).member("practitionerId")
        _ = try await put("/practitioners/\(id)/schedule", practice.week, ifMatch: #""0""#).expecting(200)
        return id
    }

    /// Several practices, opened side by side.
    func openPractices(_ count: Int, _ practice: Practice = Practice()) async throws -> [String] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<count { group.addTask { try await openPractice(practice) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Registers a patient.
    ///
    /// - Returns: Its id.
    func registerPatient() async throws -> String {
        let body = """
            {"givenName":"Inès","familyName":"Moreau","birthDate":"1988-04-12","email":"ines@example.org",\
            "phone":"+33612345678","language":"fr","channels":["email"]}
            """
        return try await post("/patients", body).expecting(201).member("patientId")
    }

    /// Asks for a slot.
    func book(
        _ practitioner: String, _ patient: String, at start: String, for visit: String = "standard",
        key: String = newKey()
    ) async throws -> Answer {
        try await post("/bookings", bookingBody(practitioner, patient, at: start, for: visit), key: key)
    }

    func bookingBody(_ practitioner: String, _ patient: String, at start: String, for visit: String) -> String {
        #"{"practitionerId":"\#(practitioner)","patientId":"\#(patient)","#
            + #""slotStart":"\#(start)","consultationType":"\#(visit)"}"#
    }

    func cancel(_ booking: String, key: String = newKey()) async throws -> Answer {
        try await post("/bookings/\(booking)/cancel", #"{"reason":"patient_request"}"#, key: key)
    }

    func move(
        _ booking: String, to start: String, of practitioner: String? = nil, key: String = newKey()
    ) async throws -> Answer {
        let other = practitioner.map { #","practitionerId":"\#($0)""# } ?? ""
        return try await post("/bookings/\(booking)/reschedule", #"{"slotStart":"\#(start)"\#(other)}"#, key: key)
    }

    /// Closes or opens days, `to` exclusive.
    func addException(
        _ practitioner: String, from: LocalDate, to: LocalDate, kind: String = "closed", key: String = newKey()
    ) async throws -> Answer {
        let body = #"{"from":"\#(from)","to":"\#(to)","kind":"\#(kind)","sessions":[],"reason":"holidays"}"#
        return try await post("/practitioners/\(practitioner)/exceptions", body, key: key)
    }

    /// Asks for free slots.
    func availability(
        _ practitioner: String, from: LocalDate? = nil, days: Int = 7, visit: String? = nil
    ) async throws -> Answer {
        var query = "days=\(days)"
        if let from { query += "&from=\(from)" }
        if let visit { query += "&consultationType=\(visit)" }
        return try await get("/practitioners/\(practitioner)/availability?\(query)")
    }

    /// The free slots, once the read model knows the practitioner.
    func listing(
        _ practitioner: String, from: LocalDate? = nil, days: Int = 7, visit: String? = nil
    ) async throws -> Listing {
        Listing(try await availability(practitioner, from: from, days: days, visit: visit).expecting(200))
    }
}

/// An answer to "which slots are free?".
struct Listing: Sendable {
    struct Day: Sendable {
        let date: LocalDate
        let free: SlotMask
        let starts: [String]
    }

    let state: String
    let days: [Day]
    /// RFC 3339, nil for none.
    let nextAvailable: String?

    init(_ answer: Answer) {
        let json = answer.json
        state = json["state"]?.stringValue ?? ""
        nextAvailable = json["nextAvailable"]?.stringValue
        days = (json["days"]?.arrayValue ?? []).compactMap { day in
            guard let date = day["date"]?.stringValue.flatMap({ LocalDate($0) }),
                let free = day["bitmap"]?.stringValue.flatMap({ SlotMask(bitmap: $0) })
            else { return nil }
            let starts = (day["free"]?.arrayValue ?? []).compactMap { $0["slotStart"]?.stringValue }
            return Day(date: date, free: free, starts: starts)
        }
    }

    /// All starts of all days.
    var starts: [String] { days.flatMap(\.starts) }

    func day(_ date: LocalDate) -> Day? { days.first { $0.date == date } }
}
