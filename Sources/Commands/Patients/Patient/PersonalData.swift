package import Domain

/// What is personal of a patient: in the vault, in answers to those who may see it, and nowhere else.
///
/// Printing it shows nothing, so that it cannot slip into a log or a failing test.
package struct PersonalData: Hashable, Sendable {
    /// Given name.
    package var givenName: String
    /// Family name.
    package var familyName: String
    /// Birth date.
    package var birthDate: LocalDate
    /// Mail address; present where `channels` has `email`.
    package var email: String?
    /// E.164.
    package var phone: String?
    /// A language tag.
    package var language: String
    /// The ways in which the patient wants to be reached; each at most once.
    package var channels: [ContactChannel]

    /// Takes all members; where they come in they are checked.
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
    /// Shows nothing.
    package var description: String { "PersonalData(hidden)" }
    /// Shows nothing.
    package var debugDescription: String { description }
    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A patient as its events and the vault have it.
package struct Patient: Hashable, Sendable {
    /// The only thing that others know of a patient.
    package var id: PatientID
    /// Where the patient is registered.
    package var country: CountryCode
    /// Version of its stream, from 1; the ETag.
    package var version: Int64
    /// What the vault holds.
    package var personal: PersonalData
}
