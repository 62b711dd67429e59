package import Domain

/// What the patient routes need; the composition root joins it to the patient commands and the vault.
package protocol PatientService: Sendable {
    /// Registers a patient.
    func register(
        _ command: RegisterPatient, _ change: Change<PatientOutcome>, _ context: RequestContext
    ) async -> ChangeResult
    /// Changes the profile. The same content with the version before it succeeds and changes nothing. A channel whose
    /// address would be missing afterwards is `.invalid` with `/channels`: only the service knows what stays.
    func update(
        _ id: PatientID, _ patch: PatientPatch, _ change: Change<PatientOutcome>, _ context: RequestContext
    ) async -> ChangeResult
    /// One patient.
    func patient(_ id: PatientID, _ context: RequestContext) async -> Reading<PatientDocument>
}

/// A way to reach a patient.
package enum ContactChannel: String, Sendable, CaseIterable {
    case email
    case sms
}

/// `POST /patients`; personal data: never in a log, a metric or an event.
package struct RegisterPatient: Sendable {
    /// The token's patient, when a patient registers itself; nil: the service chooses an id.
    package let id: PatientID?
    package let givenName: String
    package let familyName: String
    package let birthDate: LocalDate
    package let email: String?
    /// E.164.
    package let phone: String?
    package let language: String
    package let channels: [ContactChannel]
}

/// `PATCH /patients/{id}`: what is nil stays as it is.
package struct PatientPatch: Sendable {
    /// What a merge patch says of a member that may be absent.
    package enum Member<Value: Sendable & Hashable>: Sendable, Hashable {
        case keep
        case remove
        case set(Value)
    }

    package var givenName: String?
    package var familyName: String?
    package var birthDate: LocalDate?
    package var email: Member<String> = .keep
    package var phone: Member<String> = .keep
    package var language: String?
    package var channels: [ContactChannel]?
}

/// How a patient command was decided.
package enum PatientOutcome: Sendable {
    case registered(PatientDocument)
    case updated(PatientDocument)
    case refused(RefusedPatientChange)
}

/// Why a patient command was refused; each is stored as the answer to its key.
package enum RefusedPatientChange: Sendable, Hashable {
    case unknownPatient
    /// The token's patient is registered already.
    case patientExists
}

/// A patient as it sees itself; personal data, never in a log, a metric or an event.
package struct PatientDocument: Sendable {
    package let id: PatientID
    /// At least 1; the ETag.
    package let version: Int64
    package let givenName: String
    package let familyName: String
    package let birthDate: LocalDate
    package let email: String?
    package let phone: String?
    package let language: String
    package let channels: [ContactChannel]

    /// A patient of its parts.
    package init(
        id: PatientID, version: Int64, givenName: String, familyName: String, birthDate: LocalDate, email: String?,
        phone: String?, language: String, channels: [ContactChannel]
    ) {
        self.id = id
        self.version = version
        self.givenName = givenName
        self.familyName = familyName
        self.birthDate = birthDate
        self.email = email
        self.phone = phone
        self.language = language
        self.channels = channels
    }
}
