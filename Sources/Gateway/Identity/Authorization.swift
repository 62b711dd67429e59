import Domain

/// Whether a caller may call a route at all, before anything is looked up.
enum Authorization {
    /// - Throws: 403 for a role or a country that may not do this, 404 where the path names another person's things.
    static func check(
        _ access: Route.Access, _ caller: Caller, _ country: CountryCode, path: [String]
    ) throws(Problem) {
        guard access.roles.contains(caller.role) else {
            throw Authenticator.forbidden("The role \(caller.role.rawValue) may not do this.")
        }
        guard caller.countries.contains(country) else {
            throw Authenticator.forbidden("The token does not allow this country.")
        }
        switch (access.ownership, caller.role) {
        case (.patient, .patient): try checkPatient(caller, path)
        case (.practitioner, .practitioner):
            guard owns(caller.practitionerID, path) else {
                throw Authenticator.forbidden("A practitioner changes nobody but itself.")
            }
        case (.practitionerHidden, .practitioner):
            guard owns(caller.practitionerID, path) else { throw Problem(.unknownPractitioner) }
        default: break
        }
    }

    /// What a caller may see and change of bookings.
    ///
    /// - Throws: 403 for a token of a patient or practitioner that does not say which one.
    static func bookings(_ caller: Caller) throws(Problem) -> BookingAccess {
        switch caller.role {
        case .patient:
            guard let own = caller.patientID else { throw noIdentity("patient_id") }
            return .patient(own)
        case .practitioner:
            guard let own = caller.practitionerID else { throw noIdentity("practitioner_id") }
            return .practitioner(own)
        case .partner: return .madeBy(subject: caller.subject)
        case .staff: return .all
        case .operator, .auditor: throw Authenticator.forbidden("The role \(caller.role.rawValue) has no bookings.")
        }
    }

    /// A token that does not say which patient or practitioner its bearer is.
    static func noIdentity(_ claim: String) -> Problem {
        Authenticator.forbidden("The token has no claim \(claim).")
    }

    private static func checkPatient(_ caller: Caller, _ path: [String]) throws(Problem) {
        guard caller.patientID != nil else { throw noIdentity("patient_id") }
        guard owns(caller.patientID, path) else { throw Problem(.unknownPatient) }
    }

    /// Whether the first identifier after the country is the caller's own.
    private static func owns<Tag>(_ own: Identifier<Tag>?, _ path: [String]) -> Bool {
        guard let own, let first = path.first else { return false }
        return Identifier<Tag>(first) == own
    }
}
