package import Domain

/// What is personal of a patient: in the vault, in answers to those who may see it, and nowhere else.
///
/// Printing it shows nothing, so that it cannot slip into a log or a failing test.
package struct PersonalData: Hashable, Sendable {
    package var givenName: String
    package var familyName: String
    package var birthDate: LocalDate
    package var email: String?
    /// E.164.
    package var phone: String?
    /// A language tag.
    package var language: String
    /// The ways in which the patient wants to be reached; each at most once.
    package var channels: [ContactChannel]

    package init(
        givenName: String, familyName: String, birthDate: LocalDate, email: String?, phone: String?, language: String,
        channels: [ContactChannel]
    ) {
        self.givenName = givenName
        self.familyName = familyName
        self.birthDate = birthDate
        self.email = email
        self.phone = phone
        self.language = language
        self.channels = channels
    }
}

/// A way to reach a patient.
package enum ContactChannel: String, Hashable, Sendable, CaseIterable {
    case email
    case sms
}

extension PersonalData: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "PersonalData(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A patient as its events and the vault have it.
package struct Patient: Hashable, Sendable {
    package var id: PatientID
    package var country: CountryCode
    /// Version of its stream, from 1; the ETag.
    package var version: Int64
    package var personal: PersonalData
}
