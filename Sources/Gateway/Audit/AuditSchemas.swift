import Domain
import JSON

/// What questions and answers of auditors look like.
enum AuditSchemas {
    private static let text = Schema.string(.anything, length: 0...8_192)
    private static let position = Schema.nullable(.integer(1...Int64.max))
    private static let shard = Schema.integer(0...6)

    static let narrowing = [
        QueryParameter("from", .string(.instant), "Recorded at or after it."),
        QueryParameter("to", .string(.instant), "Recorded before it."),
        QueryParameter(
            "type", .string(.text, length: 1...400), "Types of events, such as `BookingCancelled`, separated by commas."
        ),
        QueryParameter(
            "actorRole", .oneOf(Role.allCases.map(\.rawValue) + ["system"]), "Done by this role only."),
        QueryParameter("actor", .string(.text, length: 1...200), "Done by this subject only."),
    ]

    static let asOf = [
        QueryParameter("asOf", .string(.instant), "The moment; required."),
        QueryParameter("from", .string(.date), "First grid day; the one that was today when it is not given."),
        QueryParameter("days", .integer(1...31), "How many days; 7 when it is not given."),
    ]

    static let verificationQuery = [
        QueryParameter("database", .names(AuditVerification.Database.self), "Whose history; required."),
        QueryParameter("shard", shard, "Which tree of it; required."),
        QueryParameter("firstPosition", .integer(1...Int64.max), "Required."),
        QueryParameter("lastPosition", .integer(1...Int64.max), "Required; at most 99,999 after the first."),
    ]

    private static let eventMembers: [ObjectSchema.Member] = [
        .required("recordedAt", .string(.instant), "When it was stored, by the database's clock."),
        .required("occurredAt", .string(.instant), "When it was decided."),
        .required("country", .string(.country)),
        .required("database", .names(AuditVerification.Database.self)),
        .required("shard", shard, "The tree that seals it."),
        .required("position", position, "Its place there; null while it has none."),
        .required("secondShard", .nullable(shard), "Of a move between practitioners, the other one's."),
        .required("secondPosition", position),
        .required("eventId", .string(.uuid)),
        .required("stream", text),
        .required("version", .integer(1...Int64.max)),
        .required("type", text),
        .required("dataVersion", .integer(1...Int64.max)),
        .required("actorRole", text),
        .required("actorSubject", text),
        .required("correlationId", text),
        .required("causationId", .nullable(text), "The event that it was done because of."),
        .required("data", .any, "The stored JSON."),
    ]

    static let event = Schema.named(
        "AuditedEvent", .object(ObjectSchema(eventMembers, example: Examples.auditedEvent)))

    static let availability = Schema.named(
        "AuditedDay",
        .object(
            ObjectSchema(
                [
                    .required("practitionerId", .string(.uuid)),
                    .required("timeZone", .string(.timeZone)),
                    .required("asOf", .string(.instant)),
                    .required("date", .string(.date)),
                    .required("wasTrue", .string(.bitmap), "By everything that had been recorded."),
                    .required("wasShown", .nullable(.string(.bitmap)), "What a caller was answered; null: not known."),
                    .required(
                        "shownState", .oneOf(["page", "computed", "quarantined", "unknown"]),
                        "From a bitmap; computed from the database; told to be unknown; or not known now."),
                    .required("differs", .nullable(.boolean)),
                    .required("epoch", position, "Of the pages that were served."),
                    .required("bookingPosition", .nullable(.integer(0...Int64.max)), "That they had taken in."),
                    .required("practitionerPosition", .nullable(.integer(0...Int64.max))),
                    .required("explainedBy", .list(.any, count: 0...Int.max), "Events that explain the difference."),
                ], example: Examples.auditedDay)))

    static let slot = Schema.named(
        "SlotCause",
        .object(
            ObjectSchema(
                [
                    .required("slotStart", .string(.instant)),
                    .required("date", .string(.date)),
                    .required("slot", .integer(0...23)),
                    .required("timeZone", .string(.timeZone)),
                    .required(
                        "effect",
                        .nullable(.oneOf(["opened", "closed", "taken", "freed", "displaced", "caused"])),
                        "Null: nothing ever happened to the slot."),
                    .required(
                        "state",
                        .oneOf(["free", "booked", "displaced", "closed", "outside-schedule", "nobody"]),
                        "After this event."),
                    .required("causedBy", .nullable(.string(.uuid))),
                ] + eventMembers.map { .required($0.name, nullable($0.schema), $0.note) })))

    static let proof = Schema.named(
        "EventProof",
        .object(
            ObjectSchema([
                .required("eventId", .string(.uuid)),
                .required("database", .names(AuditVerification.Database.self)),
                .required("shard", shard),
                .required("position", position),
                .required("proof", .any, "A file of docs/history.md; one a line of `format=jsonl`."),
            ])))

    static let head = Schema.named(
        "SignedHead",
        .object(
            ObjectSchema([
                .required("origin", text),
                .required("database", .nullable(text)),
                .required("shard", .nullable(shard)),
                .required("size", .nullable(.integer(0...Int64.max))),
                .required("root", .nullable(text), "Base64."),
                .required("believed", .boolean, "Whether our key signed it."),
                .required("note", text, "C2SP signed note."),
            ])))

    static let finding = Schema.named(
        "VerificationResult",
        .object(
            ObjectSchema([
                .required("result", text, "`proven`, `differs`, or the kind of a finding."),
                .required("database", .nullable(text)),
                .required("shard", .nullable(shard)),
                .required("firstPosition", .nullable(.integer(0...Int64.max))),
                .required("lastPosition", .nullable(.integer(0...Int64.max))),
                .required("rows", .nullable(.integer(0...Int64.max))),
                .required("eventId", .nullable(.string(.uuid))),
                .required("detail", .nullable(text)),
            ])))

    /// A page of rows; only lists of events have a second one.
    static func page(_ operation: String, of row: Schema) -> Schema {
        Schema.page("Page_\(operation)", of: row)
    }

    private static func nullable(_ schema: Schema) -> Schema {
        if case .nullable = schema { return schema }
        return .nullable(schema)
    }
}
