package import Domain
import JSON

extension EventCodec {
    /// The JSON bytes of a fact about what was done to the system.
    package static func encode(_ event: OperationRecorded) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.id("operationId", event.operationID)
        writer.text("country", event.country.text)
        writer.text("operation", event.operation.rawValue)
        writer.text("phase", event.phase.rawValue)
        if let reason = event.reason { writer.text("reason", reason) }
        writer.key("details")
        writer.beginArray()
        for detail in event.details {
            writer.beginObject()
            writer.text("name", detail.name)
            writer.key("value")
            switch detail.value {
            case .text(let text): writer.string(text)
            case .int(let number): writer.int(number)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}

extension OperationRecorded {
    init(_ node: JSONNode) throws(JSONError) {
        var details: [OperationDetail] = []
        try node.required("details").forEachElement { (element) throws(JSONError) in
            details.append(try OperationDetail(element))
        }
        self.init(
            operationID: try node.id("operationId"), country: try node.country(),
            operation: try node.value("operation"),
            phase: try node.value("phase"), reason: try node.first("reason")?.string(), details: details)
    }
}

extension OperationDetail {
    init(_ node: JSONNode) throws(JSONError) {
        let value = try node.required("value")
        let name = try node.text("name")
        if value.isString {
            self.init(name, try value.string())
        } else {
            self.init(name, try value.int())
        }
    }
}
