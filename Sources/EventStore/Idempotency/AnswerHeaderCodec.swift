import JSON

extension AnswerHeader {
    /// A JSON array of `[name, value]`.
    static func encode(_ headers: [AnswerHeader]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for header in headers {
            writer.beginArray()
            writer.string(header.name)
            writer.string(header.value)
            writer.endArray()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Reads what `encode` wrote; a member that it cannot have written is left out.
    static func decode(_ text: String) -> [AnswerHeader] {
        guard let pairs = (try? parseJSON(Array(text.utf8)))?.arrayValue else { return [] }
        return pairs.compactMap { pair in
            guard let parts = pair.arrayValue, parts.count == 2,
                let name = parts[0].stringValue, let value = parts[1].stringValue
            else { return nil }
            return AnswerHeader(name: name, value: value)
        }
    }
}
