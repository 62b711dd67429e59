import Domain
import HTTPServer
import JSON

/// What the rules of a body need to know beside the body.
struct BodyFacts: Sendable {
    /// Today where it is latest on earth, so that nobody's birthday is refused.
    let today: LocalDate
    /// Whether the zone database has a zone of that name.
    let isKnownZone: @Sendable (String) -> Bool
}

/// What a route accepts as its body.
struct BodyRule: Sendable {
    /// What a schema cannot say: how values must fit together.
    ///
    /// It skips values that break the schema.
    typealias Rules = @Sendable (BodyObject, BodyFacts) -> [Fault]

    /// Lower case, without parameters.
    let mediaTypes: [String]
    let schema: Schema
    /// A request without a body means `{}`.
    let mayBeEmpty: Bool
    let rules: Rules

    static func json(_ schema: Schema, _ rules: @escaping Rules = { _, _ in [] }) -> BodyRule {
        BodyRule(mediaTypes: [MediaType.json], schema: schema, mayBeEmpty: false, rules: rules)
    }

    /// `application/json` is taken as well: many clients cannot say anything else.
    static func mergePatch(_ schema: Schema, _ rules: @escaping Rules = { _, _ in [] }) -> BodyRule {
        BodyRule(mediaTypes: [MediaType.mergePatch, MediaType.json], schema: schema, mayBeEmpty: false, rules: rules)
    }

    /// An action that says everything in its path.
    static let none = BodyRule(
        mediaTypes: [MediaType.json], schema: .named("Empty", .object(ObjectSchema([]))), mayBeEmpty: true,
        rules: { _, _ in [] })

    /// - Throws: 415 for a content type that is not taken.
    func checkMediaType(_ request: HTTPRequest) throws(Problem) {
        if mayBeEmpty, request.body.isEmpty { return }
        let lines = request.headers.all("Content-Type")
        guard lines.count == 1, MediaType.matches(lines[0], mediaTypes) else {
            throw Problem(.unsupportedMediaType, "Send \(mediaTypes.joined(separator: " or ")), in UTF-8.")
        }
    }

    /// - Throws: 400 where the body is not JSON, 422 with every fault where it is not what the schema says.
    func read(_ body: [UInt8], _ facts: BodyFacts) throws(Problem) -> BodyObject {
        if mayBeEmpty, body.isEmpty { return BodyObject(.object([])) }
        let value: JSONValue
        do {
            value = try parseJSON(body)
        } catch  where error.fault == .numberOutOfRange {
            throw .invalid(.root, "holds a number that is out of range")
        } catch {
            let place = error.offset.map { " near byte \($0)" } ?? ""
            throw Problem(.malformedJSON, "\(Self.text(error.fault))\(place).")
        }
        let faults = SchemaCheck.faults(in: value, schema) + rules(BodyObject(value), facts)
        guard faults.isEmpty else { throw .invalid(faults) }
        return BodyObject(value)
    }

    private static func text(_ fault: JSONError.Fault) -> String {
        switch fault {
        case .duplicateName: "An object has two members of the same name"
        case .invalidUTF8: "The body is not UTF-8"
        case .tooDeep: "The body is nested too deeply"
        case .empty: "The body is empty"
        default: "The body is not JSON"
        }
    }
}
