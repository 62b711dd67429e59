import Domain

/// The route of search.
struct SearchRoutes: Sendable {
    let service: any SearchService

    var routes: [Route] { [search] }

    private static let query =
        [
            QueryParameter("q", .string(.text, length: 1...200), "Free text."),
            QueryParameter("specialty", .string(.text, length: 1...100), "A specialty."),
            QueryParameter("near", .string(.text, length: 1...100), "A place, or `lat,lon`."),
            QueryParameter("radiusKm", .number(0...500, above: true), "How far away at most."),
            QueryParameter("availableFrom", .string(.dateOrInstant), "Free at or after it."),
            QueryParameter("availableBy", .string(.dateOrInstant), "Free before it."),
            QueryParameter("language", .string(.languageTag, length: 2...35), "A language that is spoken."),
            QueryParameter("sort", .names(SearchQuery.Sort.self), "Order of the answer."),
        ] + QueryParameter.page

    private var search: Route {
        Route(
            operation: "search", method: .get, template: "/{country}/v1/search", summary: "Finds practitioners.",
            access: Route.Access(roles: .all, ownership: .none), query: Self.query,
            answers: Route.Answers(
                status: 200, schema: SearchSchemas.answer, headers: ["Link"], problems: [.invalidCursor])
        ) { call throws(Problem) in
            let query = try SearchQuery(call.query)
            switch await service.search(query, try call.page(), call.context) {
            case .found(let answer):
                let next = answer.page.next.map(call.next)
                return .json(headers: next.map { [$0.link] } ?? [], capacity: 16_384) { json in
                    json.search(answer, nextCursor: next?.cursor)
                }
            case .invalid(let faults): throw .invalid(faults)
            case .unavailable(let dependency): throw .unavailable(dependency)
            }
        }
    }
}

extension SearchQuery {
    /// - Throws: 422 where coordinates lie outside the earth.
    init(_ query: QueryValues) throws(Problem) {
        self.init(
            text: query.text("q"), specialty: query.text("specialty"),
            near: try query.text("near").map { text throws(Problem) in try Near(text) },
            radiusKilometres: query.double("radiusKm"), availableFrom: query.bound("availableFrom"),
            availableBy: query.bound("availableBy"), language: query.text("language"),
            sort: query.name("sort", Sort.self))
    }
}

extension SearchQuery.Near {
    /// Two numbers with a comma between them are a point, everything else is the name of a place.
    fileprivate init(_ text: String) throws(Problem) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let latitude = Double(parts[0].trimmingSpaces),
            let longitude = Double(parts[1].trimmingSpaces)
        else {
            self = .place(text)
            return
        }
        guard (-90...90).contains(latitude), (-180...180).contains(longitude) else {
            throw .invalid(.query.member("near"), "must be a latitude from -90 to 90 and a longitude from -180 to 180")
        }
        self = .point(latitude: latitude, longitude: longitude)
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// What answers of search look like.
enum SearchSchemas {
    private static let hit = Schema.named(
        "SearchHit",
        .object(
            ObjectSchema([
                .required("practitioner", PractitionerSchemas.practitioner),
                .required("distanceKm", .nullable(.number(0...20_100)), "Null without a place."),
                .required("nextAvailable", .nullable(.string(.instant))),
                .required(
                    "freeSlots", .nullable(.integer(0...Int64.max)),
                    "Free slots in the time asked for; null: not known."),
            ])))

    private static let place = Schema.named(
        "Place",
        .object(
            ObjectSchema([
                .required("name", .string(.text)), .required("country", .string(.country)),
                .required("lat", .number(-90...90)), .required("lon", .number(-180...180)),
            ])))

    private static let understood = Schema.named(
        "Understood",
        .object(
            ObjectSchema([
                .required("specialty", .nullable(.string(.text))),
                .required("place", .nullable(place)),
                .required("radiusKm", .nullable(.number(0...20_100))),
                .required("from", .nullable(.string(.instant))),
                .required("to", .nullable(.string(.instant))),
                .required("language", .nullable(.string(.languageTag))),
                .required("name", .nullable(.string(.text))),
            ])))

    static let answer = Schema.named(
        "SearchAnswer",
        .object(
            ObjectSchema([
                .required("items", .list(hit, count: 0...200)),
                .required("nextCursor", .nullable(.string(.cursor, length: 1...1_024))),
                .required("understood", understood),
                .required("ignored", .list(.string(.text), count: 0...Int.max), "Words that meant nothing."),
                .required("asOf", .nullable(.string(.instant))),
                .required("degraded", .boolean, "True when a part may be missing or old."),
            ])))
}
