/// Rows as CSV by RFC 4180: CRLF after every line, a field in quotes where it needs them, a header first.
///
/// A spreadsheet takes a field that begins with one of `= + - @`, a tab or the end of a line for a formula and runs it.
/// Such a text gets an apostrophe in front, which spreadsheets do not show; numbers and truth values are ours and stay
/// as they are. A reader that is a program takes the apostrophe off again where one of these characters follows it.
package enum AuditCSV {
    /// The line of names.
    package static func header(_ columns: [String]) -> String {
        line(columns.map(quoted))
    }

    /// The line of one row.
    package static func row(_ record: AuditRecord) -> String {
        line(record.fields.map { field($0.value) })
    }

    private static func line(_ fields: [String]) -> String { fields.joined(separator: ",") + "\r\n" }

    private static func field(_ value: AuditValue) -> String {
        switch value {
        case .null, .bool, .int: value.text
        case .text, .json: quoted(harmless(value.text))
        }
    }

    private static func harmless(_ text: String) -> String {
        // What begins with an apostrophe before such a character gets one more, so that nothing is ambiguous.
        switch text.utf8.first(where: { $0 != UInt8(ascii: "'") }) {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0A, 0x0D:
            "'\(text)"
        default: text
        }
    }

    private static func quoted(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { byte in
            byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D
        }
        return needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }
}
