import Domain
import EventStore
import Observability

@testable import BookingCommands

/// Requests as the gateway makes them, with answers that a test can read.
extension Clinic {
    /// Books `start` (RFC 3339).
    func create(
        _ practitioner: PractitionerID, _ start: String, type: String = "standard", patient: PatientID = patient(1),
        key: String, access: BookingAccess = .everyone, by actor: BookingActor = .staff
    ) throws -> BookingRequest {
        try create(practitioner, ParsedTime(start), type: type, patient: patient, key: key, access: access, by: actor)
    }

    func create(
        _ practitioner: PractitionerID, _ start: ParsedTime, type: String = "standard",
        patient: PatientID = patient(1), key: String, access: BookingAccess = .everyone,
        by actor: BookingActor = .staff
    ) throws -> BookingRequest {
        let create = BookingCommand.Create(
            bookingID: BookingID(from: identifiers), practitionerID: practitioner, patientID: patient,
            slotStart: start, consultationType: type)
        return request(.create(create), key: key, body: "\(practitioner) \(start.instant) \(type)", access, actor, nil)
    }

    func cancel(
        _ booking: BookingID, key: String, access: BookingAccess = .everyone, by actor: BookingActor = .staff,
        accepting versions: [Int64]? = nil
    ) -> BookingRequest {
        let cancel = BookingCommand.Cancel(bookingID: booking, reason: .patientRequest)
        return request(.cancel(cancel), key: key, body: "cancel \(booking)", access, actor, versions)
    }

    func move(
        _ booking: BookingID, to start: String, of practitioner: PractitionerID? = nil, key: String,
        access: BookingAccess = .everyone, accepting versions: [Int64]? = nil
    ) throws -> BookingRequest {
        let move = BookingCommand.Reschedule(
            bookingID: booking, slotStart: try ParsedTime(start), practitionerID: practitioner)
        return request(.reschedule(move), key: key, body: "move \(booking) \(start)", access, .staff, versions)
    }

    private func request(
        _ command: BookingCommand, key: String, body: String, _ access: BookingAccess, _ actor: BookingActor,
        _ versions: [Int64]?
    ) -> BookingRequest {
        BookingRequest(
            command: command, country: country, access: access, actor: actor, trace: trace,
            idempotency: IdempotencyKey(
                country: country.code, caller: actor.subject, key: key, fingerprint: Array(body.utf8)),
            acceptedVersions: versions, render: Self.render)
    }

    /// A status and a line that says what happened: `confirmed v1 2026-11-20T10:00:00Z`, `slot-taken …`.
    private static func render(_ outcome: BookingOutcome) -> StoredAnswer {
        let (status, text): (Int, String) =
            switch outcome {
            case .created(let booking): (201, describe(booking))
            case .changed(let booking): (200, describe(booking))
            case .notFound: (404, "not-found")
            case .refused(let refusal): (refusal.status, describe(refusal))
            case .taken(let alternatives, let zone):
                (409, "slot-taken \(zone): \(alternatives.map(\.start.description).joined(separator: " "))")
            }
        return StoredAnswer(
            status: status, headers: [AnswerHeader(name: "X-Test", value: "yes")], body: Array(text.utf8))
    }

    private static func describe(_ booking: Booking) -> String {
        "\(booking.status.rawValue) v\(booking.version) \(booking.place.slotStart)"
    }

    private static func describe(_ refusal: BookingRefusal) -> String {
        switch refusal {
        case .slotNotBookable(let reason): "slot-not-bookable \(reason.rawValue)"
        default: refusal.problemName
        }
    }
}

extension BookingRefusal {
    fileprivate var status: Int {
        switch self {
        case .unknownPractitioner, .unknownPatient: 404
        case .practitionerInactive, .slotTaken, .bookingCancelled: 409
        case .unknownConsultationType, .slotNotBookable: 422
        }
    }
}

extension BookingActor {
    static let staff = BookingActor(role: .staff, subject: "staff-1")
    static let partner = BookingActor(role: .partner, subject: "partner-1")
}

extension BookingRequest {
    /// The booking that the command is about or makes.
    var bookingID: BookingID {
        if case .create(let create) = command { return create.bookingID }
        return command.existingBooking ?? BookingID(high: 0, low: 0)
    }
}

extension StoredAnswer {
    /// Status and body in one line, such as `201 confirmed v1 …`.
    var line: String { "\(status) \(String(decoding: body, as: UTF8.self))" }
}

/// What a caller got: an answer, replayed or not, or a failure without one.
enum Got: Equatable {
    case answer(String)
    case replay(String)
    case failure(BookingFailure)

    var line: String? {
        switch self {
        case .answer(let line), .replay(let line): line
        case .failure: nil
        }
    }

    /// Whether a booking was made or changed, now or by the request that is repeated.
    var isSuccess: Bool { line?.hasPrefix("20") ?? false }
}

extension BookingWriter {
    /// Executes and keeps what comes back as a value.
    func got(_ request: BookingRequest) async -> Got {
        do throws(BookingFailure) {
            let answer = try await execute(request)
            return answer.isReplay ? .replay(answer.answer.line) : .answer(answer.answer.line)
        } catch { return .failure(error) }
    }
}
