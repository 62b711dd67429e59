import Domain

/// The routes of closures and extra openings.
struct ExceptionRoutes: Sendable {
    let service: any PractitionerService

    private static let template = "/{country}/v1/practitioners/{practitionerId}/exceptions"

    var routes: [Route] { [list, add, remove] }

    private var list: Route {
        Route(
            operation: "listExceptions", method: .get, template: Self.template,
            summary: "Closures and extra openings, by start date.",
            access: Route.Access(roles: .all, ownership: .none), query: QueryParameter.page,
            answers: Route.Answers(
                status: 200, schema: ScheduleSchemas.page, headers: ["Link"],
                problems: [.unknownPractitioner, .invalidCursor])
        ) { call throws(Problem) in
            let id: PractitionerID = try call.identifier(0, orElse: .unknownPractitioner)
            let reading = await service.exceptions(id, try call.page(), call.context)
            return .page(try reading.value(orElse: .unknownPractitioner), call) { $0.exception($1) }
        }
    }

    private var add: Route {
        Route(
            operation: "addException", method: .post, template: Self.template,
            summary: "Closes or opens days, and lists the bookings that a closure displaces.",
            access: PractitionerAnswers.editors, isKeyed: true,
            body: .json(ScheduleSchemas.add, ScheduleSchemas.exceptionFaults),
            answers: Route.Answers(
                status: 201, schema: ScheduleSchemas.added, headers: ["Location"], problems: [.unknownPractitioner],
                isPersonal: true)
        ) { call throws(Problem) in
            let id: PractitionerID = try call.identifier(0, orElse: .unknownPractitioner)
            let command = try AddException(call.body)
            let change = call.change { PractitionerAnswers.render($0, call) }
            return try await service.addException(id, command, change, call.context).answer()
        }
    }

    private var remove: Route {
        Route(
            operation: "removeException", method: .delete, template: "\(Self.template)/{exceptionId}",
            summary: "Takes an exception back.", access: PractitionerAnswers.editors,
            answers: Route.Answers(status: 204, schema: nil, problems: [.unknownPractitioner, .unknownException])
        ) { call throws(Problem) in
            let id: PractitionerID = try call.identifier(0, orElse: .unknownPractitioner)
            let exception: ExceptionID = try call.identifier(1, orElse: .unknownException)
            let change = call.change { PractitionerAnswers.render($0, call) }
            return try await service.removeException(id, exception, change, call.context).answer()
        }
    }
}
