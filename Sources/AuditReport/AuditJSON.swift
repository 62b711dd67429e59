package import JSON

extension JSONWriter {
    /// Writes a row as an object.
    package mutating func record(_ record: AuditRecord) {
        beginObject()
        for field in record.fields {
            key(field.name)
            value(field.value)
        }
        endObject()
    }

    private mutating func value(_ value: AuditValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .int(let value): int(value)
        case .text(let value): string(value)
        case .json(let bytes): raw(bytes)
        }
    }
}

extension AuditRecord {
    /// The row as a line of JSON, with its line feed.
    package var jsonLine: [UInt8] {
        var writer = JSONWriter()
        writer.record(self)
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
