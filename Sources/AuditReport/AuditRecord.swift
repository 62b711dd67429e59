/// One row of an answer to an auditor, whatever was asked: named values in a fixed order.
package struct AuditRecord: Hashable, Sendable {
    /// One named value.
    package struct Field: Hashable, Sendable {
        /// In camel case; a column of a table, a member of an object.
        package let name: String
        /// What it is.
        package let value: AuditValue
    }

    /// In the order in which they are shown; every row of one answer has the same names.
    package private(set) var fields: [Field] = []

    /// A row without values.
    package init() {}

    /// Adds a value.
    package mutating func add(_ name: String, _ value: AuditValue) {
        fields.append(Field(name: name, value: value))
    }

    /// Adds a text, or nothing known.
    package mutating func add(_ name: String, _ text: String?) {
        add(name, text.map(AuditValue.text) ?? .null)
    }

    /// Adds a whole number, or nothing known.
    package mutating func add(_ name: String, _ number: (some BinaryInteger)?) {
        add(name, number.map { AuditValue.int(Int64($0)) } ?? .null)
    }

    /// The value of that name; nil where the row has none.
    package subscript(_ name: String) -> AuditValue? { fields.first { $0.name == name }?.value }
}

/// A value of a row.
package enum AuditValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case text(String)
    /// JSON of its own, known to be valid.
    case json([UInt8])

    /// As text, empty where there is nothing.
    package var text: String {
        switch self {
        case .null: ""
        case .bool(let value): value ? "true" : "false"
        case .int(let value): "\(value)"
        case .text(let value): value
        case .json(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }
}
