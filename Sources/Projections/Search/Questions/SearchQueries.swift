package import Domain

/// Answers questions about practitioners: understands what was asked, has the engine look, and says how it understood.
package struct SearchQueries: Sendable {
    private let engine: any SearchEngine
    private let epoch: @Sendable () async throws -> Int64
    private let places: PlaceTable
    private let zones: ZoneDatabase
    private let clock: any WallClock

    /// Hits of one page, at most.
    package static let limitMax = 200

    /// - Parameters:
    ///   - engine: Where the documents are.
    ///   - zones: For dates in a country's zone.
    ///   - clock: Says what has passed.
    ///   - epoch: Which documents are served; asked once a question, so that no answer mixes two.
    ///   - places: Which place names are understood.
    package init(
        engine: any SearchEngine, zones: ZoneDatabase, clock: any WallClock,
        epoch: @escaping @Sendable () async throws -> Int64 = { 1 }, places: PlaceTable = .builtIn
    ) {
        self.engine = engine
        self.epoch = epoch
        self.zones = zones
        self.clock = clock
        self.places = places
    }

    /// Finds active practitioners of a country, best first.
    ///
    /// - Parameters:
    ///   - question: What is asked; a part that is given apart from the text wins over the text.
    ///   - country: Where.
    ///   - limit: At most so many, 1...`limitMax`.
    ///   - after: `SearchFindings.next` of the page before; nil for the first page.
    /// - Returns: One page, and how the question was understood.
    /// - Throws: `SearchQuestionFault`; `ZoneError` where the country's zone cannot be read; what the engine and the
    ///   epoch's source throw.
    package func search(
        _ question: SearchQuestion, in country: Country, limit: Int, after: [UInt8]? = nil
    ) async throws -> SearchFindings {
        let now = clock.now()
        let rules = try zones.rules(country.timeZone)
        var asked = try understood(question, country)
        if let text = question.text {
            let reading = TextReading(text, asked: asked, country: country.code, places: places)
            asked.add(reading, today: rules.wall(at: now).date)
        }
        let engine: any SearchEngine = engine.over(epoch: try await epoch())
        let names = try await engine.names(beginningWith: asked.unknown.map(SearchWords.phrase), in: country.code)
        asked.settleNames(names)
        let request = try self.request(asked, country: country, rules, now: now, limit: limit, after: after)

        let freshness = try await engine.freshness(of: country.code, now: now)
        let found = try await engine.search(request)
        let hits = Array(found.prefix(request.limit - 1))
        return SearchFindings(
            hits: hits, next: found.count == request.limit ? hits.last?.position.bytes : nil,
            understood: understanding(asked, rules), ignored: asked.ignored, asOf: freshness.asOf,
            isDegraded: freshness.isDegraded)
    }

    /// What the parameters beside the text mean.
    private func understood(_ question: SearchQuestion, _ country: Country) throws(SearchQuestionFault) -> Asked {
        var asked = Asked()
        asked.specialty = question.specialty.map(Specialty.key)
        asked.language = question.language?.lowercased()
        asked.window = question.window
        asked.radiusKilometres = question.radiusKilometres
        asked.order = question.order
        switch question.near {
        case .place(let name):
            guard let place = places.place(named: name, from: country.code) else { throw .unknownPlace }
            asked.place = SearchUnderstanding.Place(place)
        case .point(let latitude, let longitude):
            asked.place = SearchUnderstanding.Place(
                name: nearestName(latitude, longitude, country.code), country: country.code, latitude: latitude,
                longitude: longitude)
        case nil: break
        }
        return asked
    }

    private func nearestName(_ latitude: Double, _ longitude: Double, _ country: CountryCode) -> String {
        // Degrees east are shorter than degrees north; half as long is near enough to choose a name.
        func distance(_ place: Place) -> Double {
            let (north, east) = (place.latitude - latitude, (place.longitude - longitude) / 2)
            return north * north + east * east
        }
        return places.places(in: country).min { distance($0) < distance($1) }?.name ?? "\(latitude),\(longitude)"
    }

    private func request(
        _ asked: Asked, country: Country, _ rules: TimeZoneRules, now: Instant, limit: Int, after: [UInt8]?
    ) throws(SearchQuestionFault) -> SearchRequest {
        if let from = asked.window.from?.instant(in: rules), let to = asked.window.to?.instant(in: rules), to < from {
            throw .windowEndsBeforeItBegins
        }
        var request = SearchRequest(country: country, now: now, limit: min(max(limit, 1), Self.limitMax) + 1)
        request.specialtyKey = asked.specialty
        request.circle = asked.place.map {
            SearchRequest.Circle(
                latitude: $0.latitude, longitude: $0.longitude, radiusMetres: asked.radiusInForce * 1_000)
        }
        request.window = asked.window
        request.language = asked.language
        request.nameWords = asked.names.map(SearchWords.phrase)
        request.order = asked.order ?? asked.defaultOrder
        if request.order == .distance, request.circle == nil { request.order = .relevance }
        if let after {
            guard let position = SearchPosition(bytes: after), position.order == request.order else {
                throw .foreignPosition
            }
            request.after = position
        }
        return request
    }

    private func understanding(_ asked: Asked, _ rules: TimeZoneRules) -> SearchUnderstanding {
        var understood = SearchUnderstanding()
        understood.specialty = asked.specialty
        understood.place = asked.place
        understood.radiusKilometres = asked.place == nil ? nil : asked.radiusInForce
        understood.from = asked.window.from?.instant(in: rules)
        understood.to = asked.window.to?.instant(in: rules)
        understood.language = asked.language
        understood.name = asked.names.isEmpty ? nil : asked.names.joined(separator: " ")
        return understood
    }
}
