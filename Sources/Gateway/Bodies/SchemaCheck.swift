import JSON

/// Compares a value with a schema and notes everything that is wrong with it.
struct SchemaCheck {
    private(set) var faults: [Fault] = []

    /// Everything that is wrong with a value; empty where nothing is.
    static func faults(in value: JSONValue, _ schema: Schema, at pointer: JSONPointer = .root) -> [Fault] {
        var check = SchemaCheck()
        check.value(value, schema, pointer)
        return check.faults
    }

    private mutating func value(_ value: JSONValue, _ schema: Schema, _ pointer: JSONPointer) {
        switch schema {
        case .string(let format, let length):
            guard let text = value.stringValue else { return note(pointer, "must be a string") }
            checkText(text, format, length, pointer)
        case .integer(let range):
            guard let number = value.intValue, range.contains(number) else {
                return note(pointer, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
            }
        case .number(let range, let above):
            guard let number = value.doubleValue, Self.contains(range, above, number) else {
                return note(pointer, Self.text(range, above))
            }
        case .boolean:
            if value.boolValue == nil { note(pointer, "must be true or false") }
        case .any: break
        case .oneOf(let names):
            guard let text = value.stringValue, names.contains(text) else {
                return note(pointer, "must be one of \(names.joined(separator: ", "))")
            }
        case .list(let element, let count): checkList(value, element, count, pointer)
        case .object(let object): checkObject(value, object, pointer)
        case .nullable(let inner):
            if !value.isNull { self.value(value, inner, pointer) }
        case .named(_, let inner): self.value(value, inner, pointer)
        }
    }

    private mutating func checkText(
        _ text: String, _ format: TextFormat, _ length: ClosedRange<Int>, _ pointer: JSONPointer
    ) {
        if !length.contains(text.unicodeScalars.count) {
            note(pointer, "must have \(length.lowerBound) to \(length.upperBound) characters")
        } else if let fault = format.fault(in: text) {
            note(pointer, fault)
        }
    }

    private mutating func checkList(
        _ value: JSONValue, _ element: Schema, _ count: ClosedRange<Int>, _ pointer: JSONPointer
    ) {
        guard let elements = value.arrayValue else { return note(pointer, "must be a list") }
        guard count.contains(elements.count) else {
            return note(pointer, "must have \(count.lowerBound) to \(count.upperBound) elements")
        }
        for (index, each) in elements.enumerated() { self.value(each, element, pointer.element(index)) }
    }

    private mutating func checkObject(_ value: JSONValue, _ object: ObjectSchema, _ pointer: JSONPointer) {
        guard let members = value.objectValue else { return note(pointer, "must be an object") }
        for member in members {
            if let known = object.member(member.name) {
                self.value(member.value, known.schema, pointer.member(member.name))
            } else {
                note(pointer.member(member.name), object.fixed[member.name] ?? "is not a member that can be sent here")
            }
        }
        for member in object.members where member.isRequired && value[member.name] == nil {
            note(pointer.member(member.name), "is required")
        }
    }

    /// The same for a query parameter, whose value comes as text.
    static func detail(inQueryText text: String, _ schema: Schema) -> String? {
        switch schema {
        case .integer: faults(in: Int64(text).map(JSONValue.int) ?? .null, schema).first?.detail
        case .number: faults(in: Double(text).map(JSONValue.double) ?? .null, schema).first?.detail
        default: faults(in: .string(text), schema).first?.detail
        }
    }

    private static func contains(_ range: ClosedRange<Double>, _ above: Bool, _ number: Double) -> Bool {
        range.contains(number) && !(above && number == range.lowerBound)
    }

    private static func text(_ range: ClosedRange<Double>, _ above: Bool) -> String {
        above
            ? "must be a number above \(range.lowerBound), at most \(range.upperBound)"
            : "must be a number from \(range.lowerBound) to \(range.upperBound)"
    }

    private mutating func note(_ pointer: JSONPointer, _ detail: String) {
        faults.append(Fault(pointer.text, detail))
    }
}
