import Domain
import HTTPServer

/// A request that passed the rules of its route.
struct Call: Sendable {
    let request: HTTPRequest
    let context: RequestContext
    /// Values of the variable places after the country, decoded.
    let path: [String]
    let query: QueryValues
    let body: BodyObject
    let condition: VersionCondition
    let idempotency: IdempotencyRequest?
    /// Path of the route with its values, without the query.
    var instance: String { request.path }
    var caller: Caller { context.caller }
    let cursors: CursorCodec

    /// The identifier at a variable place after the country, 0 first.
    ///
    /// - Throws: 404 of that kind where it is no UUID: there is no such thing.
    func identifier<Tag>(_ place: Int, orElse kind: ProblemKind) throws(Problem) -> Identifier<Tag> {
        guard place < path.count, let identifier = Identifier<Tag>(path[place]) else { throw Problem(kind) }
        return identifier
    }

    /// Everything that a service needs to change something and to answer for it.
    func change<Outcome>(_ render: @escaping @Sendable (Outcome) -> RenderedAnswer) -> Change<Outcome> {
        Change(idempotency: idempotency, condition: condition, render: render)
    }

    /// A refusal as the answer to this call.
    func render(_ problem: Problem) -> RenderedAnswer {
        problem.rendered(instance: instance, correlationID: context.correlationID)
    }

    /// The page that was asked for.
    ///
    /// - Throws: 400 for a cursor of another list.
    func page() throws(Problem) -> PageRequest {
        var after: [UInt8]?
        if let cursor = query.text("cursor") { after = try cursors.decode(cursor, scope: cursorScope) }
        return PageRequest(limit: query.int("limit") ?? 50, after: after)
    }

    /// The cursor of the next page, and the `Link` header that leads there.
    func next(_ place: [UInt8]) -> (cursor: String, link: HTTPField) {
        let cursor = cursors.encode(place, scope: cursorScope)
        var parts = [query.filters, query.int("limit").map { "limit=\($0)" } ?? "", "cursor=\(cursor)"]
        parts.removeAll(where: \.isEmpty)
        return (cursor, HTTPField("Link", "<\(request.path)?\(parts.joined(separator: "&"))>; rel=\"next\""))
    }

    /// A cursor is good for one caller, one path and one question.
    private var cursorScope: String { "\(caller.subject)\n\(request.path)\n\(query.filters)" }
}
