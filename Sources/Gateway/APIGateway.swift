package import Domain
package import HTTPServer
package import JOSE
import JSON
package import Observability

/// The public API: everything between a request and a typed call, and between a typed outcome and a response.
///
/// ```swift
/// let gateway = APIGateway(configuration, services, verifier: verifier, clock: clock, identifiers: ids, …)
/// let server = try HTTPServer(http) { request in await gateway.handle(request) }
/// ```
package final class APIGateway: Sendable {
    private let routes: [Route]
    private let matcher: PathMatcher
    private let countries: [(text: String, code: CountryCode)]
    private let authenticator: Authenticator
    private let limiter: RateLimiter
    private let cursors: CursorCodec
    private let bodyFacts: @Sendable (Instant) -> BodyFacts
    private let clock: any WallClock
    private let identifiers: any IdentifierSource
    private let recorder: AccessRecorder
    private let document: OpenAPIAnswer

    /// - Parameters:
    ///   - configuration: Countries, keys and limits.
    ///   - services: What the routes call.
    ///   - verifier: Verifies the callers' tokens.
    ///   - clock: For tokens, limits and birth dates.
    ///   - identifiers: For correlation ids and traces.
    ///   - log: One line a request.
    ///   - metrics: Rate, errors and duration of every route.
    package init(
        _ configuration: GatewayConfiguration, _ services: GatewayServices, verifier: TokenVerifier,
        clock: any WallClock, identifiers: any IdentifierSource, log: Log, metrics: Metrics
    ) {
        let routes = RouteTable.routes(services)
        self.routes = routes
        matcher = PathMatcher(
            routes.map { ($0.method.rawValue, $0.template) } + [(Route.Method.get.rawValue, OpenAPIAnswer.path)])
        countries = configuration.countries.map { ($0.text, $0) }
        authenticator = Authenticator(verifier, countries: configuration.countries)
        limiter = RateLimiter(configuration.rateLimit)
        cursors = CursorCodec(key: configuration.cursorKey)
        let isKnownZone = configuration.isKnownZone
        bodyFacts = { BodyFacts(today: latestDate(at: $0), isKnownZone: isKnownZone) }
        self.clock = clock
        self.identifiers = identifiers
        recorder = AccessRecorder(routes, log, metrics)
        document = OpenAPIAnswer(OpenAPIDocument(routes, countries: configuration.countries).bytes)
    }

    /// Answers one request; never throws, and never says more about a failure than the caller may know.
    package func handle(_ request: HTTPRequest) async -> HTTPResponse {
        let started = ContinuousClock.now
        let trace = RequestTrace.read(request, identifiers)
        return await Trace.$current.withValue(trace) {
            let match = matcher.match(method: request.method, path: request.path)
            let response: HTTPResponse
            var place: Int?
            if case .route(let index, let parameters) = match, index < routes.count {
                place = index
                response = await answer(request, routes[index], parameters, trace)
            } else {
                response = answer(request, match, trace)
            }
            recorder.record(request, route: place, status: response.status, ContinuousClock.now - started)
            return response
        }
    }

    /// What the server answers for requests that never reach `handle`: as a problem, like everything else.
    package func refuse(_ refusal: HTTPRefusal) -> HTTPResponse {
        let trace = Trace(correlationID: RequestTrace.newCorrelationID(identifiers), traceparent: nil)
        let problem = Problem(refusing: refusal)
        let answer = problem.rendered(instance: "", correlationID: trace.correlationID)
        return response(answer, trace, cache: .never)
    }

    private func answer(
        _ request: HTTPRequest, _ route: Route, _ parameters: PathParameters, _ trace: Trace
    ) async -> HTTPResponse {
        do {
            let call = try admit(request, route, parameters, trace)
            let answer = try await route.handle(call)
            return response(answer, trace, cache: route.cache(status: answer.status))
        } catch {
            return response(problem: error, request, trace)
        }
    }

    /// Applies the rules of a route in the order in which a caller should learn of them.
    private func admit(
        _ request: HTTPRequest, _ route: Route, _ parameters: PathParameters, _ trace: Trace
    ) throws(Problem) -> Call {
        guard let country = countries.first(where: { $0.text == parameters[0] })?.code else {
            throw Problem(.unknownCountry)
        }
        let now = clock.now()
        let caller = try authenticator.caller(request, at: now)
        if let seconds = limiter.take(caller.subject, at: now) {
            let wait = HTTPField("Retry-After", "\(seconds)")
            throw Problem(.tooManyRequests, "Send fewer requests with this token.", headers: [wait])
        }
        let path = try decoded(parameters)
        try Authorization.check(route.access, caller, country, path: path)
        if request.isBodyTooLarge { throw Problem(.bodyTooLarge, "A body has at most 64 KiB.") }
        try route.body?.checkMediaType(request)
        let key = route.isKeyed ? try IdempotencyKeyHeader.read(request.headers.all("Idempotency-Key")) : nil
        let condition =
            route.condition == .ignored
            ? VersionCondition.none : try VersionCondition(request.headers.all("If-Match"), route.condition)
        let (query, body) = try content(request, route, now)
        return Call(
            request: request,
            context: RequestContext(
                caller: caller, country: country, correlationID: trace.correlationID,
                traceparent: trace.traceparent),
            path: path, query: query, body: body, condition: condition,
            idempotency: key.map { key in
                IdempotencyRequest(
                    caller: caller.subject, country: country, key: key, fingerprint: RequestFingerprint.of(request))
            }, cursors: cursors)
    }

    /// What the request says beside its path.
    ///
    /// - Throws: 400 where the body is not JSON, 422 with every fault of query and body.
    private func content(
        _ request: HTTPRequest, _ route: Route, _ now: Instant
    ) throws(Problem) -> (QueryValues, BodyObject) {
        let query = Validated { () throws(Problem) in try QueryValues(request.query, route.query) }
        let body = Validated { () throws(Problem) in
            try route.body?.read(request.body, bodyFacts(now)) ?? BodyObject(.null)
        }
        return try query.and(body)
    }

    /// The values after the country, decoded.
    private func decoded(_ parameters: PathParameters) throws(Problem) -> [String] {
        var values: [String] = []
        for place in 1..<max(1, parameters.count) {
            guard let value = PercentDecoding.decode(parameters[place]) else {
                throw Problem(.malformedRequest, "The path is not percent-encoded UTF-8.")
            }
            values.append(value)
        }
        return values
    }

    /// Answers where no route of the table is meant.
    private func answer(_ request: HTTPRequest, _ match: PathMatcher.Match, _ trace: Trace) -> HTTPResponse {
        switch match {
        case .route: response(document.answer(to: request), trace, cache: .always)
        case .otherMethods(let allow):
            response(
                problem: Problem(.methodNotAllowed, "Allowed: \(allow).", headers: [HTTPField("Allow", allow)]),
                request,
                trace)
        case .nothing: response(problem: Problem(.notFound, "No route has this path."), request, trace)
        }
    }

    private func response(problem: Problem, _ request: HTTPRequest, _ trace: Trace) -> HTTPResponse {
        recorder.record(problem.kind)
        let answer = problem.rendered(instance: request.path, correlationID: trace.correlationID)
        return response(answer, trace, cache: .never)
    }

    private func response(_ answer: RenderedAnswer, _ trace: Trace, cache: CachePolicy) -> HTTPResponse {
        var headers: [HTTPField] = []
        headers.reserveCapacity(answer.headers.count + 3)
        headers.append(contentsOf: answer.headers)
        headers.append(HTTPField("X-Correlation-Id", trace.correlationID))
        headers.append(cache.field)
        headers.append(Self.noSniff)
        return HTTPResponse(status: answer.status, headers: headers, body: .bytes(answer.body))
    }

    private static let noSniff = HTTPField("X-Content-Type-Options", "nosniff")
}

/// The date on which it is already today somewhere: 14 hours east of UTC.
private func latestDate(at now: Instant) -> LocalDate {
    LocalDate(days: Int32(clamping: now.adding(minutes: 14 * 60).seconds / 86_400))
}
