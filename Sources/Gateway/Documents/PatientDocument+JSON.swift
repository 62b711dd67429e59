import Domain
import JSON

extension JSONWriter {
    /// Writes a patient.
    mutating func patient(_ patient: PatientDocument) {
        beginObject()
        key("patientId")
        identifier(patient.id)
        key("version")
        int(patient.version)
        key("givenName")
        string(patient.givenName)
        key("familyName")
        string(patient.familyName)
        key("birthDate")
        string(patient.birthDate.description)
        key("email")
        string(orNull: patient.email)
        key("phone")
        string(orNull: patient.phone)
        key("language")
        string(patient.language)
        key("channels")
        strings(patient.channels.map(\.rawValue))
        endObject()
    }
}
