package import Domain

/// What a caller wants done to a patient.
package enum PatientCommand: Sendable {
    /// Nil: the service chooses an id; else the token's patient registers itself.
    case register(PatientID?, PersonalData)
    case update(PatientID, PatientPatch)

    /// The patient that the caller names; nil where the service chooses an id.
    var patientID: PatientID? {
        switch self {
        case .register(let id, _): id
        case .update(let id, _): id
        }
    }
}

/// The parts of a patient that a merge patch names; nil: as before.
package struct PatientPatch: Hashable, Sendable {
    /// What a merge patch says of a member that may be absent.
    package enum Member<Value: Hashable & Sendable>: Hashable, Sendable {
        case keep
        case remove
        case set(Value)

        /// The member after the patch.
        func applied(to old: Value?) -> Value? {
            switch self {
            case .keep: old
            case .remove: nil
            case .set(let new): new
            }
        }
    }

    package var givenName: String?
    package var familyName: String?
    package var birthDate: LocalDate?
    package var email: Member<String> = .keep
    package var phone: Member<String> = .keep
    package var language: String?
    package var channels: [ContactChannel]?

    package init() {}

    /// Personal data after the patch.
    func applied(to old: PersonalData) -> PersonalData {
        PersonalData(
            givenName: givenName ?? old.givenName, familyName: familyName ?? old.familyName,
            birthDate: birthDate ?? old.birthDate, email: email.applied(to: old.email),
            phone: phone.applied(to: old.phone), language: language ?? old.language,
            channels: channels ?? old.channels)
    }
}

extension PatientPatch: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "PatientPatch(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
