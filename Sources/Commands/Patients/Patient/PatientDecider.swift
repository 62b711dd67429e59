import Domain

/// The rules of a patient's stream: no clock, no database, no keys, no `async`.
enum PatientDecider {
    /// What a patch does to a patient that exists.
    enum Decision: Equatable {
        /// The event, and the data that it leaves.
        case append(PatientEvent, PersonalData)
        case unchanged
        /// None of the versions that the caller accepts is the current one.
        case versionMismatch(current: Int64)
        case invalid([InvalidMember])
    }

    /// The event of a new patient.
    static func register(_ id: PatientID, _ data: PersonalData, in country: CountryCode) -> PatientEvent {
        .registered(PatientChange(patientID: id, country: country, changedFields: data.members.map(\.name)))
    }

    /// Decides a patch; `acceptedVersions` nil accepts any.
    static func update(_ patient: Patient, _ patch: PatientPatch, acceptedVersions: [Int64]?) -> Decision {
        let next = patch.applied(to: patient.personal)
        if let acceptedVersions, !acceptedVersions.contains(patient.version) {
            // The retry of a change that was made: the same content with the version before it.
            let isRetry = next == patient.personal && acceptedVersions.contains(patient.version - 1)
            return isRetry ? .unchanged : .versionMismatch(current: patient.version)
        }
        if next == patient.personal { return .unchanged }
        let faults = next.channelFaults
        if !faults.isEmpty { return .invalid(faults) }
        let old = Set(patient.personal.members)
        let new = Set(next.members)
        let changed = Set(old.symmetricDifference(new).map(\.name))
        return .append(
            .updated(PatientChange(patientID: patient.id, country: patient.country, changedFields: Array(changed))),
            next)
    }
}

extension PersonalData {
    /// One member as it is compared.
    fileprivate struct Member: Hashable {
        var name: String
        var value: String
    }

    /// The members that are there, under the API's names.
    fileprivate var members: [Member] {
        let always = [
            Member(name: "givenName", value: givenName), Member(name: "familyName", value: familyName),
            Member(name: "birthDate", value: birthDate.description), Member(name: "language", value: language),
        ]
        let contacts = [
            email.map { Member(name: "email", value: $0) }, phone.map { Member(name: "phone", value: $0) },
            channels.isEmpty
                ? nil : Member(name: "channels", value: channels.map(\.rawValue).joined(separator: ",")),
        ]
        return always + contacts.compactMap { $0 }
    }

    /// A channel needs its address: only the whole patient, not the patch, can tell.
    var channelFaults: [InvalidMember] {
        var faults: [InvalidMember] = []
        if channels.contains(.email), email == nil {
            faults.append(InvalidMember("/email", "is required for the channel email"))
        }
        if channels.contains(.sms), phone == nil {
            faults.append(InvalidMember("/phone", "is required for the channel sms"))
        }
        return faults
    }
}
