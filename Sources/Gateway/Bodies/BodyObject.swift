import Domain
import JSON

/// An object of a body that its schema admits, read into typed values.
struct BodyObject: Sendable {
    let value: JSONValue
    let pointer: JSONPointer

    init(_ value: JSONValue, _ pointer: JSONPointer = .root) {
        self.value = value
        self.pointer = pointer
    }

    /// - Throws: 422 where the member is missing or `convert` has no value for it.
    func required<Value>(_ name: String, _ convert: (JSONValue) -> Value?) throws(Problem) -> Value {
        guard let value = try optional(name, convert) else {
            throw .invalid(pointer.member(name), "is required")
        }
        return value
    }

    /// Nil where the member is missing or `null`.
    ///
    /// - Throws: 422 where `convert` has no value for it.
    func optional<Value>(_ name: String, _ convert: (JSONValue) -> Value?) throws(Problem) -> Value? {
        guard let member = value[name], !member.isNull else { return nil }
        guard let converted = convert(member) else {
            throw .invalid(pointer.member(name), "is not a value that can be used")
        }
        return converted
    }

    /// What a merge patch says of a member that may be absent.
    func patched<Value>(
        _ name: String, _ convert: (JSONValue) -> Value?
    ) throws(Problem) -> PatientPatch.Member<Value> {
        if value[name]?.isNull == true { return .remove }
        return try optional(name, convert).map { .set($0) } ?? .keep
    }

    func text(_ name: String) throws(Problem) -> String { try required(name, \.stringValue) }

    /// The elements of a list of objects; empty where it is missing.
    func objects(_ name: String) -> [BodyObject] {
        let here = pointer.member(name)
        return (value[name]?.arrayValue ?? []).enumerated().map { BodyObject($1, here.element($0)) }
    }
}

extension JSONValue {
    var dateValue: LocalDate? { stringValue.flatMap { LocalDate($0) } }
    var timeOfDayValue: LocalTime? { stringValue.flatMap { LocalTime($0) } }
    var instantValue: ParsedTime? { stringValue.flatMap { try? ParsedTime($0) } }
    var textsValue: [String]? { arrayValue.map { $0.compactMap(\.stringValue) } }

    func identifier<Tag>() -> Identifier<Tag>? { stringValue.flatMap { Identifier<Tag>($0) } }
}
