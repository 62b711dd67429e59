import Domain
import Gateway
import SearchProjection

/// Joins the search route to the search documents.
struct SearchAdapter: SearchService {
    let queries: SearchQueries
    let countries: [CountryCode: Country]
    let zones: ZoneDatabase

    func search(_ query: SearchQuery, _ page: PageRequest, _ context: RequestContext) async -> SearchReading {
        guard let country = countries[context.country], let rules = try? zones.rules(country.timeZone) else {
            preconditionFailure("countries and their zones are checked before the process serves")
        }
        let question = SearchQuestion(
            text: query.text, specialty: query.specialty, near: query.near.map(SearchQuestion.Near.init),
            radiusKilometres: query.radiusKilometres,
            window: SearchWindow(from: query.availableFrom?.bound, to: query.availableBy?.bound),
            language: query.language, order: query.sort.map(SearchRequest.Order.init))
        do {
            let found = try await queries.search(question, in: country, limit: page.limit, after: page.after)
            return .found(answer(found, rules))
        } catch let fault as SearchQuestionFault {
            return .invalid([Fault(fault)])
        } catch {
            return .unavailable(Dependency("search-database"))
        }
    }

    private func answer(_ found: SearchFindings, _ rules: TimeZoneRules) -> SearchAnswer {
        SearchAnswer(
            page: Page(items: found.hits.map(hit), next: found.next),
            understood: Gateway.SearchUnderstanding(found.understood, rules), ignored: found.ignored,
            asOf: found.asOf.map { ZonedTime($0, in: rules) }, degraded: found.isDegraded)
    }

    private func hit(_ hit: SearchProjection.SearchHit) -> Gateway.SearchHit {
        let profile = hit.profile
        let document = PractitionerDocument(
            id: hit.document.key.practitioner, version: hit.document.profileVersion,
            displayName: profile.displayName, specialty: profile.specialty, languages: profile.languages,
            location: profile.location, timeZone: profile.timeZone, dayStart: profile.dayStart,
            slotMinutes: profile.slotMinutes, consultationTypes: profile.consultationTypes,
            acceptsNewPatients: profile.acceptsNewPatients, active: hit.document.isActive)
        let translation = BookingTranslation(zones: zones)
        return Gateway.SearchHit(
            practitioner: document, distanceKilometres: hit.distanceMetres.map { $0 / 1_000 },
            nextAvailable: hit.nextAvailable.map { translation.zoned($0, profile.timeZone) },
            freeSlots: hit.freeSlots)
    }
}

extension SearchQuestion.Near {
    fileprivate init(_ near: SearchQuery.Near) {
        self =
            switch near {
            case .place(let name): .place(name)
            case .point(let latitude, let longitude): .point(latitude: latitude, longitude: longitude)
            }
    }
}

extension SearchRequest.Order {
    fileprivate init(_ sort: SearchQuery.Sort) {
        self =
            switch sort {
            case .soonest: .soonest
            case .distance: .distance
            case .relevance: .relevance
            }
    }
}

extension TimeBound {
    fileprivate var bound: SearchWindow.Bound {
        switch self {
        case .date(let date): .date(date)
        case .instant(let instant): .instant(instant)
        }
    }
}

extension Fault {
    fileprivate init(_ fault: SearchQuestionFault) {
        switch fault {
        case .unknownPlace: self.init("/query/near", "no place of this name is known; try a larger one, or lat,lon")
        case .windowEndsBeforeItBegins: self.init("/query/availableBy", "must be after availableFrom")
        case .foreignPosition: self.init("/query/cursor", "belongs to another order; begin again without it")
        }
    }
}

extension Gateway.SearchUnderstanding {
    fileprivate init(_ understood: SearchProjection.SearchUnderstanding, _ rules: TimeZoneRules) {
        self.init()
        specialty = understood.specialty
        place = understood.place.map {
            Place(name: $0.name, country: $0.country, latitude: $0.latitude, longitude: $0.longitude)
        }
        radiusKilometres = understood.radiusKilometres
        from = understood.from.map { ZonedTime($0, in: rules) }
        to = understood.to.map { ZonedTime($0, in: rules) }
        language = understood.language
        name = understood.name
    }
}
