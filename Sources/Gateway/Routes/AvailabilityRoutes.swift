import Domain

/// The route of free slots.
struct AvailabilityRoutes: Sendable {
    let service: any AvailabilityService

    var routes: [Route] { [read] }

    private static let query = [
        QueryParameter("from", .string(.date), "First grid day; today in the practice's zone when it is not given."),
        QueryParameter("days", .integer(1...14), "How many days; 7 when it is not given."),
        QueryParameter("consultationType", BookingSchemas.consultationCode, "Whole visits of it; one slot without."),
    ]

    private var read: Route {
        Route(
            operation: "getAvailability", method: .get,
            template: "/{country}/v1/practitioners/{practitionerId}/availability", summary: "Free slots.",
            access: Route.Access(roles: .all, ownership: .none), query: Self.query,
            answers: Route.Answers(
                status: 200, schema: AvailabilitySchemas.availability,
                problems: [.unknownPractitioner, .unknownConsultationType])
        ) { call throws(Problem) in
            let query = AvailabilityQuery(
                practitionerID: try call.identifier(0, orElse: .unknownPractitioner), from: call.query.date("from"),
                days: call.query.int("days") ?? 7, consultationType: call.query.text("consultationType"))
            switch await service.availability(query, call.context) {
            case .found(let answer): return .json(capacity: 8_192) { $0.availability(answer) }
            case .unknownPractitioner: throw Problem(.unknownPractitioner)
            case .unknownConsultationType: throw Problem(.unknownConsultationType)
            case .unavailable(let dependency): throw .unavailable(dependency)
            }
        }
    }
}

/// What answers about free slots look like.
enum AvailabilitySchemas {
    private static let day = Schema.named(
        "AvailabilityDay",
        .object(
            ObjectSchema([
                .required("date", .string(.date)),
                .required("bitmap", .string(.bitmap), "Slot 0 first, 1 free."),
                .required("free", .list(BookingSchemas.slot, count: 0...24), "The same as the bitmap says."),
            ])))

    static let availability = Schema.named(
        "Availability",
        .object(
            ObjectSchema(
                [
                    .required("practitionerId", .string(.uuid)),
                    .required("timeZone", .string(.timeZone)),
                    .required("slotMinutes", .integer(5...60)),
                    .required("state", .names(AvailabilityDocument.State.self)),
                    .required("asOf", .nullable(.string(.instant)), "Commit time of the newest event reflected."),
                    .required("days", .list(day, count: 0...14)),
                    .required("nextAvailable", .nullable(.string(.instant)), "Up to the horizon; null: none."),
                ], example: Examples.availability)))
}
