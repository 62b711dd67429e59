import Domain
import JSON

/// What patient requests and answers look like.
enum PatientSchemas {
    private static let profile: [ObjectSchema.Member] = [
        .required("givenName", .string(.text, length: 1...100)),
        .required("familyName", .string(.text, length: 1...100)),
        .required("birthDate", .string(.date), "Not in the future, not before 1850."),
        .optional("email", .string(.email, length: 3...254), "Required for the channel email."),
        .optional("phone", .string(.phone), "E.164; required for the channel sms."),
        .required("language", .string(.languageTag, length: 2...35)),
    ]

    private static let channels = Schema.list(.names(ContactChannel.self), count: 0...2)

    static let register = Schema.named(
        "NewPatient",
        .object(
            ObjectSchema(
                profile + [.optional("channels", channels, "Each at most once.", standard: .array([]))],
                example: Examples.newPatient)))

    static let patch = Schema.named(
        "PatientPatch",
        .object(
            ObjectSchema(profile + [.required("channels", channels)]).mergePatch(
                fixed: [], example: .object([JSONMember("phone", .string("+33612345679"))]))))

    static let patient = Schema.named(
        "Patient",
        .object(
            ObjectSchema(
                [.required("patientId", .string(.uuid)), .required("version", .integer(1...Int64.max))]
                    + profile.map { .required($0.name, $0.isRequired ? $0.schema : .nullable($0.schema), $0.note) }
                    + [.required("channels", channels)])))

    /// A birth date that cannot be, a channel that comes twice.
    @Sendable
    static func patchFaults(_ body: BodyObject, _ facts: BodyFacts) -> [Fault] {
        var faults: [Fault] = []
        if let birthDate = body.value["birthDate"]?.dateValue, birthDate > facts.today || birthDate.parts.year < 1850 {
            faults.append(Fault("/birthDate", "must not be in the future, nor before 1850"))
        }
        let channels = body.value["channels"]?.textsValue ?? []
        if Set(channels).count < channels.count { faults.append(Fault("/channels", "names a channel twice")) }
        return faults
    }

    /// The same, and a channel without its address.
    @Sendable
    static func registerFaults(_ body: BodyObject, _ facts: BodyFacts) -> [Fault] {
        let channels = body.value["channels"]?.textsValue ?? []
        let addresses = [(ContactChannel.email, "email"), (.sms, "phone")]
        return patchFaults(body, facts)
            + addresses.filter { channels.contains($0.0.rawValue) && body.value[$0.1] == nil }
            .map { Fault("/\($0.1)", "is required for the channel \($0.0.rawValue)") }
    }
}

extension RegisterPatient {
    /// - Parameters:
    ///   - id: The token's patient, when a patient registers itself.
    ///   - body: Admitted by its schema.
    /// - Throws: 422 where a value cannot be used.
    init(_ id: PatientID?, _ body: BodyObject) throws(Problem) {
        self.init(
            id: id, givenName: try body.text("givenName"), familyName: try body.text("familyName"),
            birthDate: try body.required("birthDate", \.dateValue), email: try body.optional("email", \.stringValue),
            phone: try body.optional("phone", \.stringValue), language: try body.text("language"),
            channels: try body.channels() ?? [])
    }
}

extension PatientPatch {
    /// - Throws: 422 where a value cannot be used.
    init(_ body: BodyObject) throws(Problem) {
        givenName = try body.optional("givenName", \.stringValue)
        familyName = try body.optional("familyName", \.stringValue)
        birthDate = try body.optional("birthDate", \.dateValue)
        email = try body.patched("email", \.stringValue)
        phone = try body.patched("phone", \.stringValue)
        language = try body.optional("language", \.stringValue)
        channels = try body.channels()
    }
}

extension BodyObject {
    fileprivate func channels() throws(Problem) -> [ContactChannel]? {
        try optional("channels") { list in
            list.textsValue.map { $0.compactMap(ContactChannel.init(rawValue:)) }
        }
    }
}
