import AvailabilityProjection
import BookingCommands
import Domain
import Gateway

/// Joins the availability route to the pages and to booking's cold days.
struct AvailabilityAdapter: AvailabilityService {
    let reader: AvailabilityReader
    let fragments = SlotFragmentCache()

    func availability(_ query: AvailabilityQuery, _ context: RequestContext) async -> AvailabilityReading {
        let question = AvailabilityQuestion(
            practitioner: query.practitionerID, country: context.country, from: query.from, days: query.days,
            consultationType: query.consultationType)
        switch await reader.answer(question) {
        case .found(let answer): return .found(document(answer))
        case .unknownPractitioner: return .unknownPractitioner
        case .unknownConsultationType: return .unknownConsultationType
        case .unavailable(.practitioners): return .unavailable(Dependency("practitioner-database"))
        case .unavailable(.pages): return .unavailable(Dependency("redis"))
        case .unavailable(.bookings): return .unavailable(Dependency("booking"))
        }
    }

    private func document(_ answer: AvailabilityAnswer) -> AvailabilityDocument {
        let calendar = answer.place.calendar
        let grid = calendar.grid
        return AvailabilityDocument(
            practitionerID: calendar.practitionerID, timeZone: grid.zone, slotMinutes: grid.slotMinutes,
            state: AvailabilityDocument.State(answer.state),
            asOf: answer.asOf.map { ZonedTime($0, in: grid.rules) },
            days: answer.days.map { day in
                AvailabilityDay(
                    fragments.fragments(grid: grid, date: day.date, length: answer.length), free: day.free)
            }, nextAvailable: answer.nextAvailable.map { ZonedTime($0, in: grid.rules) })
    }
}

extension AvailabilityDocument.State {
    fileprivate init(_ state: AvailabilityAnswer.State) {
        self =
            switch state {
            case .fresh: .fresh
            case .stale: .stale
            case .unknown: .unknown
            }
    }
}

/// Booking, here or elsewhere, as the availability role asks it for days without pages.
struct ColdDaysFromBooking: ColdDays {
    let booking: any BookingNeighbour

    func free(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> [SlotMask]? {
        try await booking.days(of: practitioner, in: country, from: first, count: count)?.free
    }
}

/// The pages as booking's hint.
struct HintFromPages: SlotHint {
    let pages: AvailabilityPages

    func looksTaken(_ stored: StoredCalendar, at start: Instant) async -> Bool {
        await pages.looksTaken(PractitionerPlace(calendar: stored.calendar, number: stored.number), at: start)
    }
}
