import AuditReport
import Domain
import Gateway
import Synchronization

/// What the services saw and what they answer; one for all, as the edge does not care.
final class ScriptedServices: Sendable {
    struct State: Sendable {
        // What was asked, in the order of the calls.
        var calls: [String] = []
        var creates: [CreateBooking] = []
        var cancels: [CancelBooking] = []
        var moves: [RescheduleBooking] = []
        var registrations: [RegisterPractitioner] = []
        var patches: [PractitionerPatch] = []
        var schedules: [SetSchedule] = []
        var exceptions: [AddException] = []
        var patients: [RegisterPatient] = []
        var patientPatches: [PatientPatch] = []
        var availabilities: [AvailabilityQuery] = []
        var searches: [SearchQuery] = []
        var bookingFilters: [BookingFilter] = []
        var practitionerFilters: [PractitionerFilter] = []
        var pages: [PageRequest] = []
        var keys: [IdempotencyRequest?] = []
        var conditions: [VersionCondition] = []
        var contexts: [RequestContext] = []
        var audits: [AuditQuestion] = []

        // What is answered.
        /// Answers every change instead of its outcome.
        var changeResult: ChangeResult?
        var bookingOutcome = BookingOutcome.done(Samples.booking)
        var practitionerOutcome = PractitionerOutcome.updated(Samples.practitioner)
        var patientOutcome = PatientOutcome.registered(Samples.patient)
        var booking = Reading.found(Samples.booking)
        var bookings = Reading.found(Page(items: [Samples.booking], next: nil))
        var practitioner = Reading.found(Samples.practitioner)
        var practitioners = Reading.found(Page(items: [Samples.practitioner], next: nil))
        var schedule = Reading.found(Samples.schedule)
        var exceptionPage = Reading.found(Page(items: [Samples.exception], next: nil))
        var patient = Reading.found(Samples.patient)
        var availability = AvailabilityReading.found(Samples.availability)
        var search = SearchReading.found(Samples.search)
        var audit = AuditReading.found(
            columns: Samples.audited.fields.map(\.name), Page(items: [Samples.audited], next: nil))
    }

    private let state = Mutex(State())

    var seen: State { state.withLock { $0 } }

    func script(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    private func note(_ call: String, _ context: RequestContext, _ add: (inout State) -> Void = { _ in }) -> State {
        state.withLock { state in
            state.calls.append(call)
            state.contexts.append(context)
            add(&state)
            return state
        }
    }

    private func changed<Outcome>(
        _ call: String, _ change: Change<Outcome>, _ context: RequestContext, _ outcome: (State) -> Outcome,
        _ add: (inout State) -> Void
    ) -> ChangeResult {
        let state = note(call, context) { state in
            state.keys.append(change.idempotency)
            state.conditions.append(change.condition)
            add(&state)
        }
        return state.changeResult ?? .answer(change.render(outcome(state)), replayed: false)
    }
}

extension ScriptedServices: BookingService {
    func create(
        _ command: CreateBooking, _ change: Change<BookingOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        changed("createBooking", change, context, \.bookingOutcome) { $0.creates.append(command) }
    }

    func cancel(
        _ command: CancelBooking, _ change: Change<BookingOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        changed("cancelBooking", change, context, \.bookingOutcome) { $0.cancels.append(command) }
    }

    func reschedule(
        _ command: RescheduleBooking, _ change: Change<BookingOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        changed("rescheduleBooking", change, context, \.bookingOutcome) { $0.moves.append(command) }
    }

    func booking(_ id: BookingID, _ context: RequestContext) async -> Reading<BookingDocument> {
        note("booking \(id)", context).booking
    }

    func bookings(
        ofPatient id: PatientID, _ filter: BookingFilter, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<BookingDocument>> {
        note("bookings of patient \(id)", context) { state in
            state.bookingFilters.append(filter)
            state.pages.append(page)
        }.bookings
    }

    func bookings(
        ofPractitioner id: PractitionerID, _ filter: BookingFilter, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<BookingDocument>> {
        note("bookings of practitioner \(id)", context) { state in
            state.bookingFilters.append(filter)
            state.pages.append(page)
        }.bookings
    }
}

extension ScriptedServices: PractitionerService {
    func register(
        _ command: RegisterPractitioner, _ change: Change<PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        changed("registerPractitioner", change, context, \.practitionerOutcome) { $0.registrations.append(command) }
    }

    func update(
        _ id: PractitionerID, _ patch: PractitionerPatch, _ change: Change<PractitionerOutcome>,
        _ context: RequestContext
    ) async -> ChangeResult {
        changed("updatePractitioner", change, context, \.practitionerOutcome) { $0.patches.append(patch) }
    }

    func setActive(
        _ id: PractitionerID, _ active: Bool, _ change: Change<PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        changed(active ? "activate" : "deactivate", change, context, \.practitionerOutcome) { _ in }
    }

    func setSchedule(
        _ id: PractitionerID, _ command: SetSchedule, _ change: Change<PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        changed("setSchedule", change, context, \.practitionerOutcome) { $0.schedules.append(command) }
    }

    func addException(
        _ id: PractitionerID, _ command: AddException, _ change: Change<PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        changed("addException", change, context, \.practitionerOutcome) { $0.exceptions.append(command) }
    }

    func removeException(
        _ id: PractitionerID, _ exception: ExceptionID, _ change: Change<PractitionerOutcome>,
        _ context: RequestContext
    ) async -> ChangeResult {
        changed("removeException \(exception)", change, context, \.practitionerOutcome) { _ in }
    }

    func practitioner(_ id: PractitionerID, _ context: RequestContext) async -> Reading<PractitionerDocument> {
        note("practitioner \(id)", context).practitioner
    }

    func practitioners(
        _ filter: PractitionerFilter, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<PractitionerDocument>> {
        note("practitioners", context) { state in
            state.practitionerFilters.append(filter)
            state.pages.append(page)
        }.practitioners
    }

    func schedule(_ id: PractitionerID, _ context: RequestContext) async -> Reading<ScheduleDocument> {
        note("schedule \(id)", context).schedule
    }

    func exceptions(
        _ id: PractitionerID, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<ExceptionDocument>> {
        note("exceptions \(id)", context) { $0.pages.append(page) }.exceptionPage
    }
}

extension ScriptedServices: PatientService {
    func register(
        _ command: RegisterPatient, _ change: Change<PatientOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        changed("registerPatient", change, context, \.patientOutcome) { $0.patients.append(command) }
    }

    func update(
        _ id: PatientID, _ patch: PatientPatch, _ change: Change<PatientOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        changed("updatePatient", change, context, \.patientOutcome) { $0.patientPatches.append(patch) }
    }

    func patient(_ id: PatientID, _ context: RequestContext) async -> Reading<PatientDocument> {
        note("patient \(id)", context).patient
    }
}

extension ScriptedServices: AvailabilityService, SearchService, AuditService {
    func answer(_ question: AuditQuestion, _ page: PageRequest, _ context: RequestContext) async -> AuditReading {
        note("audit", context) { state in
            state.audits.append(question)
            state.pages.append(page)
        }.audit
    }

    func availability(_ query: AvailabilityQuery, _ context: RequestContext) async -> AvailabilityReading {
        note("availability", context) { $0.availabilities.append(query) }.availability
    }

    func search(_ query: SearchQuery, _ page: PageRequest, _ context: RequestContext) async -> SearchReading {
        note("search", context) { state in
            state.searches.append(query)
            state.pages.append(page)
        }.search
    }
}
