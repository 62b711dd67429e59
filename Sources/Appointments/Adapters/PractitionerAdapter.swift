import Domain
import EventStore
import Gateway
import PractitionerCommands

/// Joins the practitioner, schedule and exception routes to the practitioner commands and queries.
struct PractitionerAdapter: PractitionerService {
    let handler: PractitionerHandler
    let queries: PractitionerQueries
    let countries: [CountryCode: Country]
    let translation: PractitionerTranslation

    func register(
        _ command: RegisterPractitioner, _ change: Change<Gateway.PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        let registration = Registration(
            displayName: command.displayName, specialty: command.specialty, languages: command.languages,
            location: command.location, timeZone: command.timeZone, dayStart: command.dayStart,
            slotMinutes: command.slotMinutes, consultationTypes: command.consultationTypes,
            acceptsNewPatients: command.acceptsNewPatients)
        return await execute(.register(registration), change, context)
    }

    func update(
        _ id: PractitionerID, _ patch: PractitionerPatch, _ change: Change<Gateway.PractitionerOutcome>,
        _ context: RequestContext
    ) async -> ChangeResult {
        var profile = ProfilePatch()
        profile.displayName = patch.displayName
        profile.specialty = patch.specialty
        profile.languages = patch.languages
        profile.latitude = patch.location.latitude
        profile.longitude = patch.location.longitude
        profile.street = patch.location.street
        profile.postalCode = patch.location.postalCode
        profile.city = patch.location.city
        profile.consultationTypes = patch.consultationTypes
        profile.acceptsNewPatients = patch.acceptsNewPatients
        return await execute(.update(id, profile), change, context)
    }

    func setActive(
        _ id: PractitionerID, _ active: Bool, _ change: Change<Gateway.PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        await execute(.setActive(id, active), change, context)
    }

    func setSchedule(
        _ id: PractitionerID, _ command: SetSchedule, _ change: Change<Gateway.PractitionerOutcome>,
        _ context: RequestContext
    ) async -> ChangeResult {
        await execute(.setSchedule(id, days: command.weekly, validFrom: command.validFrom), change, context)
    }

    func addException(
        _ id: PractitionerID, _ command: AddException, _ change: Change<Gateway.PractitionerOutcome>,
        _ context: RequestContext
    ) async -> ChangeResult {
        let exception = NewException(
            from: command.from, to: command.to, kind: command.kind, sessions: command.sessions,
            reason: command.reason)
        return await execute(.addException(id, exception), change, context)
    }

    func removeException(
        _ id: PractitionerID, _ exception: ExceptionID, _ change: Change<Gateway.PractitionerOutcome>,
        _ context: RequestContext
    ) async -> ChangeResult {
        await execute(.removeException(id, exception), change, context)
    }

    private func execute(
        _ command: PractitionerCommand, _ change: Change<Gateway.PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        guard let country = countries[context.country] else {
            preconditionFailure("the route table lets no command of an unknown country in")
        }
        let translation = self.translation
        let request = PractitionerRequest(
            command: command, country: country, actorRole: context.caller.role, actorSubject: context.caller.subject,
            correlationID: context.correlationID, traceparent: context.traceparent,
            idempotency: change.idempotency?.storeKey, acceptedVersions: change.condition.acceptedVersions,
            render: { StoredAnswer(change.render(translation.outcome($0))) })
        switch await handler.execute(request) {
        case .answer(let answer, let replayed): return .answer(RenderedAnswer(answer), replayed: replayed)
        case .keyReused: return .keyReused
        case .inProgress(let seconds): return .inProgress(retryAfterSeconds: seconds)
        case .preconditionFailed(let current): return .preconditionFailed(current: current)
        case .invalid(let members): return .invalid(members.map { Fault($0.pointer, $0.detail) })
        case .unavailable(let dependency, let kept): return .unavailable(Dependency(dependency), changeKept: kept)
        }
    }
}

extension PractitionerAdapter {
    func practitioner(_ id: PractitionerID, _ context: RequestContext) async -> Reading<PractitionerDocument> {
        await Reading.of(Self.database) {
            guard let practitioner = try await queries.practitioner(id, in: context.country) else { return .notFound }
            return .found(translation.document(practitioner))
        }
    }

    func practitioners(
        _ filter: PractitionerFilter, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<PractitionerDocument>> {
        await Reading.of(Self.database) {
            let after = page.after.flatMap { PractitionerID(utf8: $0) }
            let wanted = PractitionerPage(
                specialty: filter.specialty, city: filter.city, after: after, limit: page.limit)
            let answer = try await queries.page(in: context.country, wanted)
            return .found(Page(items: answer.items.map(translation.document), next: answer.next?.utf8))
        }
    }

    func schedule(_ id: PractitionerID, _ context: RequestContext) async -> Reading<ScheduleDocument> {
        await Reading.of(Self.database) {
            guard let practitioner = try await queries.practitioner(id, in: context.country) else { return .notFound }
            return .found(translation.schedule(practitioner))
        }
    }

    func exceptions(
        _ id: PractitionerID, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<ExceptionDocument>> {
        await Reading.of(Self.database) {
            let wanted = ExceptionPage(
                after: page.after.flatMap(ExceptionPage.Position.init(bytes:)), limit: page.limit)
            guard let answer = try await queries.exceptions(of: id, in: context.country, wanted) else {
                return .notFound
            }
            let items = answer.items.map { translation.exception($0, of: answer.practitioner) }
            return .found(Page(items: items, next: answer.next?.bytes))
        }
    }

    private static let database = "practitioner-database"
}

extension ExceptionPage.Position {
    /// The position as a cursor carries it: the date and the id as text.
    fileprivate var bytes: [UInt8] { Array("\(from)".utf8) + id.utf8 }

    fileprivate init?(bytes: [UInt8]) {
        guard bytes.count == 46, let from = LocalDate(String(decoding: bytes.prefix(10), as: UTF8.self)),
            let id = ExceptionID(utf8: bytes.dropFirst(10))
        else { return nil }
        self.init(from: from, id: id)
    }
}
