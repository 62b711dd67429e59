import BookingCommands
import Domain
import EventStore
import ProjectionRunner
import Synchronization

/// Collects the changes of practitioners, which come in no order, and folds each stream in its own.
final class CalendarFold: Sendable {
    /// A change, or why it cannot be read.
    private struct Entry: Sendable {
        let version: Int64
        let id: EventID
        let type: WireType
        let country: CountryCode?
        /// Nil: an operator decided to do without it.
        let event: Result<PractitionerEvent?, EventDecodingError>
    }

    private let zones: ZoneDatabase
    private let skips: [PractitionerID: Set<EventID>]
    private let streams = Mutex<[PractitionerID: [Entry]]>([:])

    init(zones: ZoneDatabase, skips: [PractitionerID: Set<EventID>]) {
        self.zones = zones
        self.skips = skips
    }

    func take(_ event: BaselineEvent) {
        if !event.isFirstSideStamped { return }  // above P: it comes through the log
        guard let practitioner = PractitionerID(event.stream.drop { $0 != "-" }.dropFirst()) else { return }
        let id = event.eventID
        let decoded: Result<PractitionerEvent?, EventDecodingError>
        if skips[practitioner]?.contains(id) ?? false {
            decoded = .success(nil)
        } else {
            do throws(EventDecodingError) {
                decoded = .success(try EventCodec.practitionerEvent(event.wireType, Array(event.data)))
            } catch {
                decoded = .failure(error)
            }
        }
        let entry = Entry(
            version: event.streamVersion, id: id, type: event.wireType,
            country: CountryCode(utf8: event.countryBytes), event: decoded)
        streams.withLock { $0[practitioner, default: []].append(entry) }
    }

    /// The calendars, of somebody with an event that cannot be taken in up to there, and these events.
    func finish() -> (calendars: [StoredCalendar], causes: [QuarantineCause]) {
        var calendars: [StoredCalendar] = []
        var causes: [QuarantineCause] = []
        for (practitioner, entries) in streams.withLock({ $0 }) {
            let (calendar, cause) = fold(practitioner, entries.sorted { $0.version < $1.version })
            if let calendar { calendars.append(calendar) }
            if let cause { causes.append(cause) }
        }
        return (calendars, causes)
    }

    private func fold(_ practitioner: PractitionerID, _ entries: [Entry]) -> (StoredCalendar?, QuarantineCause?) {
        var stored: StoredCalendar?
        for entry in entries {
            let fault: String
            switch entry.event {
            case .failure(let error): fault = error.fault
            case .success(let event):
                let event =
                    event
                    ?? entry.country.map { .updated(PractitionerUpdated(practitionerID: practitioner, country: $0)) }
                if let event, stored != nil {
                    stored?.calendar.evolve(event, version: entry.version)
                    continue
                }
                guard case .registered(let first)? = event else {
                    fault = "the registration before it is missing"
                    break
                }
                if let calendar = try? PractitionerCalendar(first, version: entry.version, zones: zones) {
                    stored = StoredCalendar(calendar: calendar, number: first.number)
                    continue
                }
                fault = "its time zone or its slots cannot be used here"
            }
            return (
                stored,
                QuarantineCause(
                    practitioner, country: entry.country, topic: .practitionerEvents, eventID: entry.id, entry.type,
                    fault: fault)
            )
        }
        return (stored, nil)
    }
}
