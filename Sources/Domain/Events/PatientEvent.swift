/// What can happen to a patient; stored and sealed, never published, and without a word of personal data.
package enum PatientEvent: Hashable, Sendable {
    case registered(PatientChange)
    case updated(PatientChange)

    /// What changed.
    package var change: PatientChange {
        switch self {
        case .registered(let change), .updated(let change): change
        }
    }
}

extension PatientEvent: DomainEvent {
    package var wireType: WireType {
        switch self {
        case .registered: WireType("PatientRegistered")
        case .updated: WireType("PatientUpdated")
        }
    }

    package var country: CountryCode { change.country }

    package var topic: Topic? { nil }

    package var keys: [PractitionerID] { [] }
}

/// Which fields of a patient were written; what was written is in the vault alone.
package struct PatientChange: Hashable, Sendable {
    /// The patient, by id alone.
    package var patientID: PatientID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// Names of the API's fields, such as `email`, in alphabetical order.
    package var changedFields: [String]

    /// Takes the names of the fields that were written.
    package init(patientID: PatientID, country: CountryCode, changedFields: [String]) {
        self.patientID = patientID
        self.country = country
        self.changedFields = changedFields.sorted()
    }
}
