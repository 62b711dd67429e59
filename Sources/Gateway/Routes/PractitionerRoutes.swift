import Domain
import HTTPServer

/// The routes of practitioners' profiles.
struct PractitionerRoutes: Sendable {
    let service: any PractitionerService

    var routes: [Route] { [register, list, read, update, deactivate, activate] }

    private var register: Route {
        Route(
            operation: "registerPractitioner", method: .post, template: "/{country}/v1/practitioners",
            summary: "Registers a practitioner, bookable at once.",
            access: Route.Access(roles: .staff, ownership: .none), isKeyed: true,
            body: .json(PractitionerSchemas.register, PractitionerSchemas.faults),
            answers: Route.Answers(
                status: 201, schema: PractitionerSchemas.practitioner, headers: ["Location", "ETag"])
        ) { call throws(Problem) in
            let command = try RegisterPractitioner(call.body)
            let change = call.change { PractitionerAnswers.render($0, call) }
            return try await service.register(command, change, call.context).answer()
        }
    }

    private var list: Route {
        Route(
            operation: "listPractitioners", method: .get, template: "/{country}/v1/practitioners",
            summary: "Active practitioners.", access: Route.Access(roles: .all, ownership: .none),
            query: PractitionerSchemas.filters + QueryParameter.page,
            answers: Route.Answers(
                status: 200, schema: PractitionerSchemas.page, headers: ["Link"], problems: [.invalidCursor])
        ) { call throws(Problem) in
            let filter = PractitionerFilter(specialty: call.query.text("specialty"), city: call.query.text("city"))
            let reading = await service.practitioners(filter, try call.page(), call.context)
            return .page(try reading.value(orElse: .notFound), call) { $0.practitioner($1) }
        }
    }

    private var read: Route {
        Route(
            operation: "getPractitioner", method: .get, template: "/{country}/v1/practitioners/{practitionerId}",
            summary: "Shows a practitioner, also a deactivated one.",
            access: Route.Access(roles: .all, ownership: .none),
            answers: Route.Answers(
                status: 200, schema: PractitionerSchemas.practitioner, headers: ["ETag"],
                problems: [.unknownPractitioner])
        ) { call throws(Problem) in
            let id: PractitionerID = try call.identifier(0, orElse: .unknownPractitioner)
            let found = try await service.practitioner(id, call.context).value(orElse: .unknownPractitioner)
            return .resource(found.version, call) { $0.practitioner(found) }
        }
    }

    private var update: Route {
        Route(
            operation: "updatePractitioner", method: .patch, template: "/{country}/v1/practitioners/{practitionerId}",
            summary: "Changes a profile by a merge patch.", access: PractitionerAnswers.editors, condition: .required,
            body: .mergePatch(PractitionerSchemas.patch, PractitionerSchemas.faults),
            answers: Route.Answers(
                status: 200, schema: PractitionerSchemas.practitioner, headers: ["ETag"],
                problems: [.unknownPractitioner])
        ) { call throws(Problem) in
            let id: PractitionerID = try call.identifier(0, orElse: .unknownPractitioner)
            let patch = try PractitionerPatch(call.body)
            let change = call.change { PractitionerAnswers.render($0, call) }
            return try await service.update(id, patch, change, call.context).answer()
        }
    }

    private var deactivate: Route {
        switching("deactivate", to: false, "Takes a practitioner out of lists, search and booking.")
    }

    private var activate: Route { switching("activate", to: true, "Brings a practitioner back.") }

    private func switching(_ action: String, to active: Bool, _ summary: String) -> Route {
        Route(
            operation: "\(action)Practitioner", method: .post,
            template: "/{country}/v1/practitioners/{practitionerId}/\(action)", summary: summary,
            access: Route.Access(roles: .staff, ownership: .none), isKeyed: true, condition: .honoured,
            body: BodyRule.none,
            answers: Route.Answers(
                status: 200, schema: PractitionerSchemas.switched, headers: ["ETag"], problems: [.unknownPractitioner],
                isPersonal: true)
        ) { call throws(Problem) in
            let id: PractitionerID = try call.identifier(0, orElse: .unknownPractitioner)
            let change = call.change { PractitionerAnswers.render($0, call) }
            return try await service.setActive(id, active, change, call.context).answer()
        }
    }
}

/// The answers to changes of practitioners, schedules and exceptions.
enum PractitionerAnswers {
    /// Who may change a practitioner's profile, schedule and exceptions.
    static let editors = Route.Access(roles: [.practitioner, .staff], ownership: .practitioner)

    static func render(_ outcome: PractitionerOutcome, _ call: Call) -> RenderedAnswer {
        switch outcome {
        case .registered(let practitioner):
            let place = HTTPField("Location", "/\(call.context.country)/v1/practitioners/\(practitioner.id)")
            return .json(201, headers: [place, tag(practitioner.version)]) { $0.practitioner(practitioner) }
        case .updated(let practitioner):
            return .json(headers: [tag(practitioner.version)]) { $0.practitioner(practitioner) }
        case .switched(let practitioner, let displaced):
            return .json(headers: [tag(practitioner.version)]) { $0.practitioner(practitioner, displaced: displaced) }
        case .scheduled(let schedule, let displaced):
            return .json(headers: [tag(schedule.version)]) { $0.schedule(schedule, displaced: displaced) }
        case .exceptionAdded(let exception, let displaced):
            let base = "/\(call.context.country)/v1/practitioners/\(exception.practitionerID)/exceptions"
            let place = HTTPField("Location", "\(base)/\(exception.id)")
            return .json(201, headers: [place]) { $0.exception(exception, displaced: displaced) }
        case .exceptionRemoved: return RenderedAnswer(status: 204)
        case .refused(.unknownPractitioner): return call.render(Problem(.unknownPractitioner))
        case .refused(.unknownException): return call.render(Problem(.unknownException))
        }
    }

    private static func tag(_ version: Int64) -> HTTPField { HTTPField("ETag", EntityTag.text(version)) }
}
