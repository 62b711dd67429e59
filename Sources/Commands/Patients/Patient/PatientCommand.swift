package import Domain

/// What a caller wants done to a patient.
package enum PatientCommand: Sendable {
    /// Nil: the service chooses an id; else the token's patient registers itself.
    case register(PatientID?, PersonalData)
    case update(PatientID, PatientPatch)
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

    /// Given name.
    package var givenName: String?
    /// Family name.
    package var familyName: String?
    /// Birth date.
    package var birthDate: LocalDate?
    /// Mail address; gone only where no channel needs it.
    package var email: Member<String> = .keep
    /// Telephone number, E.164; gone only where no channel needs it.
    package var phone: Member<String> = .keep
    /// A language tag.
    package var language: String?
    /// All channels, in the place of those before.
    package var channels: [ContactChannel]?

    /// A patch that changes nothing yet.
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
    /// Shows nothing.
    package var description: String { "PatientPatch(hidden)" }
    /// Shows nothing.
    package var debugDescription: String { description }
    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
