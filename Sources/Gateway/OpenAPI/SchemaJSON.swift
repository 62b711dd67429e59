import JSON

/// Turns schemas into JSON Schema 2020-12, and keeps the named ones for `components`.
struct SchemaJSON {
    /// The named schemas met so far.
    private(set) var components: [String: JSONValue] = [:]

    /// The JSON Schema of `schema`; a reference where it has a name.
    mutating func value(_ schema: Schema) -> JSONValue {
        switch schema {
        case .string(let format, let length): return Self.text(format, length)
        case .integer(let range): return Self.integer(range)
        case .number(let range, let above):
            let lower: JSONValue =
                above ? ["exclusiveMinimum": .double(range.lowerBound)] : ["minimum": .double(range.lowerBound)]
            let type: JSONValue = ["type": "number"]
            return type.merging(lower).merging(["maximum": .double(range.upperBound)])
        case .boolean: return ["type": "boolean"]
        case .any: return .object([])
        case .oneOf(let names): return ["type": "string", "enum": .array(names.map(JSONValue.string))]
        case .list(let element, let count):
            let list: JSONValue = ["type": "array", "items": value(element), "minItems": .int(Int64(count.lowerBound))]
            return count.upperBound == .max ? list : list.merging(["maxItems": .int(Int64(count.upperBound))])
        case .object(let object): return value(object)
        case .nullable(let inner): return ["anyOf": [value(inner), ["type": "null"]]]
        case .named(let name, let inner):
            if components[name] == nil {
                components[name] = .null  // so that a schema that holds itself ends
                components[name] = value(inner)
            }
            return ["$ref": .string("#/components/schemas/\(name)")]
        }
    }

    private mutating func value(_ object: ObjectSchema) -> JSONValue {
        var properties: [JSONMember] = []
        for member in object.members {
            var property = value(member.schema)
            if !member.note.isEmpty { property = property.merging(["description": .string(member.note)]) }
            if let standard = member.standard { property = property.merging(["default": standard]) }
            properties.append(JSONMember(member.name, property))
        }
        let required = object.members.filter(\.isRequired).map { JSONValue.string($0.name) }
        var json: JSONValue = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { json = json.merging(["required": .array(required)]) }
        json = json.merging(["additionalProperties": false])
        if let example = object.example { json = json.merging(["examples": [example]]) }
        return json
    }

    private static func integer(_ range: ClosedRange<Int64>) -> JSONValue {
        let json: JSONValue = ["type": "integer", "format": "int64", "minimum": .int(range.lowerBound)]
        return range.upperBound == .max ? json : json.merging(["maximum": .int(range.upperBound)])
    }

    private static func text(_ format: TextFormat, _ length: ClosedRange<Int>) -> JSONValue {
        let json: JSONValue = ["type": "string"]
        return json.merging(constraints(format, length))
    }

    private static func constraints(_ format: TextFormat, _ length: ClosedRange<Int>) -> JSONValue {
        let bounds: JSONValue = [
            "minLength": .int(Int64(length.lowerBound)), "maxLength": .int(Int64(length.upperBound)),
        ]
        switch format {
        case .text: return bounds.merging(["pattern": #"^(?=.*\S)[^\u0000-\u001f\u007f-\u009f]*$"#])
        case .anything: return bounds
        case .email: return bounds.merging(["format": "email"])
        case .code, .cursor: return bounds.merging(["pattern": "^[A-Za-z0-9_-]+$"])
        case .languageTag: return bounds.merging(["pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"])
        case .timeZone: return ["examples": ["Europe/Paris"]]
        case .uuid: return ["format": "uuid"]
        case .date: return ["format": "date"]
        case .instant: return ["format": "date-time"]
        case .dateOrInstant: return ["anyOf": [["format": "date"], ["format": "date-time"]]]
        case .timeOfDay: return ["pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"]
        case .phone: return ["pattern": "^\\+[1-9][0-9]{6,14}$"]
        case .country: return ["pattern": "^[a-z]{2}$"]
        case .bitmap: return ["pattern": "^[01]{24}$"]
        }
    }
}
