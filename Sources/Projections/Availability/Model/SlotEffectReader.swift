import Domain
import EventStore
import JSON

/// What one event does to the slots of a grid day.
struct SlotEffect: Hashable, Sendable {
    /// Whose slots; nil where it was not asked for.
    var practitioner: PractitionerID?
    var date: LocalDate
    var slots: SlotMask
}

/// What one event about a booking does: it gives slots back, takes slots, or, of a move, both.
struct SlotEffects: Hashable, Sendable {
    var released: SlotEffect?
    var taken: SlotEffect?
    /// Nil where it was not asked for.
    var country: CountryCode?
}

/// Reads from events about bookings what concerns slots, and nothing else, without building the events.
struct SlotEffectReader: ~Copyable {
    /// What is read besides dates and slots.
    enum Parts {
        /// Of a move its practitioners, otherwise nothing.
        case slots
        /// Also the country.
        case slotsAndCountry
        /// Also the country, and the practitioner of every event.
        case all
    }

    /// The ten characters of a date, as two words.
    private struct DateText: Hashable {
        let high: UInt64
        let low: UInt16
    }

    private static let datesMax = 10_000

    private var scanner: JSONScanner
    private var decoder: EventDecoder
    private var dates: [DateText: LocalDate] = [:]

    init(_ upcasters: Upcasters = .standard) throws {
        let scanner = try JSONScanner()
        let decoder = try EventDecoder(upcasters: upcasters)
        self.scanner = scanner
        self.decoder = decoder
    }

    /// Reads one event.
    ///
    /// - Throws: `EventDecodingError`.
    mutating func read(
        _ type: WireType, _ data: UnsafeRawBufferPointer, _ parts: Parts
    ) throws(EventDecodingError) -> SlotEffects {
        // What is written below is the shape of version 1; others go through the upcasters, and are rare.
        guard type.dataVersion == 1 else { return try decoder.bookingEvent(type, data).slotEffects }
        let kind = type.name
        switch kind {
        case "BookingCreated", "BookingCancelled", "BookingRescheduled", "BookingDisplaced": break
        default: throw EventDecodingError.unknownType(type)
        }
        var dates = dates  // the closure must not touch `self`, whose scanner is in use
        self.dates = [:]  // so that there is one owner, and adding a date copies nothing
        defer { self.dates = dates }
        do {
            return try scanner.scan(data) { (node) throws(JSONError) in try Self.effects(node, kind, parts, &dates) }
        } catch {
            throw .malformed(type, error.fault)
        }
    }

    private static func effects(
        _ node: JSONNode, _ kind: String, _ parts: Parts, _ dates: inout [DateText: LocalDate]
    ) throws(JSONError) -> SlotEffects {
        var effects = SlotEffects()
        if parts != .slots { effects.country = try country(node) }
        switch kind {
        case "BookingCreated": effects.taken = try effect(node, &dates, readsOwner: parts == .all)
        case "BookingCancelled": effects.released = try effect(node, &dates, readsOwner: parts == .all)
        case "BookingRescheduled":
            effects.released = try effect(node.required("from"), &dates, readsOwner: true)
            effects.taken = try effect(node.required("to"), &dates, readsOwner: true)
        default: break  // a displaced booking holds its slots until it is moved or cancelled
        }
        return effects
    }

    private static func country(_ node: JSONNode) throws(JSONError) -> CountryCode {
        guard let country = CountryCode(try node.required("country").string()) else {
            throw JSONError(.unexpectedKind)
        }
        return country
    }

    private static func effect(
        _ node: JSONNode, _ dates: inout [DateText: LocalDate], readsOwner: Bool
    ) throws(JSONError) -> SlotEffect {
        var owner: PractitionerID?
        if readsOwner {
            owner = PractitionerID(utf8: try node.required("practitionerId").utf8())
            if owner == nil { throw JSONError(.unexpectedKind) }
        }
        let bits = try node.required("slots").bits()
        guard bits <= SlotMask.all.rawValue else { throw JSONError(.numberOutOfRange) }
        return SlotEffect(
            practitioner: owner, date: try date(node.required("localDate").utf8(), &dates),
            slots: SlotMask(rawValue: bits))
    }

    /// Reads a date; the same few dates come again and again.
    private static func date(
        _ text: UnsafeRawBufferPointer, _ dates: inout [DateText: LocalDate]
    ) throws(JSONError) -> LocalDate {
        guard text.count == 10 else { throw JSONError(.unexpectedKind) }
        let key = DateText(
            high: text.loadUnaligned(as: UInt64.self), low: text.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
        if let known = dates[key] { return known }
        guard let date = LocalDate(utf8: text) else { throw JSONError(.unexpectedKind) }
        if dates.count >= datesMax { dates = [:] }
        dates[key] = date
        return date
    }
}

extension BookingEvent {
    /// The same, of an event that was built.
    var slotEffects: SlotEffects {
        switch self {
        case .created(let event):
            SlotEffects(
                taken: SlotEffect(practitioner: event.practitionerID, date: event.localDate, slots: event.slots),
                country: event.country)
        case .cancelled(let event):
            SlotEffects(
                released: SlotEffect(practitioner: event.practitionerID, date: event.localDate, slots: event.slots),
                country: event.country)
        case .displaced(let event): SlotEffects(country: event.country)
        case .rescheduled(let event):
            SlotEffects(
                released: SlotEffect(
                    practitioner: event.from.practitionerID, date: event.from.localDate, slots: event.from.slots),
                taken: SlotEffect(
                    practitioner: event.to.practitionerID, date: event.to.localDate, slots: event.to.slots),
                country: event.country)
        }
    }
}
