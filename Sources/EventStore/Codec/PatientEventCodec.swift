package import Domain
import JSON

extension EventCodec {
    /// The JSON bytes of an event about a patient: names of fields, never what was written there.
    package static func encode(_ event: PatientEvent) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.id("patientId", event.change.patientID)
        writer.text("country", event.change.country.text)
        writer.texts("changedFields", event.change.changedFields)
        writer.endObject()
        return writer.bytes
    }
}

extension PatientChange {
    init(_ node: JSONNode) throws(JSONError) {
        self.init(
            patientID: try node.id("patientId"), country: try node.country(),
            changedFields: try node.texts("changedFields"))
    }
}
