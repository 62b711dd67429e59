import Domain
import EventStore
import JSON

/// What one event of a practitioner's stream does to what is open; profiles are not read.
enum CalendarStep: Sendable {
    case registered(number: Int, grid: SlotGrid)
    case active(Bool)
    case week(WeeklySchedule)
    case added(ScheduleException)
    case removed(ExceptionID)
    /// A change of the profile.
    case nothing
}

/// Reads steps from events, and nothing else of them, without building the events.
struct CalendarStepReader: ~Copyable {
    /// How somebody's days are divided, as it is written in a registration.
    private struct GridText: Equatable {
        var zone: String
        var dayStart: String
        var slotMinutes: Int
    }

    private let zones: ZoneDatabase
    private var scanner: JSONScanner
    private var decoder: EventDecoder
    /// The last grid, as neighbours mostly have the same.
    private var known: (text: GridText, grid: SlotGrid)?

    init(_ zones: ZoneDatabase, _ upcasters: Upcasters = .standard) throws {
        let scanner = try JSONScanner()
        let decoder = try EventDecoder(upcasters: upcasters)
        self.zones = zones
        self.scanner = scanner
        self.decoder = decoder
    }

    /// Reads one event.
    ///
    /// - Throws: `EventDecodingError`; `ZoneError`.
    mutating func read(_ type: WireType, _ data: UnsafeRawBufferPointer) throws -> CalendarStep {
        // What is written below is the shape of version 1; others go through the upcasters, and are rare.
        guard type.dataVersion == 1 else {
            return try step(try decoder.practitionerEvent(type, data))
        }
        switch type.name {
        case "PractitionerRegistered":
            let (number, text) = try scan(type, data) { (node) throws(JSONError) in try Self.registration(node) }
            return .registered(number: number, grid: try grid(text))
        case "PractitionerUpdated": return .nothing
        case "PractitionerDeactivated": return .active(false)
        case "PractitionerActivated": return .active(true)
        case "ScheduleSet":
            return .week(
                try scan(type, data) { (node) throws(JSONError) in try WeeklySchedule(node.required("schedule")) })
        case "ExceptionAdded":
            return .added(
                try scan(type, data) { (node) throws(JSONError) in
                    try ScheduleException(node.required("exception"))
                })
        case "ExceptionRemoved":
            return .removed(
                try scan(type, data) { (node) throws(JSONError) in
                    try ScheduleException(node.required("exception")).id
                })
        default: throw EventDecodingError.unknownType(type)
        }
    }

    private func step(_ event: PractitionerEvent) throws(ZoneError) -> CalendarStep {
        switch event {
        case .registered(let event):
            .registered(
                number: event.number,
                grid: try zones.grid(zone: event.timeZone, dayStart: event.dayStart, slotMinutes: event.slotMinutes))
        case .updated: .nothing
        case .deactivated: .active(false)
        case .activated: .active(true)
        case .scheduleSet(let event): .week(event.schedule)
        case .exceptionAdded(let event): .added(event.exception)
        case .exceptionRemoved(let event): .removed(event.exception.id)
        }
    }

    private mutating func scan<T>(
        _ type: WireType, _ data: UnsafeRawBufferPointer, _ body: (JSONNode) throws(JSONError) -> T
    ) throws(EventDecodingError) -> T {
        do { return try scanner.scan(data, body) } catch { throw .malformed(type, error.fault) }
    }

    private static func registration(_ node: JSONNode) throws(JSONError) -> (number: Int, GridText) {
        guard let number = Int(exactly: try node.required("number").int()), number >= 0,
            let minutes = Int(exactly: try node.required("slotMinutes").int())
        else { throw JSONError(.numberOutOfRange) }
        return (
            number,
            GridText(
                zone: try node.required("timeZone").string(), dayStart: try node.required("dayStart").string(),
                slotMinutes: minutes)
        )
    }

    private mutating func grid(_ text: GridText) throws -> SlotGrid {
        if let known, known.text == text { return known.grid }
        guard let dayStart = LocalTime(text.dayStart) else {
            throw EventDecodingError.malformed(WireType("PractitionerRegistered"), .unexpectedKind)
        }
        let grid = try zones.grid(zone: text.zone, dayStart: dayStart, slotMinutes: text.slotMinutes)
        known = (text, grid)
        return grid
    }
}
