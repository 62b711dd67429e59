import Domain

/// One line of the route table: a method and a path, who may call it, what it takes and answers, and what it does.
struct Route: Sendable {
    /// What a route does with a request that passed all of its rules.
    typealias Handler = @Sendable (Call) async throws(Problem) -> RenderedAnswer

    /// Unique; the operation's id in OpenAPI.
    let operation: String
    let method: Method
    /// `/{country}/v1/bookings/{bookingId}`; also the label of its metrics.
    let template: String
    let summary: String
    let access: Access
    /// An `Idempotency-Key` is required.
    var isKeyed = false
    var condition = ConditionRule.ignored
    var query: [QueryParameter] = []
    var body: BodyRule?
    let answers: Answers
    let handle: Handler

    /// The methods that routes have; `HEAD` goes where `GET` goes.
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// Who may call a route, and of whose things it may speak.
    struct Access: Sendable {
        let roles: RoleSet
        let ownership: Ownership
    }

    /// Whose the thing in the path must be, for those callers who have some of their own.
    enum Ownership: String, Sendable {
        /// It belongs to nobody, or everybody may see it.
        case none
        /// `{patientId}` must be a patient's own; another's is 404, as if it were not there.
        case patient
        /// `{practitionerId}` must be a practitioner's own; another's is 403, as practitioners are public.
        case practitioner
        /// The same, but what lies below belongs to patients: another's is 404, as if it were not there.
        case practitionerHidden
        /// The booking must be the patient's, with the practitioner, or made by the partner; decided by
        /// `BookingAccess` where the booking is at hand; another's is 404.
        case booking
    }

    /// What a route answers, for the OpenAPI document.
    struct Answers: Sendable {
        let status: Int
        let schema: Schema?
        var headers: [String] = []
        /// Refusals beside those that every route has.
        var problems: [ProblemKind] = []
        /// Whether the answer holds personal data: nobody may store it.
        var isPersonal = false
        /// Media types beside JSON in which the answer can be had as text.
        var otherMediaTypes: [String] = []
    }

    /// The names of the variable places, in the order of the path.
    var parameterNames: [String] {
        template.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }
}
