/// Every problem that the API knows; the raw value is the last part of its `type`.
package enum ProblemKind: String, CaseIterable, Sendable {
    case malformedRequest = "malformed-request"
    case malformedJSON = "malformed-json"
    case invalidCursor = "invalid-cursor"
    case idempotencyKeyRequired = "idempotency-key-required"
    case idempotencyKeyInvalid = "idempotency-key-invalid"
    case unauthorized
    case forbidden
    case notFound = "not-found"
    case unknownCountry = "unknown-country"
    case unknownBooking = "unknown-booking"
    case unknownPractitioner = "unknown-practitioner"
    case unknownPatient = "unknown-patient"
    case unknownException = "unknown-exception"
    case unknownEvent = "unknown-event"
    case unknownSlot = "unknown-slot"
    case methodNotAllowed = "method-not-allowed"
    case notAcceptable = "not-acceptable"
    case slotTaken = "slot-taken"
    case practitionerInactive = "practitioner-inactive"
    case bookingCancelled = "booking-cancelled"
    case patientExists = "patient-exists"
    case requestInProgress = "request-in-progress"
    case notSealedYet = "not-sealed-yet"
    case historyDiffers = "history-differs"
    case preconditionFailed = "precondition-failed"
    case bodyTooLarge = "body-too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case validationFailed = "validation-failed"
    case slotNotBookable = "slot-not-bookable"
    case unknownConsultationType = "unknown-consultation-type"
    case idempotencyKeyReused = "idempotency-key-reused"
    case preconditionRequired = "precondition-required"
    case tooManyRequests = "too-many-requests"
    case headerTooLarge = "header-too-large"
    case internalError = "internal-error"
    case dependencyUnavailable = "dependency-unavailable"

    /// `urn:appointments:problem:<name>`.
    package var type: String { "urn:appointments:problem:\(rawValue)" }

    /// The HTTP status that it is sent with.
    package var status: Int {
        switch self {
        case .malformedRequest, .malformedJSON, .invalidCursor, .idempotencyKeyRequired, .idempotencyKeyInvalid: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound, .unknownCountry, .unknownBooking, .unknownPractitioner, .unknownPatient, .unknownException,
            .unknownEvent, .unknownSlot:
            404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .slotTaken, .practitionerInactive, .bookingCancelled, .patientExists, .requestInProgress, .notSealedYet,
            .historyDiffers:
            409
        case .preconditionFailed: 412
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .validationFailed, .slotNotBookable, .unknownConsultationType, .idempotencyKeyReused: 422
        case .preconditionRequired: 428
        case .tooManyRequests: 429
        case .headerTooLarge: 431
        case .internalError: 500
        case .dependencyUnavailable: 503
        }
    }

    /// What it is called; the same sentence every time.
    package var title: String {
        switch self {
        case .malformedRequest: "The request cannot be read"
        case .malformedJSON: "The body is not valid JSON"
        case .invalidCursor: "The cursor was not given out for this list"
        case .idempotencyKeyRequired: "An Idempotency-Key is required"
        case .idempotencyKeyInvalid: "The Idempotency-Key cannot be used"
        case .unauthorized: "A valid token is required"
        case .forbidden: "The caller may not do this"
        case .notFound: "There is nothing here"
        case .unknownCountry: "The country is not served"
        case .unknownBooking: "There is no such booking"
        case .unknownPractitioner: "There is no such practitioner"
        case .unknownPatient: "There is no such patient"
        case .unknownException: "There is no such exception"
        case .unknownEvent: "There is no such event"
        case .unknownSlot: "There is no such slot"
        case .methodNotAllowed: "The method is not allowed here"
        case .notAcceptable: "None of the accepted formats is spoken here"
        case .slotTaken: "The time is taken"
        case .practitionerInactive: "The practitioner takes no bookings"
        case .bookingCancelled: "The booking is cancelled"
        case .patientExists: "The patient is registered already"
        case .requestInProgress: "The first request with this key is still running"
        case .notSealedYet: "The event is not under a signed head yet"
        case .historyDiffers: "The history is not the one that was sealed"
        case .preconditionFailed: "The resource has changed"
        case .bodyTooLarge: "The body is too large"
        case .unsupportedMediaType: "The content type is not supported"
        case .validationFailed: "The request breaks a rule of the API"
        case .slotNotBookable: "The time cannot be booked"
        case .unknownConsultationType: "The practitioner offers no such consultation"
        case .idempotencyKeyReused: "The Idempotency-Key belongs to another request"
        case .preconditionRequired: "If-Match is required"
        case .tooManyRequests: "Too many requests"
        case .headerTooLarge: "The request's header is too large"
        case .internalError: "The answer could not be made"
        case .dependencyUnavailable: "Something that the answer needs is not available"
        }
    }
}
