import JSON

/// The shape of a value that comes in or goes out: what checks a request is also what the OpenAPI document says.
indirect enum Schema: Sendable {
    /// A text in a format, its length in Unicode scalars.
    case string(TextFormat, length: ClosedRange<Int>)
    case integer(ClosedRange<Int64>)
    /// A number; `above` leaves the lower bound itself out.
    case number(ClosedRange<Double>, above: Bool)
    case boolean
    /// Whatever is valid JSON.
    case any
    case oneOf([String])
    case list(Schema, count: ClosedRange<Int>)
    case object(ObjectSchema)
    case nullable(Schema)
    /// A schema that the OpenAPI document shows once, under this name.
    case named(String, Schema)

    /// A text in a format whose own length is bounded already.
    static func string(_ format: TextFormat) -> Schema { .string(format, length: 0...256) }

    /// A number of a closed range.
    static func number(_ range: ClosedRange<Double>) -> Schema { .number(range, above: false) }

    /// The names of an enumeration.
    static func names<Name: RawRepresentable & CaseIterable>(_: Name.Type) -> Schema where Name.RawValue == String {
        .oneOf(Name.allCases.map(\.rawValue))
    }
}

/// An object and its members; every other member is a fault.
struct ObjectSchema: Sendable {
    let members: [Member]
    /// Members that exist but cannot be sent here, and why.
    var fixed: [String: String] = [:]
    var example: JSONValue?

    init(_ members: [Member], example: JSONValue? = nil) {
        self.members = members
        self.example = example
    }

    /// One member of an object.
    struct Member: Sendable {
        let name: String
        let schema: Schema
        let isRequired: Bool
        let note: String
        /// What holds when it is not sent.
        let standard: JSONValue?

        static func required(_ name: String, _ schema: Schema, _ note: String = "") -> Member {
            Member(name: name, schema: schema, isRequired: true, note: note, standard: nil)
        }

        static func optional(
            _ name: String, _ schema: Schema, _ note: String = "", standard: JSONValue? = nil
        ) -> Member {
            Member(name: name, schema: schema, isRequired: false, note: note, standard: standard)
        }
    }

    func member(_ name: String) -> Member? { members.first { $0.name == name } }

    /// The merge patch (RFC 7396) of such an object: everything may be left out, `null` removes what may be absent,
    /// objects are merged member by member, lists are replaced.
    ///
    /// - Parameters:
    ///   - fixed: Members that cannot be changed.
    ///   - example: A patch for the document.
    /// - Returns: What a patch of this object may hold.
    func mergePatch(fixed: [String], example: JSONValue? = nil) -> ObjectSchema {
        var patch = ObjectSchema(
            members.filter { !fixed.contains($0.name) }.map { member in
                let merged = member.schema.mergePatch
                return .optional(member.name, member.isRequired ? merged : .nullable(merged), member.note)
            }, example: example)
        for name in fixed { patch.fixed[name] = "is fixed at registration and cannot be changed" }
        return patch
    }
}

extension Schema {
    fileprivate var mergePatch: Schema {
        switch self {
        case .object(let object): .object(object.mergePatch(fixed: []))
        case .named(let name, .object(let object)): .named("\(name)Patch", .object(object.mergePatch(fixed: [])))
        default: self
        }
    }
}
