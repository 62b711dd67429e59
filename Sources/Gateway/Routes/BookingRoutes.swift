import Domain
import HTTPServer

/// The routes of bookings.
struct BookingRoutes: Sendable {
    let service: any BookingService

    private static let participants = Route.Access(
        roles: [.patient, .practitioner, .staff, .partner], ownership: .booking)
    private static let refusals: [ProblemKind] = [
        .slotTaken, .slotNotBookable, .unknownConsultationType, .unknownPractitioner, .practitionerInactive,
    ]

    var routes: [Route] { [create, read, cancel, reschedule, ofPatient, ofPractitioner] }

    private var create: Route {
        Route(
            operation: "createBooking", method: .post, template: "/{country}/v1/bookings", summary: "Books a visit.",
            access: Route.Access(roles: [.patient, .staff, .partner], ownership: .booking), isKeyed: true,
            body: .json(BookingSchemas.create),
            answers: Route.Answers(
                status: 201, schema: BookingSchemas.booking, headers: ["Location", "ETag"],
                problems: Self.refusals + [.unknownPatient], isPersonal: true)
        ) { call throws(Problem) in
            let command = try CreateBooking(call.body, try Authorization.bookings(call.caller))
            return try await service.create(command, call.change { Self.render($0, call) }, call.context).answer()
        }
    }

    private var read: Route {
        Route(
            operation: "getBooking", method: .get, template: "/{country}/v1/bookings/{bookingId}",
            summary: "Shows a booking.", access: Self.participants,
            answers: Route.Answers(
                status: 200, schema: BookingSchemas.booking, headers: ["ETag"], problems: [.unknownBooking],
                isPersonal: true)
        ) { call throws(Problem) in
            let access = try Authorization.bookings(call.caller)
            let id: BookingID = try call.identifier(0, orElse: .unknownBooking)
            let booking = try await service.booking(id, call.context).value(orElse: .unknownBooking)
            let isVisible = access.admits(
                patientID: booking.patientID, practitionerID: booking.practitionerID, madeBy: booking.madeBy)
            guard isVisible else { throw Problem(.unknownBooking) }
            return .resource(booking.version, call) { $0.booking(booking) }
        }
    }

    private var cancel: Route {
        Route(
            operation: "cancelBooking", method: .post, template: "/{country}/v1/bookings/{bookingId}/cancel",
            summary: "Cancels a booking; again: unchanged.", access: Self.participants, isKeyed: true,
            condition: .honoured, body: .json(BookingSchemas.cancel),
            answers: Route.Answers(
                status: 200, schema: BookingSchemas.booking, headers: ["ETag"], problems: [.unknownBooking],
                isPersonal: true)
        ) { call throws(Problem) in
            let id: BookingID = try call.identifier(0, orElse: .unknownBooking)
            let command = try CancelBooking(id, call.body, try Authorization.bookings(call.caller))
            return try await service.cancel(command, call.change { Self.render($0, call) }, call.context).answer()
        }
    }

    private var reschedule: Route {
        Route(
            operation: "rescheduleBooking", method: .post, template: "/{country}/v1/bookings/{bookingId}/reschedule",
            summary: "Moves a booking, also to another practitioner; to where it is: unchanged.",
            access: Self.participants, isKeyed: true, condition: .honoured, body: .json(BookingSchemas.reschedule),
            answers: Route.Answers(
                status: 200, schema: BookingSchemas.booking, headers: ["ETag"],
                problems: Self.refusals + [.unknownBooking, .bookingCancelled], isPersonal: true)
        ) { call throws(Problem) in
            let id: BookingID = try call.identifier(0, orElse: .unknownBooking)
            let command = try RescheduleBooking(id, call.body, try Authorization.bookings(call.caller))
            return try await service.reschedule(command, call.change { Self.render($0, call) }, call.context).answer()
        }
    }

    private var ofPatient: Route {
        Route(
            operation: "listPatientBookings", method: .get, template: "/{country}/v1/patients/{patientId}/bookings",
            summary: "A patient's bookings, latest first.",
            access: Route.Access(roles: [.patient, .staff], ownership: .patient),
            query: [BookingSchemas.status] + BookingSchemas.filters + QueryParameter.page,
            answers: Route.Answers(
                status: 200, schema: BookingSchemas.page, headers: ["Link"],
                problems: [.unknownPatient, .invalidCursor],
                isPersonal: true)
        ) { call throws(Problem) in
            let id: PatientID = try call.identifier(0, orElse: .unknownPatient)
            let reading = await service.bookings(
                ofPatient: id, BookingFilter(call.query), try call.page(), call.context)
            return .page(try reading.value(orElse: .unknownPatient), call) { $0.booking($1) }
        }
    }

    private var ofPractitioner: Route {
        Route(
            operation: "listPractitionerBookings", method: .get,
            template: "/{country}/v1/practitioners/{practitionerId}/bookings",
            summary: "A practitioner's bookings, in time order.",
            access: Route.Access(roles: [.practitioner, .staff], ownership: .practitionerHidden),
            query: BookingSchemas.filters + QueryParameter.page,
            answers: Route.Answers(
                status: 200, schema: BookingSchemas.page, headers: ["Link"],
                problems: [.unknownPractitioner, .invalidCursor], isPersonal: true)
        ) { call throws(Problem) in
            let id: PractitionerID = try call.identifier(0, orElse: .unknownPractitioner)
            let reading = await service.bookings(
                ofPractitioner: id, BookingFilter(call.query), try call.page(), call.context)
            return .page(try reading.value(orElse: .unknownPractitioner), call) { $0.booking($1) }
        }
    }

    private static func render(_ outcome: BookingOutcome, _ call: Call) -> RenderedAnswer {
        switch outcome {
        case .created(let booking):
            let place = "/\(call.context.country)/v1/bookings/\(booking.id)"
            return .json(201, headers: [HTTPField("Location", place), tag(booking)]) { $0.booking(booking) }
        case .done(let booking): return .json(headers: [tag(booking)]) { $0.booking(booking) }
        case .refused(let refusal): return call.render(problem(refusal))
        }
    }

    private static func tag(_ booking: BookingDocument) -> HTTPField {
        HTTPField("ETag", EntityTag.text(booking.version))
    }

    private static func problem(_ refusal: RefusedBooking) -> Problem {
        switch refusal {
        case .slotTaken(let alternatives):
            Problem(.slotTaken, "Somebody has this time; alternatives are free.", .alternatives(alternatives))
        case .slotNotBookable(let reason):
            Problem(.slotNotBookable, "The time cannot be booked: \(reason.rawValue).", .reason(reason.rawValue))
        case .unknownConsultationType: Problem(.unknownConsultationType)
        case .unknownPractitioner: Problem(.unknownPractitioner)
        case .unknownPatient: Problem(.unknownPatient)
        case .practitionerInactive: Problem(.practitionerInactive)
        case .bookingCancelled: Problem(.bookingCancelled)
        case .unknownBooking: Problem(.unknownBooking)
        }
    }
}
