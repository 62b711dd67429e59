import Domain
import JSON

/// What booking requests and answers look like.
enum BookingSchemas {
    static let create = Schema.named(
        "NewBooking",
        .object(
            ObjectSchema(
                [
                    .required("practitionerId", .string(.uuid)),
                    .required("patientId", .string(.uuid), "A patient's own id when a patient books."),
                    .required("slotStart", .string(.instant), "Any offset is accepted; the instant counts."),
                    .optional("consultationType", consultationCode, standard: .string("standard")),
                ], example: Examples.newBooking)))

    static let cancel = Schema.named(
        "Cancellation",
        .object(
            ObjectSchema(
                [.required("reason", .names(CancellationReason.self))],
                example: .object([JSONMember("reason", .string("patient_request"))]))))

    static let reschedule = Schema.named(
        "Rescheduling",
        .object(
            ObjectSchema(
                [
                    .required("slotStart", .string(.instant)),
                    .optional("practitionerId", .string(.uuid), "Another practitioner; else the same."),
                ], example: .object([JSONMember("slotStart", .string("2026-11-23T10:30:00+01:00"))]))))

    static let slotMembers: [ObjectSchema.Member] = [
        .required("slotStart", .string(.instant)),
        .required("slotEnd", .string(.instant), "Elapsed time: slots x slotMinutes after slotStart."),
    ]

    static let slot = Schema.named("Slot", .object(ObjectSchema(slotMembers)))

    static let booking = Schema.named(
        "Booking",
        .object(
            ObjectSchema(
                [
                    .required("bookingId", .string(.uuid)),
                    .required("status", .names(BookingDocument.Status.self)),
                    .required("version", .integer(1...Int64.max)),
                    .required("practitionerId", .string(.uuid)),
                    .required("patientId", .string(.uuid)),
                    .required("consultationType", consultationCode),
                ] + slotMembers + [
                    .required("timeZone", .string(.timeZone)),
                    .required("createdAt", .string(.instant)),
                    .required("updatedAt", .string(.instant)),
                ], example: Examples.booking)))

    static let page = Schema.page("BookingPage", of: booking)

    static let displaced = Schema.list(
        .named(
            "DisplacedBooking",
            .object(
                ObjectSchema(
                    [.required("bookingId", .string(.uuid)), .required("patientId", .string(.uuid))] + slotMembers))),
        count: 0...Int.max)

    /// 1-40 letters, digits, `_` and `-`.
    static let consultationCode = Schema.string(.code, length: 1...40)

    static let filters = [
        QueryParameter("from", .string(.dateOrInstant), "Bookings that start at or after it."),
        QueryParameter("to", .string(.dateOrInstant), "Bookings that start before it."),
    ]
    static let status = QueryParameter("status", .names(BookingDocument.Status.self), "Bookings of that status only.")
}

extension Schema {
    /// A page of a list.
    static func page(_ name: String, of item: Schema) -> Schema {
        .named(
            name,
            .object(
                ObjectSchema([
                    .required("items", .list(item, count: 0...200)),
                    .required(
                        "nextCursor", .nullable(.string(.cursor, length: 1...1_024)), "Null on the last page."),
                ])))
    }
}

extension CreateBooking {
    /// - Throws: 422 where a value cannot be used.
    init(_ body: BodyObject, _ access: BookingAccess) throws(Problem) {
        self.init(
            practitionerID: try body.required("practitionerId") { $0.identifier() },
            patientID: try body.required("patientId") { $0.identifier() },
            slotStart: try body.required("slotStart", \.instantValue),
            consultationType: try body.optional("consultationType", \.stringValue) ?? ConsultationType.standard.code,
            access: access)
    }
}

extension CancelBooking {
    /// - Throws: 422 where a value cannot be used.
    init(_ id: BookingID, _ body: BodyObject, _ access: BookingAccess) throws(Problem) {
        self.init(
            bookingID: id,
            reason: try body.required("reason") { $0.stringValue.flatMap(CancellationReason.init(rawValue:)) },
            access: access)
    }
}

extension RescheduleBooking {
    /// - Throws: 422 where a value cannot be used.
    init(_ id: BookingID, _ body: BodyObject, _ access: BookingAccess) throws(Problem) {
        self.init(
            bookingID: id, slotStart: try body.required("slotStart", \.instantValue),
            practitionerID: try body.optional("practitionerId") { $0.identifier() }, access: access)
    }
}

extension BookingFilter {
    init(_ query: QueryValues) {
        self.init(
            status: query.name("status", BookingDocument.Status.self), from: query.bound("from"), to: query.bound("to"))
    }
}
