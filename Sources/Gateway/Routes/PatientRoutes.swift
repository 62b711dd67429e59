import Domain
import HTTPServer

/// The routes of patients.
struct PatientRoutes: Sendable {
    let service: any PatientService

    private static let template = "/{country}/v1/patients/{patientId}"
    private static let people = Route.Access(roles: [.patient, .staff], ownership: .patient)

    var routes: [Route] { [register, read, update] }

    private var register: Route {
        Route(
            operation: "registerPatient", method: .post, template: "/{country}/v1/patients",
            summary: "Registers a patient; a patient registers itself under its token's patient_id.",
            access: Route.Access(roles: [.patient, .staff, .partner], ownership: .none), isKeyed: true,
            body: .json(PatientSchemas.register, PatientSchemas.registerFaults),
            answers: Route.Answers(
                status: 201, schema: PatientSchemas.patient, headers: ["Location", "ETag"], problems: [.patientExists],
                isPersonal: true)
        ) { call throws(Problem) in
            let isPatient = call.caller.role == .patient
            if isPatient, call.caller.patientID == nil { throw Authorization.noIdentity("patient_id") }
            let command = try RegisterPatient(isPatient ? call.caller.patientID : nil, call.body)
            return try await service.register(command, call.change { Self.render($0, call) }, call.context).answer()
        }
    }

    private var read: Route {
        Route(
            operation: "getPatient", method: .get, template: Self.template, summary: "Shows a patient.",
            access: Self.people,
            answers: Route.Answers(
                status: 200, schema: PatientSchemas.patient, headers: ["ETag"], problems: [.unknownPatient],
                isPersonal: true)
        ) { call throws(Problem) in
            let id: PatientID = try call.identifier(0, orElse: .unknownPatient)
            let patient = try await service.patient(id, call.context).value(orElse: .unknownPatient)
            return .resource(patient.version, call) { $0.patient(patient) }
        }
    }

    private var update: Route {
        Route(
            operation: "updatePatient", method: .patch, template: Self.template,
            summary: "Changes a patient by a merge patch.", access: Self.people, condition: .required,
            body: .mergePatch(PatientSchemas.patch, PatientSchemas.patchFaults),
            answers: Route.Answers(
                status: 200, schema: PatientSchemas.patient, headers: ["ETag"], problems: [.unknownPatient],
                isPersonal: true)
        ) { call throws(Problem) in
            let id: PatientID = try call.identifier(0, orElse: .unknownPatient)
            let patch = try PatientPatch(call.body)
            return try await service.update(id, patch, call.change { Self.render($0, call) }, call.context).answer()
        }
    }

    private static func render(_ outcome: PatientOutcome, _ call: Call) -> RenderedAnswer {
        switch outcome {
        case .registered(let patient):
            let place = HTTPField("Location", "/\(call.context.country)/v1/patients/\(patient.id)")
            return .json(201, headers: [place, tag(patient)]) { $0.patient(patient) }
        case .updated(let patient): return .json(headers: [tag(patient)]) { $0.patient(patient) }
        case .refused(.unknownPatient): return call.render(Problem(.unknownPatient))
        case .refused(.patientExists): return call.render(Problem(.patientExists))
        }
    }

    private static func tag(_ patient: PatientDocument) -> HTTPField {
        HTTPField("ETag", EntityTag.text(patient.version))
    }
}
