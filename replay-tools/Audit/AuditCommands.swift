import Audit
import Domain
import EventStore

/// `replay audit booking`: the history of one booking.
struct AuditBookingCommand: AuditSubcommand {
    static let words = "audit booking"
    static let summary = "what happened to a booking, and who did it"
    static let help = eventsHelp(
        "booking ID", "everything that happened to one booking",
        """
          replay audit booking 019a9f3c-7d10-7c4e-9a51-2f6f0c1d7e11
          replay audit booking 019a9f3c-7d10-7c4e-9a51-2f6f0c1d7e11 --format csv --output booking.csv
        """)

    let query: AuditQuery
    let options: AuditOptions

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try AuditOptions(&arguments)
        let filter = try AuditArguments.filter(&arguments)
        query = .events(.booking(try AuditArguments.identifier(&arguments, of: "booking")), filter)
        try arguments.finish()
    }
}

/// `replay audit practitioner`: profile, calendar and bookings of one practitioner, from both histories by time.
struct AuditPractitionerCommand: AuditSubcommand {
    static let words = "audit practitioner"
    static let summary = "what happened to a practitioner's profile, calendar and bookings"
    static let help = eventsHelp(
        "practitioner ID", "what happened to a profile, its calendar and bookings",
        """
          replay audit practitioner 019a9f3c-52b8-7a10-8c3d-4b8e9d0a6f22 --from 2026-11-01 --to 2026-12-01
          replay audit practitioner 019a9f3c-52b8-7a10-8c3d-4b8e9d0a6f22 --type ScheduleSet,ExceptionAdded
        """)

    let query: AuditQuery
    let options: AuditOptions

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try AuditOptions(&arguments)
        let filter = try AuditArguments.filter(&arguments)
        query = .events(.practitioner(try AuditArguments.identifier(&arguments, of: "practitioner")), filter)
        try arguments.finish()
    }
}

/// `replay audit patient`: a patient's registration, changes and bookings, by id alone.
struct AuditPatientCommand: AuditSubcommand {
    static let words = "audit patient"
    static let summary = "what happened to a patient and the patient's bookings"
    static let help = eventsHelp(
        "patient ID", "what happened to one patient and the bookings; no names",
        """
          replay audit patient 019a9f3c-60ee-7b31-b2a4-7c9d1e2f3a33
        """)

    let query: AuditQuery
    let options: AuditOptions

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try AuditOptions(&arguments)
        let filter = try AuditArguments.filter(&arguments)
        query = .events(.patient(try AuditArguments.identifier(&arguments, of: "patient")), filter)
        try arguments.finish()
    }
}

/// `replay audit events`: everything in a stretch of time, by type, actor and country.
struct AuditEventsCommand: AuditSubcommand {
    static let words = "audit events"
    static let summary = "what happened in a stretch of time, by type, actor and country"
    static let help = eventsHelp(
        "events", "all three histories by time, narrowed to what is asked for",
        """
          replay audit events --from 2026-11-20T10:00:00+01:00 --to 2026-11-20T10:05:00+01:00
          replay audit events --type BookingDisplaced --country fr --json | jq .data.cause
          replay audit events --actor-role operator --type OperationRecorded
        """)

    let query: AuditQuery
    let options: AuditOptions

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try AuditOptions(&arguments)
        query = .events(.everything, try AuditArguments.filter(&arguments))
        try arguments.finish()
    }
}

/// `replay audit availability`: what was free at a moment, and what was shown as free.
struct AuditAvailabilityCommand: AuditSubcommand {
    static let words = "audit availability"
    static let summary = "what was free at a moment, and what the page showed then"
    static let help = """
        replay audit availability ID --as-of TIME: what was free at a moment, in two senses.

          --as-of TIME                 the moment, with offset
          --day DATE                   the first grid day (default: the one that was today then)
          --days N                     how many days, 1 to 31 (default 7)
        \(AuditOptions.help)

        wasTrue is the bitmap by everything that had been recorded until then; wasShown the one that callers were
        answered: from the positions that the served pages had taken in at that moment. shownState is 'page', or
        'computed' for days too far off for a page, or 'quarantined' where callers were told that the slots are
        unknown, or 'unknown' where nobody recorded enough to say. Where the two
        differ, explainedBy names the events that one had taken in and the other had not. Minimum notice and horizon
        are those of countries.json today.

        Examples:
          replay audit availability 019a9f3c-52b8-7a10-8c3d-4b8e9d0a6f22 --as-of 2026-11-20T10:02:00+01:00
          replay audit availability 019a9f3c-52b8-7a10-8c3d-4b8e9d0a6f22 --as-of 2026-11-20T10:02:00Z --days 1 --json

        \(AuditOptions.csvNote)

        \(HelpTexts.exitCodes)

        """

    let query: AuditQuery
    let options: AuditOptions

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try AuditOptions(&arguments)
        guard let moment = try AuditArguments.moment("--as-of", try arguments.option("--as-of")) else {
            throw UsageError("--as-of TIME is needed: the moment that is asked about")
        }
        let days = try AuditArguments.number("--days", try arguments.option("--days"), in: 1...31) ?? 7
        var from: LocalDate?
        if let text = try arguments.option("--day") {
            guard let date = LocalDate(text) else { throw UsageError("--day must be a date, not '\(text)'") }
            from = date
        }
        query = .availability(
            try AuditArguments.identifier(&arguments, of: "practitioner"), asOf: moment, from: from, days: Int(days))
        try arguments.finish()
    }
}

/// `replay audit why`: the chain of causes of a slot's state.
struct AuditWhyCommand: AuditSubcommand {
    static let words = "audit why"
    static let summary = "why a slot is in its state: the chain of causes"
    static let help = """
        replay audit why ID SLOTSTART: what opened, closed, took, freed or displaced a slot, in order.

          --as-of TIME                 as it was then (default: now)
        \(AuditOptions.help)

        The last row's state is the slot's: free, booked, displaced, closed, outside-schedule. causedBy is the event
        that a row was done because of; events that are only causes have the effect 'caused'.

        Examples:
          replay audit why 019a9f3c-52b8-7a10-8c3d-4b8e9d0a6f22 2026-11-23T09:30:00+01:00
          replay audit why 019a9f3c-52b8-7a10-8c3d-4b8e9d0a6f22 2026-11-23T09:30:00+01:00 --as-of 2026-11-20T10:02:00Z

        \(AuditOptions.csvNote)

        \(HelpTexts.exitCodes)

        """

    let query: AuditQuery
    let options: AuditOptions

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try AuditOptions(&arguments)
        let moment = try AuditArguments.moment("--as-of", try arguments.option("--as-of"))
        let id: PractitionerID = try AuditArguments.identifier(&arguments, of: "practitioner")
        guard let text = arguments.word() else { throw UsageError("which slot? give its start, with offset") }
        guard let start = try? ParsedTime(text) else {
            throw UsageError("'\(text)' is no time with offset, such as 2026-11-23T09:30:00+01:00")
        }
        query = .slot(id, start: start.instant, asOf: moment)
        try arguments.finish()
    }
}
