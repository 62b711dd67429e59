import HTTPServer
import JSON

/// A refusal on its way to the caller: RFC 9457, with the members that its kind adds.
struct Problem: Error, Sendable {
    /// What some kinds say beside `detail`.
    enum Extension: Sendable {
        case none
        case faults([Fault])
        case reason(String)
        case alternatives([SlotTimes])
        case dependency(String)
    }

    let kind: ProblemKind
    let detail: String
    var extra: Extension = .none
    var headers: [HTTPField] = []

    /// A problem whose title says everything.
    init(_ kind: ProblemKind) {
        self.init(kind, "\(kind.title).")
    }

    init(_ kind: ProblemKind, _ detail: String, _ extra: Extension = .none, headers: [HTTPField] = []) {
        self.kind = kind
        self.detail = detail
        self.extra = extra
        self.headers = headers
    }

    /// Everything that is wrong with a request, at once.
    static func invalid(_ faults: [Fault]) -> Problem {
        Problem(.validationFailed, "See errors for everything that is wrong.", .faults(faults))
    }

    /// One thing that is wrong with a request.
    static func invalid(_ pointer: JSONPointer, _ detail: String) -> Problem {
        invalid([Fault(pointer.text, detail)])
    }

    /// Something is down; `changeKept`: only the answer is missing, and the retry gets it.
    static func unavailable(_ dependency: Dependency, changeKept: Bool = false) -> Problem {
        let detail =
            changeKept
            ? "The change is kept; repeat the request with the same Idempotency-Key for the answer."
            : "It does not answer just now; nothing was changed, try again."
        return Problem(
            .dependencyUnavailable, detail, .dependency(dependency.name), headers: [HTTPField("Retry-After", "1")])
    }

    /// The answer that carries this problem.
    ///
    /// - Parameters:
    ///   - instance: The request's path.
    ///   - correlationID: The request's correlation id.
    /// - Returns: An answer of `application/problem+json` with the status of the kind.
    func rendered(instance: String, correlationID: String) -> RenderedAnswer {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.key("type")
        json.string(kind.type)
        json.key("title")
        json.string(kind.title)
        json.key("status")
        json.int(kind.status)
        json.key("detail")
        json.string(detail)
        json.key("instance")
        json.string(instance)
        json.key("correlationId")
        json.string(correlationID)
        writeExtension(to: &json)
        json.endObject()
        let type = HTTPField("Content-Type", MediaType.problem)
        return RenderedAnswer(status: kind.status, headers: [type] + headers, body: json.bytes)
    }

    private func writeExtension(to json: inout JSONWriter) {
        switch extra {
        case .none: break
        case .faults(let faults):
            json.key("errors")
            json.beginArray()
            for fault in faults {
                json.beginObject()
                json.key("pointer")
                json.string(fault.pointer)
                json.key("detail")
                json.string(fault.detail)
                json.endObject()
            }
            json.endArray()
        case .reason(let reason):
            json.key("reason")
            json.string(reason)
        case .alternatives(let slots):
            json.key("alternatives")
            json.beginArray()
            for slot in slots { json.slot(slot) }
            json.endArray()
        case .dependency(let name):
            json.key("dependency")
            json.string(name)
        }
    }
}
