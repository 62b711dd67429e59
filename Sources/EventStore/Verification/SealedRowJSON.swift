import Crypto
import Domain
import JSON

/// A sealed row as JSON that people can read and that says every byte.
///
/// Columns have their names. A UUID, a time (RFC 3339 in UTC, to the microsecond) and a date are text; a number that is
/// no such time stays a number. `data` is base64 of the stored bytes, `dataText` the same as text, where it is text.
enum SealedRowJSON {
    /// Writes which tree it is in and the row as members of the object that is open.
    static func write(_ row: SealedRow, _ writer: inout JSONWriter) {
        writer.key("database")
        writer.string(row.database)
        writer.key("shard")
        writer.int(row.shard)
        writer.key("row")
        writer.beginObject()
        for (field, value) in zip(CanonicalRow.columns, row.values) {
            writer.key(field.name)
            write(value, field.kind, &writer)
            if case .bytes(let bytes) = value, field.kind == .bytes {
                writer.key("dataText")
                if let text = String(validating: bytes, as: UTF8.self) { writer.string(text) } else { writer.null() }
            }
        }
        writer.endObject()
    }

    private static func write(_ value: SealedRow.Value, _ kind: CanonicalRow.Kind, _ writer: inout JSONWriter) {
        switch (value, kind) {
        case (.null, _): writer.null()
        case (.text(let text), _): writer.string(text)
        case (.bytes(let bytes), .uuid): writer.string("\(EventID(bytes))")
        case (.bytes(let bytes), _): writer.string(Base64.encode(bytes))
        case (.number(let number), .time):
            let text = Instant(microseconds: number).text()
            if instant(text) == number { writer.string(text) } else { writer.int(number) }
        case (.number(let number), .date):
            let text = Int32(exactly: number).map { "\(LocalDate(days: $0))" }
            if let text, days(text) == number { writer.string(text) } else { writer.int(number) }
        case (.number(let number), _): writer.int(number)
        }
    }

    /// Reads what `write` wrote; other members are the caller's business.
    ///
    /// - Throws: `ProofFault.malformed` with the member's name.
    static func read(_ json: JSONValue) throws(ProofFault) -> SealedRow {
        guard let database = json["database"]?.stringValue else { throw .malformed("database") }
        guard let shard = json["shard"]?.intValue else { throw .malformed("shard") }
        guard let row = json["row"] else { throw .malformed("row") }
        var values: [SealedRow.Value] = []
        for field in CanonicalRow.columns {
            guard let value = row[field.name].flatMap({ value($0, field.kind) }) else { throw .malformed(field.name) }
            values.append(value)
        }
        do { return try SealedRow(database: database, shard: shard, values: values) } catch { throw .row(error) }
    }

    private static func value(_ json: JSONValue, _ kind: CanonicalRow.Kind) -> SealedRow.Value? {
        if json.isNull { return .null }
        switch kind {
        case .text: return json.stringValue.map { .text($0) }
        case .bytes: return json.stringValue.flatMap(Base64.decode).map { .bytes($0) }
        case .uuid: return json.stringValue.flatMap { EventID($0) }.map { .bytes($0.bytes) }
        case .number: return json.intValue.map { .number($0) }
        case .time: return (json.stringValue.flatMap(instant) ?? json.intValue).map { .number($0) }
        case .date: return (json.stringValue.flatMap(days) ?? json.intValue).map { .number($0) }
        }
    }

    private static func instant(_ text: String) -> Int64? { (try? ParsedTime(text))?.instant.microseconds }

    private static func days(_ text: String) -> Int64? { LocalDate(text).map { Int64($0.days) } }
}

extension EventID {
    fileprivate init(_ bytes: [UInt8]) {
        func word(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(bytes.prefix(8)), low: word(bytes.dropFirst(8).prefix(8)))
    }
}
