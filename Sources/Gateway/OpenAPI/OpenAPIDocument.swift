import Domain
import JSON

/// The OpenAPI 3.1 document, made from the route table and the schemas that check the requests.
struct OpenAPIDocument {
    private let routes: [Route]
    private let countries: [CountryCode]
    private var schemas = SchemaJSON()
    /// The document as JSON.
    private(set) var bytes: [UInt8] = []

    init(_ routes: [Route], countries: [CountryCode]) {
        self.routes = routes
        self.countries = countries
        let paths = self.paths()
        let problem = schemas.value(ProblemSchema.problem)
        let document: JSONValue = [
            "openapi": "3.1.0", "info": Self.info, "servers": [["url": "/"]], "security": [["bearer": []]],
            "paths": paths, "components": components(problem),
        ]
        bytes = document.serialized()
    }

    private static let info: JSONValue = [
        "title": "Appointments", "version": "1",
        "description": """
        Booking of medical appointments. Times are RFC 3339 with an offset, ranges are half-open, errors are RFC 9457 \
        problems. A wrong parameter of the query has the pointer `/query/<name>`; unknown and repeated ones \
        are wrong. A path with a trailing slash is another path. `HEAD` is allowed where `GET` is.
        """,
    ]

    private func components(_ problem: JSONValue) -> JSONValue {
        let sorted = schemas.components.sorted { $0.key < $1.key }
        return [
            "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]],
            "schemas": .object(sorted.map { JSONMember($0.key, $0.value) }),
            "headers": ResponseHeaders.components,
            "responses": .object(
                Self.problemStatuses.map { status in
                    JSONMember(
                        "Problem\(status)",
                        [
                            "description": .string(Self.description(status)),
                            "headers": Self.headers(["X-Correlation-Id"] + ResponseHeaders.of(status)),
                            "content": [MediaType.problem: ["schema": problem]].json,
                        ])
                }),
        ]
    }

    /// Every path with its operations, in the order of the table.
    private mutating func paths() -> JSONValue {
        var paths: [JSONMember] = []
        for route in routes {
            let operation = JSONMember(route.method.rawValue.lowercased(), self.operation(route))
            if let known = paths.firstIndex(where: { $0.name == route.template }) {
                paths[known].value = paths[known].value.merging(.object([operation]))
            } else {
                let shared: JSONValue = ["parameters": pathParameters(route)]
                paths.append(JSONMember(route.template, shared.merging(.object([operation]))))
            }
        }
        return .object(paths)
    }

    private func pathParameters(_ route: Route) -> JSONValue {
        .array(
            route.parameterNames.map { name in
                let country: JSONValue = ["type": "string", "enum": .array(countries.map { .string($0.text) })]
                let identifier: JSONValue = [
                    "type": "string", "format": name == "slotStart" ? "date-time" : "uuid",
                ]
                return [
                    "name": .string(name), "in": "path", "required": true,
                    "schema": name == "country" ? country : identifier,
                ]
            })
    }

    private mutating func operation(_ route: Route) -> JSONValue {
        let roles = route.access.roles.members.map(\.rawValue)
        var json: JSONValue = [
            "operationId": .string(route.operation), "summary": .string(route.summary),
            "tags": [.string(Self.tag(route))],
            "description": .string("Roles: \(roles.joined(separator: ", ")).\(Self.note(route.access.ownership))"),
        ]
        let parameters = self.parameters(route)
        if !parameters.isEmpty { json = json.merging(["parameters": .array(parameters)]) }
        if let body = route.body {
            let schema = schemas.value(body.schema)
            let content = body.mediaTypes.map { JSONMember($0, ["schema": schema]) }
            json = json.merging([
                "requestBody": ["required": .bool(!body.mayBeEmpty), "content": .object(content)]
            ])
        }
        return json.merging(["responses": responses(route)])
    }

    private mutating func parameters(_ route: Route) -> [JSONValue] {
        var parameters: [JSONValue] = []
        for parameter in route.query {
            parameters.append([
                "name": .string(parameter.name), "in": "query", "description": .string(parameter.note),
                "schema": schemas.value(parameter.schema),
            ])
        }
        parameters += RequestHeaders.of(route)
        return parameters
    }

    private mutating func responses(_ route: Route) -> JSONValue {
        let headers = ["X-Correlation-Id"] + route.answers.headers + (route.isKeyed ? ["Idempotency-Replayed"] : [])
        var success: JSONValue = ["description": .string(route.summary), "headers": Self.headers(headers)]
        if let schema = route.answers.schema {
            let text: JSONValue = ["schema": ["type": "string"]]
            let others = route.answers.otherMediaTypes.map { JSONMember($0, text) }
            let content: JSONValue = [MediaType.json: ["schema": schemas.value(schema)]].json
            success = success.merging(["content": content.merging(.object(others))])
        }
        var responses = [JSONMember("\(route.answers.status)", success)]
        if route.method == .get, route.answers.headers.contains("ETag") {
            responses.append(
                JSONMember("304", ["description": "The caller has this version.", "headers": Self.headers(["ETag"])]))
        }
        for status in Self.statuses(route) {
            responses.append(JSONMember("\(status)", ["$ref": .string("#/components/responses/Problem\(status)")]))
        }
        return .object(responses)
    }

    private static func headers(_ names: [String]) -> JSONValue {
        .object(names.map { JSONMember($0, ["$ref": .string("#/components/headers/\($0)")]) })
    }

    private static func tag(_ route: Route) -> String {
        route.template.split(separator: "/").dropFirst(2).last { !$0.hasPrefix("{") }.map(String.init) ?? "search"
    }

    private static func note(_ ownership: Route.Ownership) -> String {
        switch ownership {
        case .none: ""
        case .patient: " A patient reaches its own only; another's is 404."
        case .practitioner: " A practitioner reaches its own only; another's is 403."
        case .practitionerHidden: " A practitioner reaches its own only; another's is 404."
        case .booking: " A patient, practitioner or partner reaches its own only; another's is 404."
        }
    }

    /// Every status of a problem that a route can answer, ascending.
    static func statuses(_ route: Route) -> [Int] {
        var kinds: [ProblemKind] = [
            .malformedRequest, .unauthorized, .forbidden, .unknownCountry, .methodNotAllowed, .bodyTooLarge,
            .validationFailed, .tooManyRequests, .dependencyUnavailable,
        ]
        if route.body != nil { kinds += [.malformedJSON, .unsupportedMediaType] }
        if route.isKeyed { kinds += [.idempotencyKeyRequired, .requestInProgress, .idempotencyKeyReused] }
        if route.condition != .ignored { kinds.append(.preconditionFailed) }
        if route.condition == .required { kinds.append(.preconditionRequired) }
        return Set((kinds + route.answers.problems).map(\.status)).sorted()
    }

    private static let problemStatuses = Set(ProblemKind.allCases.map(\.status)).sorted()

    private static func description(_ status: Int) -> String {
        let kinds = ProblemKind.allCases.filter { $0.status == status }
        return kinds.map { "`\($0.rawValue)`: \($0.title)." }.joined(separator: " ")
    }
}

extension [String: JSONValue] {
    /// The dictionary as an object, by name.
    fileprivate var json: JSONValue { .object(sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) }) }
}
