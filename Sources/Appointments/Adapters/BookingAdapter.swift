import BookingCommands
import Domain
import EventStore
import Gateway
import HTTPServer
import Observability
import Postgres

/// Joins the booking routes to the booking commands and queries.
struct BookingAdapter: BookingService {
    let writer: BookingWriter
    let queries: BookingQueries
    let patients: any PatientDirectory
    let countries: [CountryCode: Country]
    let identifiers: any IdentifierSource
    let zones: ZoneDatabase

    func create(
        _ command: CreateBooking, _ change: Change<Gateway.BookingOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        let create = BookingCommand.Create(
            bookingID: BookingID(from: identifiers), practitionerID: command.practitionerID,
            patientID: command.patientID, slotStart: command.slotStart, consultationType: command.consultationType)
        return await execute(.create(create), command.access, change, context)
    }

    func cancel(
        _ command: CancelBooking, _ change: Change<Gateway.BookingOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        let cancel = BookingCommand.Cancel(bookingID: command.bookingID, reason: command.reason)
        return await execute(.cancel(cancel), command.access, change, context)
    }

    func reschedule(
        _ command: RescheduleBooking, _ change: Change<Gateway.BookingOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        let move = BookingCommand.Reschedule(
            bookingID: command.bookingID, slotStart: command.slotStart, practitionerID: command.practitionerID)
        return await execute(.reschedule(move), command.access, change, context)
    }

    private func execute(
        _ command: BookingCommand, _ access: Gateway.BookingAccess, _ change: Change<Gateway.BookingOutcome>,
        _ context: RequestContext
    ) async -> ChangeResult {
        guard let key = change.idempotency?.storeKey, let country = countries[context.country] else {
            preconditionFailure("the route table lets no booking command in without a key and a known country")
        }
        let translation = BookingTranslation(zones: zones)
        let request = BookingRequest(
            command: command, country: country, access: BookingCommands.BookingAccess(access),
            actor: BookingActor(role: context.caller.role, subject: context.caller.subject), trace: context.trace,
            idempotency: key, acceptedVersions: change.condition.acceptedVersions,
            render: { StoredAnswer(change.render(translation.outcome($0))) })
        do throws(BookingFailure) {
            let answer = try await writer.execute(request)
            return .answer(RenderedAnswer(answer.answer), replayed: answer.isReplay)
        } catch {
            switch error {
            case .keyReused: return .keyReused
            case .versionMismatch(let current): return .preconditionFailed(current: current)
            case .unavailable(let dependency): return .unavailable(Dependency(dependency), changeKept: false)
            case .overloaded: return .unavailable(Dependency("booking"), changeKept: false)
            }
        }
    }
}

extension BookingAdapter {
    func booking(_ id: BookingID, _ context: RequestContext) async -> Reading<BookingDocument> {
        await Reading.of("booking-database") {
            guard let booking = try await queries.booking(id, in: context.country, for: .everyone) else {
                return .notFound
            }
            return .found(BookingTranslation(zones: zones).document(booking))
        }
    }

    func bookings(
        ofPatient id: PatientID, _ filter: BookingFilter, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<BookingDocument>> {
        let reading = await self.page(filter, page) { try await queries.page(of: id, in: context.country, $0) }
        guard case .found(let found) = reading, found.items.isEmpty, page.after == nil else { return reading }
        // Bookings prove their patient; where there are none, the patient role is asked whether there is one.
        return await Reading.of("patient") {
            try await patients.exists(id, in: context.country) ? reading : .notFound
        }
    }

    func bookings(
        ofPractitioner id: PractitionerID, _ filter: BookingFilter, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<BookingDocument>> {
        await self.page(filter, page) { wanted in
            guard try await queries.knows(id, in: context.country) else { return nil }
            return try await queries.page(of: id, in: context.country, wanted)
        }
    }

    /// One row more than the page shows whether there is a next one.
    private func page(
        _ filter: BookingFilter, _ page: PageRequest, _ read: (BookingPage) async throws -> [Booking]?
    ) async -> Reading<Page<BookingDocument>> {
        await Reading.of("booking-database") {
            let wanted = BookingPage(
                status: filter.status.flatMap { Booking.Status(rawValue: $0.rawValue) }, from: filter.from?.bound,
                to: filter.to?.bound, after: page.after.flatMap(BookingPage.Position.init(bytes:)),
                limit: page.limit + 1)
            guard let bookings = try await read(wanted) else { return .notFound }
            let shown = bookings.prefix(page.limit)
            let next = bookings.count > page.limit ? shown.last.map { BookingPage.Position($0).bytes } : nil
            let translation = BookingTranslation(zones: zones)
            return .found(Page(items: shown.map(translation.document), next: next))
        }
    }
}

/// Booking's own values as the API's.
struct BookingTranslation: Sendable {
    let zones: ZoneDatabase

    func outcome(_ outcome: BookingCommands.BookingOutcome) -> Gateway.BookingOutcome {
        switch outcome {
        case .created(let booking): .created(document(booking))
        case .changed(let booking): .done(document(booking))
        case .notFound: .refused(.unknownBooking)
        case .taken(let alternatives, let zone):
            .refused(.slotTaken(alternatives: alternatives.map { times($0.start, $0.end, zone) }))
        case .refused(let refusal): .refused(refused(refusal))
        }
    }

    func document(_ booking: Booking) -> BookingDocument {
        BookingDocument(
            id: booking.id, status: booking.status == .confirmed ? .confirmed : .cancelled, version: booking.version,
            practitionerID: booking.place.practitionerID, patientID: booking.patientID,
            consultationType: booking.consultationType,
            slot: times(booking.place.slotStart, booking.place.slotEnd, booking.place.timeZone),
            timeZone: booking.place.timeZone, createdAt: zoned(booking.createdAt, booking.place.timeZone),
            updatedAt: zoned(booking.updatedAt, booking.place.timeZone), madeBy: booking.madeBy.subject)
    }

    func times(_ start: Instant, _ end: Instant, _ zone: String) -> SlotTimes {
        SlotTimes(start: zoned(start, zone), end: zoned(end, zone))
    }

    /// A zone that was known at registration and is not any more is shown in UTC, which is never wrong.
    func zoned(_ instant: Instant, _ zone: String) -> ZonedTime {
        guard let rules = try? zones.rules(zone) else { return ZonedTime(instant, offsetSeconds: 0) }
        return ZonedTime(instant, in: rules)
    }

    private func refused(_ refusal: BookingRefusal) -> RefusedBooking {
        switch refusal {
        case .unknownPractitioner: .unknownPractitioner
        case .unknownPatient: .unknownPatient
        case .practitionerInactive: .practitionerInactive
        case .unknownConsultationType: .unknownConsultationType
        case .slotNotBookable(let reason): .slotNotBookable(reason)
        case .slotTaken: .slotTaken(alternatives: [])
        case .bookingCancelled: .bookingCancelled
        }
    }
}

extension BookingCommands.BookingAccess {
    fileprivate init(_ access: Gateway.BookingAccess) {
        self =
            switch access {
            case .all: .everyone
            case .patient(let id): .patient(id)
            case .practitioner(let id): .practitioner(id)
            case .madeBy(let subject): .maker(subject: subject)
            }
    }
}

extension TimeBound {
    fileprivate var bound: BookingPage.Bound {
        switch self {
        case .date(let date): .date(date)
        case .instant(let instant): .instant(instant)
        }
    }
}

extension BookingPage.Position {
    fileprivate init(_ booking: Booking) {
        self.init(slotStart: booking.place.slotStart, bookingID: booking.id)
    }

    /// The position as a cursor carries it: eight bytes of time, sixteen of the id.
    fileprivate var bytes: [UInt8] {
        let time = UInt64(bitPattern: slotStart.microseconds)
        return (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * UInt64($0))) } + bookingID.bytes
    }

    fileprivate init?(bytes: [UInt8]) {
        guard bytes.count == 24 else { return nil }
        let words = [0, 8, 16].map { start in bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        self.init(
            slotStart: Instant(microseconds: Int64(bitPattern: words[0])),
            bookingID: BookingID(high: words[1], low: words[2]))
    }
}
