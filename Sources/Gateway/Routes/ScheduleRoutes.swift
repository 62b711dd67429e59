import Domain

/// The routes of weekly schedules.
struct ScheduleRoutes: Sendable {
    let service: any PractitionerService

    private static let template = "/{country}/v1/practitioners/{practitionerId}/schedule"

    var routes: [Route] { [read, replace] }

    private var read: Route {
        Route(
            operation: "getSchedule", method: .get, template: Self.template, summary: "Shows a weekly schedule.",
            access: Route.Access(roles: .all, ownership: .none),
            answers: Route.Answers(
                status: 200, schema: ScheduleSchemas.schedule, headers: ["ETag"], problems: [.unknownPractitioner])
        ) { call throws(Problem) in
            let id: PractitionerID = try call.identifier(0, orElse: .unknownPractitioner)
            let schedule = try await service.schedule(id, call.context).value(orElse: .unknownPractitioner)
            return .resource(schedule.version, call) { $0.schedule(schedule) }
        }
    }

    private var replace: Route {
        Route(
            operation: "setSchedule", method: .put, template: Self.template,
            summary: "Replaces the schedule from a date on, and lists the bookings that it displaces.",
            access: PractitionerAnswers.editors, condition: .required,
            body: .json(ScheduleSchemas.set, ScheduleSchemas.scheduleFaults),
            answers: Route.Answers(
                status: 200, schema: ScheduleSchemas.replaced, headers: ["ETag"], problems: [.unknownPractitioner],
                isPersonal: true)
        ) { call throws(Problem) in
            let id: PractitionerID = try call.identifier(0, orElse: .unknownPractitioner)
            let command = try SetSchedule(call.body)
            let change = call.change { PractitionerAnswers.render($0, call) }
            return try await service.setSchedule(id, command, change, call.context).answer()
        }
    }
}
