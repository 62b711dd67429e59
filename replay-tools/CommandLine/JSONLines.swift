import Domain
import JSON

/// One JSON object a line, each with its kind under `record`.
struct JSONLines {
    private var writer = JSONWriter()
    private(set) var text = ""

    /// Adds a line; `body` writes the members after `record`.
    mutating func add(_ record: String, _ body: (inout JSONWriter) -> Void) {
        writer.removeAll()
        writer.beginObject()
        writer.key("record")
        writer.string(record)
        body(&writer)
        writer.endObject()
        text += String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    /// Adds the line of a dependency that could not be asked.
    mutating func add(_ unreachable: Unreachable) {
        add("unreachable") { writer in
            writer.key("dependency")
            writer.string(unreachable.dependency)
            writer.key("reason")
            writer.string(unreachable.reason)
        }
    }
}

extension JSONWriter {
    /// Writes a number, or null where there is none: keys do not come and go.
    mutating func member(_ name: StaticString, _ value: Int64?) {
        key(name)
        if let value { int(value) } else { null() }
    }

    /// The same of seconds, to the millisecond.
    mutating func member(_ name: StaticString, _ value: Double?) {
        key(name)
        if let value { double((value * 1_000).rounded() / 1_000) } else { null() }
    }

    /// The same of a moment, RFC 3339 in UTC.
    mutating func member(_ name: StaticString, _ value: Instant?) {
        key(name)
        if let value { string("\(value)") } else { null() }
    }
}
