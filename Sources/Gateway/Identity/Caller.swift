package import Domain

/// Who sent a request, as a verified token says.
package struct Caller: Sendable, Hashable {
    /// The token's `sub`; the scope of idempotency keys, cursors and limits.
    package let subject: String
    package let role: Role
    /// The countries in which this caller may act.
    package let countries: [CountryCode]
    /// Present on tokens of patients.
    package let patientID: PatientID?
    /// Present on tokens of practitioners.
    package let practitionerID: PractitionerID?

    /// A caller of its parts.
    package init(
        subject: String, role: Role, countries: [CountryCode], patientID: PatientID? = nil,
        practitionerID: PractitionerID? = nil
    ) {
        self.subject = subject
        self.role = role
        self.countries = countries
        self.patientID = patientID
        self.practitionerID = practitionerID
    }
}

/// A set of roles, cheap to test on every request.
struct RoleSet: OptionSet, Sendable {
    let rawValue: UInt8

    static let patient = RoleSet(rawValue: 1)
    static let practitioner = RoleSet(rawValue: 2)
    static let staff = RoleSet(rawValue: 4)
    static let `operator` = RoleSet(rawValue: 8)
    static let auditor = RoleSet(rawValue: 16)
    static let partner = RoleSet(rawValue: 32)
    /// Anybody with a valid token.
    static let all: RoleSet = [.patient, .practitioner, .staff, .operator, .auditor, .partner]

    func contains(_ role: Role) -> Bool { contains(Self.of(role)) }

    /// The roles in it, in the order of the contract.
    var members: [Role] { Role.allCases.filter { contains($0) } }

    private static func of(_ role: Role) -> RoleSet {
        switch role {
        case .patient: .patient
        case .practitioner: .practitioner
        case .staff: .staff
        case .operator: .operator
        case .auditor: .auditor
        case .partner: .partner
        }
    }
}
