import Domain
import EventStore
import JSON
import ProjectionRunner

/// What a round has of one practitioner: enough to go on folding without any event before it.
struct AvailabilityBaseline: Hashable, Sendable {
    /// How the days are divided, as a registration says it.
    struct GridText: Hashable, Sendable {
        var zone: String
        var dayStart: LocalTime
        var slotMinutes: Int
    }

    /// What is booked of one day.
    struct BookedDay: Hashable, Sendable {
        var date: LocalDate
        var slots: SlotMask
    }

    /// Where the pages have the practitioner, what is open and what is booked.
    struct Practitioner: Hashable, Sendable {
        var country: CountryCode
        var number: Int32
        /// Of the stream, 0: the registration is still to come.
        var version: Int32
        /// The last event of the stream that is in.
        var newest: EventID
        var grid: GridText
        var calendar: WindowedCalendar.Contents
        /// Days without bookings are left out.
        var booked: [BookedDay]
    }

    /// Nil where not even the registration could be read.
    var practitioner: Practitioner?
    /// The event from which on the practitioner waits; nil: all could be read.
    var unreadable: QuarantineCause?

    /// `ce_type`.
    static let wireType = WireType("AvailabilityBaseline")
}

// MARK: writing

extension AvailabilityBaseline {
    /// As it stands in the log.
    func json(of id: PractitionerID) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.id("practitionerId", id)
        if let practitioner { writer.practitioner(practitioner) }
        if let unreadable { writer.unreadable(unreadable) }
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func practitioner(_ practitioner: AvailabilityBaseline.Practitioner) {
        text("country", practitioner.country.text)
        int("number", Int(practitioner.number))
        int("version", Int(practitioner.version))
        id("newest", practitioner.newest)
        text("timeZone", practitioner.grid.zone)
        text("dayStart", practitioner.grid.dayStart.description)
        int("slotMinutes", practitioner.grid.slotMinutes)
        bool("active", practitioner.calendar.isActive)
        key("weeks")
        beginArray()
        for week in practitioner.calendar.weeks {
            beginObject()
            date("validFrom", week.validFrom)
            texts("open", week.open.map(\.bitmap))
            endObject()
        }
        endArray()
        key("exceptions")
        beginArray()
        for deviation in practitioner.calendar.deviations {
            beginObject()
            id("exceptionId", deviation.id)
            date("from", deviation.from)
            date("to", deviation.to)
            bool("closed", deviation.isClosed)
            text("bitmap", deviation.slots.bitmap)
            endObject()
        }
        endArray()
        key("booked")
        beginArray()
        for day in practitioner.booked {
            beginObject()
            date("date", day.date)
            text("bitmap", day.slots.bitmap)
            endObject()
        }
        endArray()
    }
}

// MARK: reading

/// Reads what rounds have of practitioners, with a parser whose buffers are used again.
struct AvailabilityBaselineReader: ~Copyable {
    private var scanner: JSONScanner

    /// - Throws: `JSONError` when there is no memory for the parser.
    init() throws { scanner = try JSONScanner() }

    /// Reads one record.
    ///
    /// - Throws: `BaselineFault.damaged`.
    mutating func read(_ record: BaselineRecord) throws -> AvailabilityBaseline {
        try record.withData { data in try read(data, of: record.practitioner) }
    }

    /// As above, of bytes.
    ///
    /// - Throws: `JSONError`.
    mutating func read(
        _ data: UnsafeRawBufferPointer, of id: PractitionerID
    ) throws(JSONError) -> AvailabilityBaseline {
        try scanner.scan(data) { (node) throws(JSONError) in
            let named: PractitionerID = try node.id("practitionerId")
            guard named == id else { throw JSONError(.unexpectedKind) }
            return AvailabilityBaseline(
                practitioner: node.first("number") == nil ? nil : try node.practitioner(),
                unreadable: try QuarantineCause(id, in: node))
        }
    }
}

extension JSONNode {
    fileprivate func practitioner() throws(JSONError) -> AvailabilityBaseline.Practitioner {
        var weeks: [WindowedCalendar.Contents.Week] = []
        try required("weeks").forEachElement { (week) throws(JSONError) in weeks.append(try week.week()) }
        var deviations: [WindowedCalendar.Contents.Deviation] = []
        try required("exceptions").forEachElement { (exception) throws(JSONError) in
            deviations.append(
                WindowedCalendar.Contents.Deviation(
                    id: try exception.id("exceptionId"), from: try exception.date("from"),
                    to: try exception.date("to"), slots: try exception.bitmap(),
                    isClosed: try exception.required("closed").bool()))
        }
        var booked: [AvailabilityBaseline.BookedDay] = []
        try required("booked").forEachElement { (day) throws(JSONError) in
            booked.append(AvailabilityBaseline.BookedDay(date: try day.date("date"), slots: try day.bitmap()))
        }
        return AvailabilityBaseline.Practitioner(
            country: try country(), number: try int32("number"), version: try int32("version"),
            newest: try id("newest"),
            grid: AvailabilityBaseline.GridText(
                zone: try text("timeZone"), dayStart: try time("dayStart"), slotMinutes: try int("slotMinutes")),
            calendar: WindowedCalendar.Contents(
                isActive: try required("active").bool(), weeks: weeks, deviations: deviations),
            booked: booked)
    }

    private func week() throws(JSONError) -> WindowedCalendar.Contents.Week {
        var open: [SlotMask] = []
        try required("open").forEachElement { (day) throws(JSONError) in
            guard let slots = SlotMask(bitmap: try day.string()) else { throw JSONError(.unexpectedKind) }
            open.append(slots)
        }
        guard open.count == 7 else { throw JSONError(.numberOutOfRange) }
        return WindowedCalendar.Contents.Week(validFrom: try date("validFrom"), open: open)
    }

    private func bitmap() throws(JSONError) -> SlotMask {
        guard let slots = SlotMask(bitmap: try text("bitmap")) else { throw JSONError(.unexpectedKind) }
        return slots
    }

    private func int32(_ name: StaticString) throws(JSONError) -> Int32 {
        guard let number = Int32(exactly: try int(name)), number >= 0 else { throw JSONError(.numberOutOfRange) }
        return number
    }
}
