import JSON

/// Headers of requests, as the OpenAPI document shows them.
enum RequestHeaders {
    /// The headers that a route reads.
    static func of(_ route: Route) -> [JSONValue] {
        var headers: [JSONValue] = []
        if route.isKeyed {
            headers.append(
                header(
                    "Idempotency-Key", required: true,
                    "1-255 printable ASCII characters, bare or quoted; new with every request, the same with a retry.",
                    idempotencyKey))
        }
        switch route.condition {
        case .ignored: break
        case .honoured: headers.append(ifMatch(required: false))
        case .required: headers.append(ifMatch(required: true))
        }
        if route.method == .get, route.answers.headers.contains("ETag") {
            headers.append(
                header("If-None-Match", required: false, "304 where the version is the same.", ["type": "string"]))
        }
        headers.append(header("X-Correlation-Id", required: false, "Taken over and echoed.", correlationID))
        headers.append(header("traceparent", required: false, "W3C trace context, handed on.", ["type": "string"]))
        return headers
    }

    private static let correlationID: JSONValue = [
        "type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$",
    ]

    /// Bare, or an RFC 8941 string whose quotes and escapes do not count.
    private static let idempotencyKey: JSONValue = [
        "type": "string",
        "pattern": #"^([!#-~][!-~]{0,254}|"([ !#-\[\]-~]|\\["\\]){1,255}")$"#,
    ]

    private static let entityTags: JSONValue = [
        "type": "string", "pattern": #"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$"#,
    ]

    private static func ifMatch(required: Bool) -> JSONValue {
        header("If-Match", required: required, "The ETag that the change is based on.", entityTags)
    }

    private static func header(_ name: String, required: Bool, _ note: String, _ schema: JSONValue) -> JSONValue {
        [
            "name": .string(name), "in": "header", "required": .bool(required), "description": .string(note),
            "schema": schema,
        ]
    }
}

/// Headers of answers, as the OpenAPI document shows them.
enum ResponseHeaders {
    static let components: JSONValue = [
        "X-Correlation-Id": component("Under which the request is found in logs and events."),
        "ETag": component("The version, in quotes: `\"7\"`."),
        "Location": component("Where the new resource is."),
        "Link": component("Where the next page is, `rel=\"next\"`."),
        "Idempotency-Replayed": component("`true` where the answer is the stored one of an earlier request."),
        "Retry-After": component("Seconds to wait."),
        "WWW-Authenticate": component("RFC 6750."),
        "Allow": component("The methods of this path."),
    ]

    /// The headers that problems of a status have.
    static func of(_ status: Int) -> [String] {
        switch status {
        case 401, 403: ["WWW-Authenticate"]
        case 405: ["Allow"]
        case 409, 429, 503: ["Retry-After"]
        case 412: ["ETag"]
        default: []
        }
    }

    private static func component(_ note: String) -> JSONValue {
        ["description": .string(note), "schema": ["type": "string"]]
    }
}

/// What a problem looks like, RFC 9457.
enum ProblemSchema {
    static let problem = Schema.named(
        "Problem",
        .object(
            ObjectSchema([
                .required("type", .oneOf(ProblemKind.allCases.map(\.type))),
                .required("title", .string(.text)),
                .required("status", .integer(400...599)),
                .required("detail", .string(.text, length: 1...1_000)),
                .required("instance", .string(.anything, length: 0...8_192), "The request's path."),
                .required("correlationId", .string(.text)),
                .optional("errors", .list(fault, count: 0...Int.max), "Everything that is wrong, at once."),
                .optional("reason", .string(.code, length: 1...40), "Why a time cannot be booked."),
                .optional("alternatives", .list(BookingSchemas.slot, count: 0...3), "Free times, nearest first."),
                .optional("dependency", .string(.code, length: 1...64), "What is not available."),
            ])))

    private static let fault = Schema.named(
        "Fault",
        .object(
            ObjectSchema([
                .required("pointer", .string(.anything, length: 0...8_192), "RFC 6901; `/query/<name>` for the query."),
                .required("detail", .string(.text, length: 1...1_000)),
            ])))
}
