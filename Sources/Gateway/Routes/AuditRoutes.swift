import AuditReport
import Domain
import HTTPServer

/// The routes of auditors: what happened, who did it, what was shown at the time, and proof of it.
struct AuditRoutes: Sendable {
    let service: any AuditService

    var routes: [Route] {
        [booking, practitioner, patient, events, availability, slot, proof, heads, verification]
    }

    private var booking: Route {
        list("auditBooking", "bookings/{bookingId}", "What happened to a booking.", AuditSchemas.narrowing) {
            call throws(Problem) in
            .booking(try call.identifier(0, orElse: .unknownBooking), try AuditNarrowing(call.query))
        }
    }

    private var practitioner: Route {
        list(
            "auditPractitioner", "practitioners/{practitionerId}",
            "What happened to a practitioner's profile, calendar and bookings.", AuditSchemas.narrowing
        ) { call throws(Problem) in
            .practitioner(try call.identifier(0, orElse: .unknownPractitioner), try AuditNarrowing(call.query))
        }
    }

    private var patient: Route {
        list(
            "auditPatient", "patients/{patientId}", "What happened to a patient and the patient's bookings.",
            AuditSchemas.narrowing
        ) { call throws(Problem) in
            .patient(try call.identifier(0, orElse: .unknownPatient), try AuditNarrowing(call.query))
        }
    }

    private var events: Route {
        list(
            "auditEvents", "events", "What happened in the country, by type, actor and time.", AuditSchemas.narrowing
        ) { call throws(Problem) in .events(try AuditNarrowing(call.query)) }
    }

    private var availability: Route {
        table(
            "auditAvailability", "practitioners/{practitionerId}/availability",
            "What was free at a moment, what was shown as free, and which events explain the difference.",
            AuditSchemas.asOf, AuditSchemas.availability, [.unknownPractitioner]
        ) { call throws(Problem) in
            guard let moment = call.query.instant("asOf") else {
                throw .invalid(.query.member("asOf"), "is required")
            }
            return .availability(
                try call.identifier(0, orElse: .unknownPractitioner), asOf: moment, from: call.query.date("from"),
                days: call.query.int("days") ?? 7)
        }
    }

    private var slot: Route {
        table(
            "auditSlot", "practitioners/{practitionerId}/slots/{slotStart}",
            "Why a slot is in its state: the chain of causes, the last one's state is the slot's.",
            [QueryParameter("asOf", .string(.instant), "As it was then; now when it is not given.")],
            AuditSchemas.slot, [.unknownPractitioner, .unknownSlot]
        ) { call throws(Problem) in
            guard call.path.count > 1, let start = try? ParsedTime(call.path[1]) else {
                throw Problem(.unknownSlot, "The path names no time of RFC 3339 with an offset.")
            }
            return .slot(
                try call.identifier(0, orElse: .unknownPractitioner), start: start.instant,
                asOf: call.query.instant("asOf"))
        }
    }

    private var proof: Route {
        table(
            "auditProof", "events/{eventId}/proof",
            "Proof that an event is in the sealed history, checked offline by `replay verify history --proof`.", [],
            AuditSchemas.proof, [.unknownEvent, .notSealedYet, .historyDiffers]
        ) { call throws(Problem) in .proof(try call.identifier(0, orElse: .unknownEvent)) }
    }

    private var heads: Route {
        table("auditHeads", "heads", "The latest signed heads, one a tree.", [], AuditSchemas.head, []) { _ in .heads }
    }

    private var verification: Route {
        table(
            "auditVerification", "verification",
            "Reads some positions again and compares them with the signed heads; differences are rows of the answer.",
            AuditSchemas.verificationQuery, AuditSchemas.finding, []
        ) { call throws(Problem) in .verification(try AuditVerification(call.query)) }
    }

    private typealias Asking = @Sendable (Call) throws(Problem) -> AuditQuestion

    /// A route whose answer has pages.
    private func list(
        _ operation: String, _ path: String, _ summary: String, _ query: [QueryParameter],
        _ question: @escaping Asking
    ) -> Route {
        table(
            operation, path, summary, query + QueryParameter.page, AuditSchemas.event, [.invalidCursor], question)
    }

    private func table(
        _ operation: String, _ path: String, _ summary: String, _ query: [QueryParameter], _ row: Schema,
        _ problems: [ProblemKind], _ question: @escaping Asking
    ) -> Route {
        Route(
            operation: operation, method: .get, template: "/{country}/v1/audit/\(path)", summary: summary,
            access: Route.Access(roles: .auditor, ownership: .none), query: query + [AuditFormat.parameter],
            answers: Route.Answers(
                status: 200, schema: AuditSchemas.page(operation, of: row), headers: ["Link"],
                problems: problems + [.notAcceptable], isPersonal: true,
                otherMediaTypes: AuditFormat.otherMediaTypes)
        ) { call throws(Problem) in
            let format = try AuditFormat(call)
            let reading = await service.answer(try question(call), try call.page(), call.context)
            let (columns, page) = try reading.value()
            return format.render(columns, page, call)
        }
    }
}

extension AuditReading {
    /// The rows, or the problem that stands for there being none.
    fileprivate func value() throws(Problem) -> (columns: [String], Page<AuditRecord>) {
        switch self {
        case .found(let columns, let page): return (columns, page)
        case .unknownPractitioner: throw Problem(.unknownPractitioner)
        case .unknownSlot: throw Problem(.unknownSlot, "The practitioner's grid has no slot that begins then.")
        case .unknownEvent: throw Problem(.unknownEvent)
        case .notSealedYet(let detail):
            throw Problem(.notSealedYet, detail, headers: [HTTPField("Retry-After", "5")])
        case .historyDiffers(let detail): throw Problem(.historyDiffers, detail)
        case .notCovered(let missing):
            throw .invalid(missing.map { Fault(JSONPointer.query.member("lastPosition").text, $0) })
        case .foreignCursor: throw Problem(.invalidCursor, "Use nextCursor as it was given, for the same question.")
        case .notRecorded:
            throw Problem(
                .dependencyUnavailable, "The question could not be recorded, so it is not answered; try again.",
                .dependency("audit-record"), headers: [HTTPField("Retry-After", "1")])
        case .unavailable(let dependency): throw .unavailable(dependency)
        }
    }
}

extension AuditNarrowing {
    /// - Throws: 422 for a type of events that there is not: an empty answer would say that none had happened.
    fileprivate init(_ query: QueryValues) throws(Problem) {
        // An empty one between commas is none, too: left out, a lone comma would ask for everything.
        let types = query.text("type")?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
        if let unknown = AuditedTypes.unknown(types).first {
            throw .invalid(
                .query.member("type"),
                "'\(unknown)' is no type of events; the types are \(AuditedTypes.names.joined(separator: ", "))")
        }
        self.init(
            from: query.instant("from"), to: query.instant("to"), types: types,
            actorRole: query.text("actorRole"), actor: query.text("actor"))
    }
}

extension AuditVerification {
    /// - Throws: 422 where a parameter is missing, or there are too many positions.
    fileprivate init(_ query: QueryValues) throws(Problem) {
        let names = ["database", "shard", "firstPosition", "lastPosition"]
        let missing = names.filter { query.text($0) == nil }
        guard missing.isEmpty, let database = query.name("database", Database.self), let shard = query.int("shard"),
            let first = query.int("firstPosition"), let last = query.int("lastPosition")
        else { throw .invalid(missing.map { Fault(JSONPointer.query.member($0).text, "is required") }) }
        guard last >= first, Int64(last - first) < Self.positionsMax else {
            throw .invalid(
                .query.member("lastPosition"),
                "must not be before firstPosition, and at most \(Self.positionsMax - 1) after it")
        }
        self.init(database: database, shard: shard, positions: Int64(first)...Int64(last))
    }
}

extension QueryValues {
    /// The value of a parameter that is a time.
    fileprivate func instant(_ name: String) -> Instant? {
        text(name).flatMap { try? ParsedTime($0) }?.instant
    }
}
