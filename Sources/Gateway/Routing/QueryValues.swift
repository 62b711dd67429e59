import Domain

/// A parameter that a route takes in its query.
struct QueryParameter: Sendable {
    let name: String
    let schema: Schema
    let note: String

    init(_ name: String, _ schema: Schema, _ note: String) {
        self.name = name
        self.schema = schema
        self.note = note
    }

    /// The two parameters of every list.
    static let page = [
        QueryParameter("limit", .integer(1...200), "At most so many items; 50 when it is not given."),
        QueryParameter("cursor", .string(.cursor, length: 1...1_024), "`nextCursor` of the page before."),
    ]
}

/// The parameters of one request, each of them known to the route and of the right form.
struct QueryValues: Sendable {
    private let values: [(name: String, text: String)]

    static let empty = QueryValues([])

    private init(_ values: [(name: String, text: String)]) {
        self.values = values
    }

    /// Reads a raw query.
    ///
    /// - Throws: 422 with every parameter that is unknown, given twice, not decodable or, but for cursors, not of its
    ///   form.
    init(_ raw: String?, _ known: [QueryParameter]) throws(Problem) {
        guard let raw, !raw.isEmpty else {
            self = .empty
            return
        }
        var values: [(name: String, text: String)] = []
        var faults: [Fault] = []
        for pair in raw.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentDecoding.decode(parts[0], plusIsSpace: true) else {
                faults.append(Fault(JSONPointer.query.text, "holds a name that is not percent-encoded UTF-8"))
                continue
            }
            guard let parameter = known.first(where: { $0.name == name }) else {
                faults.append(Self.fault(name, "is not a parameter of this route"))
                continue
            }
            if values.contains(where: { $0.name == name }) {
                faults.append(Self.fault(name, "is given more than once"))
                continue
            }
            let isTime = Self.holdsTime(parameter.schema)  // its plus sign belongs to the offset
            guard let text = PercentDecoding.decode(parts.count > 1 ? parts[1] : "", plusIsSpace: !isTime) else {
                faults.append(Self.fault(name, "is not percent-encoded UTF-8"))
                continue
            }
            if !Self.isCursor(parameter.schema), let detail = SchemaCheck.detail(inQueryText: text, parameter.schema) {
                faults.append(Self.fault(name, detail))
            }
            values.append((name, text))
        }
        guard faults.isEmpty else { throw .invalid(faults) }
        self.values = values
    }

    /// The value of a parameter; nil where it was not given.
    func text(_ name: String) -> String? { values.first { $0.name == name }?.text }

    /// The value of an integer parameter.
    func int(_ name: String) -> Int? { text(name).flatMap { Int($0) } }

    /// The value of a number parameter.
    func double(_ name: String) -> Double? { text(name).flatMap { Double($0) } }

    /// The value of a date parameter.
    func date(_ name: String) -> LocalDate? { text(name).flatMap { LocalDate($0) } }

    /// The value of an enumeration's parameter.
    func name<Name: RawRepresentable>(_ name: String, _: Name.Type) -> Name? where Name.RawValue == String {
        text(name).flatMap { Name(rawValue: $0) }
    }

    /// The value of a parameter that is a date or a time.
    func bound(_ name: String) -> TimeBound? {
        guard let text = text(name) else { return nil }
        if let date = LocalDate(text) { return .date(date) }
        return (try? ParsedTime(text)).map { .instant($0.instant) }
    }

    /// What was asked for apart from the page, in one text: a cursor is good for the same question only.
    var filters: String {
        values.filter { $0.name != "limit" && $0.name != "cursor" }.sorted { $0.name < $1.name }
            .map { "\(percentEncoded($0.name))=\(percentEncoded($0.text))" }.joined(separator: "&")
    }

    private static func fault(_ name: String, _ detail: String) -> Fault {
        Fault(JSONPointer.query.member(name).text, detail)
    }

    /// A cursor that was changed is 400, whatever it looks like now: its codec alone judges it.
    private static func isCursor(_ schema: Schema) -> Bool {
        if case .string(.cursor, _) = schema { return true }
        return false
    }

    private static func holdsTime(_ schema: Schema) -> Bool {
        if case .string(let format, _) = schema { return format == .dateOrInstant || format == .instant }
        return false
    }
}
