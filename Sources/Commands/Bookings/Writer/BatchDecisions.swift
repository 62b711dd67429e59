import Domain
import EventStore
import Observability
import Postgres

/// Decides the commands of a batch one after the other and keeps what each comes to.
struct BatchDecisions {
    private var facts: BatchReader.Facts
    private let now: Instant
    private let identifiers: any IdentifierSource
    private let zoneRules: String
    private var outcomes: [(pending: PendingBooking, outcome: Outcome)] = []
    private(set) var writes = BookingWrites()

    private enum Outcome {
        case replay(StoredAnswer)
        case answer(StoredAnswer)
        case taken(Placement)
        case failure(BookingFailure)
        /// The batch did not read or lock enough for this one.
        case runAgain
    }

    init(facts: BatchReader.Facts, now: Instant, identifiers: any IdentifierSource, zoneRules: String) {
        self.facts = facts
        self.now = now
        self.identifiers = identifiers
        self.zoneRules = zoneRules
    }

    mutating func decideAll(_ batch: [PendingBooking]) {
        for (pending, known) in zip(batch, facts.answers) { outcomes.append((pending, decide(pending, known))) }
    }

    /// The answers that commit with the events.
    var answersToStore: [(key: IdempotencyKey, outcome: AnswerToKeep)] {
        outcomes.compactMap { pending, outcome in
            guard case .answer(let answer) = outcome else { return nil }
            return (pending.request.idempotency, .given(answer))
        }
    }

    /// Tells every caller what its command came to; what must run again is returned.
    func answerAll() -> [PendingBooking] {
        var again: [PendingBooking] = []
        for (pending, outcome) in outcomes {
            switch outcome {
            case .replay(let answer): pending.finish(.success(BookingAnswer(answer: answer, isReplay: true)))
            case .answer(let answer): pending.finish(.success(BookingAnswer(answer: answer, isReplay: false)))
            case .failure(let failure): pending.finish(.failure(failure))
            case .taken, .runAgain:
                var next = pending
                next.facts.slotLooksTaken = false
                next.rounds += 1
                if next.rounds < BookingTransaction.roundsMax {
                    again.append(next)
                } else {
                    pending.finish(.failure(.unavailable(dependency: BookingTransaction.dependency)))
                }
            }
        }
        return again
    }

    private mutating func decide(_ pending: PendingBooking, _ known: KnownAnswer) -> Outcome {
        let request = pending.request
        switch known {
        case .given(let answer): return .replay(answer)
        case .otherRequest: return .failure(.keyReused)
        case .none, .owed: break  // booking owes no answers: its own database is all that it writes
        }
        if takesSlots(of: facts.state.waiting, pending) {
            return .failure(.unavailable(dependency: BookingTransaction.calendars))
        }
        switch decision(on: pending) {
        case nil: return .runAgain
        case .notFound: return .answer(request.render(.notFound))
        case .versionMismatch(let current): return .failure(.versionMismatch(current: current))
        case .refused(let refusal): return .answer(request.render(.refused(refusal)))
        case .unchanged(let booking): return .answer(request.render(.changed(booking)))
        case .taken(let placement): return .taken(placement)
        case .append(let event, let change):
            if facts.isUnlocked { return .runAgain }  // the hint was old: the slot is free, and now it takes the lock
            return .answer(append(event, change, request))
        }
    }

    /// Whether a command wants slots of a calendar that waits; whoever gives some back is served.
    private func takesSlots(of waiting: Set<CalendarKey>, _ pending: PendingBooking) -> Bool {
        if waiting.isEmpty { return false }
        let country = pending.request.country.code
        let practitioner: PractitionerID? =
            switch pending.request.command {
            case .create(let create): create.practitionerID
            case .cancel: nil
            case .reschedule(let move):
                move.practitionerID ?? facts.state.bookings[move.bookingID]?.place.practitionerID
            }
        return practitioner.map { waiting.contains(CalendarKey(country: country, practitionerID: $0)) } ?? false
    }

    /// Nil: the batch knows too little of it.
    private func decision(on pending: PendingBooking) -> BookingDecider.Decision? {
        let request = pending.request
        switch request.command {
        case .create(let create):
            let key = CalendarKey(country: request.country.code, practitionerID: create.practitionerID)
            let decided = BookingDecider.create(create, request.access, decidingFacts(pending, key, exceptBy: nil))
            return isSound(decided, key) ? decided : nil
        case .cancel(let cancel):
            guard let booking = visible(cancel.bookingID, request) else { return .notFound }
            guard isLocked(booking) else { return nil }
            return checked(BookingDecider.cancel(cancel, by: request.actor.role, booking), booking, request)
        case .reschedule(let move):
            guard let booking = visible(move.bookingID, request) else { return .notFound }
            guard isLocked(booking) else { return nil }
            let practitioner = move.practitionerID ?? booking.place.practitionerID
            let key = CalendarKey(country: booking.country, practitionerID: practitioner)
            let facts = decidingFacts(pending, key, exceptBy: booking.id)
            let decided = checked(BookingDecider.reschedule(move, booking, facts), booking, request)
            return isSound(decided, key) ? decided : nil
        }
    }

    private func visible(_ id: BookingID, _ request: BookingRequest) -> Booking? {
        facts.state.bookings[id].flatMap {
            $0.country == request.country.code && request.access.permits($0) ? $0 : nil
        }
    }

    /// The decision, if the caller accepts the version that it was made on.
    private func checked(
        _ decision: BookingDecider.Decision, _ booking: Booking, _ request: BookingRequest
    ) -> BookingDecider.Decision {
        guard let accepted = request.acceptedVersions, !accepted.contains(booking.version) else { return decision }
        // The retry of a change that was made: the same content with the version before it.
        if case .unchanged = decision, accepted.contains(booking.version - 1) { return decision }
        return .versionMismatch(current: booking.version)
    }

    /// A booking that moved between the first look and the lock has a head row that this batch did not lock.
    private func isLocked(_ booking: Booking) -> Bool {
        facts.state.calendars[CalendarKey(country: booking.country, practitionerID: booking.place.practitionerID)]
            != nil
    }

    /// Whether all slots that a decision rests on were read.
    private func isSound(_ decision: BookingDecider.Decision, _ key: CalendarKey) -> Bool {
        switch decision {
        case .append(_, let change): change.takes.map { facts.state.knows(key, $0) } ?? true
        case .taken, .refused, .unchanged, .notFound, .versionMismatch: true
        }
    }

    private func decidingFacts(
        _ pending: PendingBooking, _ key: CalendarKey, exceptBy booking: BookingID?
    ) -> BookingDecider.Facts {
        BookingDecider.Facts(
            country: pending.request.country, now: now, patientExists: pending.facts.patientExists,
            calendar: facts.state.calendars[key]?.calendar,
            isTaken: { facts.state.isTaken(key, $0, exceptBy: booking) })
    }

    private mutating func append(
        _ event: BookingEvent, _ change: BookingDecider.Change, _ request: BookingRequest
    ) -> StoredAnswer {
        let booking: Booking
        let outcome: BookingOutcome
        if case .created(let created) = event {
            booking = Booking(
                created, madeBy: Booking.Maker(role: request.actor.role.rawValue, subject: request.actor.subject),
                at: now)
            outcome = .created(booking)
        } else if let old = facts.state.bookings[event.bookingID] {
            booking = old.evolved(by: event, to: change.takes.map(Booking.Place.init), at: now)
            outcome = .changed(booking)
        } else {
            preconditionFailure("an event of a booking that the batch did not read")
        }
        facts.state.apply(change, of: booking)
        let metadata = EventMetadata(
            eventID: EventID(from: identifiers), occurredAt: now, correlationID: request.trace.correlationID,
            actorRole: request.actor.role.rawValue, actorSubject: request.actor.subject,
            traceparent: request.trace.traceparent, zoneRules: zoneRules)
        writes.add(EventToAppend(event, version: booking.version, metadata: metadata), makes: booking, change)
        return request.render(outcome)
    }
}

// MARK: - Alternatives

extension BatchDecisions {
    /// Looks for free starts near those that were taken, one read for all of them.
    mutating func findAlternatives(_ session: PGSession) async throws {
        let losers = outcomes.indices.compactMap { index -> (index: Int, search: Search)? in
            guard case .taken(let placement) = outcomes[index].outcome else { return nil }
            return search(outcomes[index].pending, placement).map { (index, $0) }
        }
        if losers.isEmpty { return }
        var reading = SlotReading()
        var seen: Set<Search.Stretch> = []
        for loser in losers where seen.insert(loser.search.stretch).inserted {
            reading.add(loser.search.stretch.key, loser.search.stretch.range)
        }
        let rows = try await session.query(reading.step.statement, reading.step.parameters)
        var state = facts.state
        reading.learn(rows, into: &state)
        for (index, search) in losers {
            let key = search.stretch.key
            let alternatives = Availability.alternatives(
                to: search.placement, calendar: search.calendar, window: search.window
            ) { state.booked(key, on: $0) }
            let request = outcomes[index].pending.request
            outcomes[index].outcome = .answer(
                request.render(.taken(alternatives: alternatives, timeZone: search.placement.timeZone)))
        }
    }

    private struct Search {
        struct Stretch: Hashable {
            var key: CalendarKey
            var range: Range<Instant>
        }

        var placement: Placement
        var calendar: PractitionerCalendar
        var window: BookingWindow
        var stretch: Stretch
    }

    private func search(_ pending: PendingBooking, _ placement: Placement) -> Search? {
        let country = pending.request.country
        let key = CalendarKey(country: country.code, practitionerID: placement.practitionerID)
        guard let calendar = facts.state.calendars[key]?.calendar else { return nil }
        let window = BookingWindow(now: now, country: country, grid: calendar.grid)
        let reach = (Availability.alternativesReachDays * 24 + SlotReading.gridDayHoursMax) * 60
        let range = placement.start.adding(minutes: -reach)..<placement.start.adding(minutes: reach)
        return Search(
            placement: placement, calendar: calendar, window: window, stretch: .init(key: key, range: range))
    }
}
