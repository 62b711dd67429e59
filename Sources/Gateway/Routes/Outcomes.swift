import HTTPServer

extension ChangeResult {
    /// The answer of a change, or the problem that stands for its failure.
    func answer() throws(Problem) -> RenderedAnswer {
        switch self {
        case .answer(let answer, replayed: false): return answer
        case .answer(let answer, replayed: true):
            let mark = HTTPField("Idempotency-Replayed", "true")
            return RenderedAnswer(status: answer.status, headers: answer.headers + [mark], body: answer.body)
        case .keyReused:
            throw Problem(.idempotencyKeyReused, "Take a new key for a new request; a retry repeats the same bytes.")
        case .inProgress(let seconds):
            let wait = HTTPField("Retry-After", "\(max(1, seconds))")
            throw Problem(.requestInProgress, "Try again with the same key.", headers: [wait])
        case .preconditionFailed(let current):
            let tag = HTTPField("ETag", EntityTag.text(current))
            throw Problem(.preconditionFailed, "Read the resource again and decide anew.", headers: [tag])
        case .invalid(let faults): throw .invalid(faults)
        case .unavailable(let dependency, let changeKept):
            throw .unavailable(dependency, changeKept: changeKept)
        }
    }
}

extension Reading {
    /// The value that was read.
    ///
    /// - Throws: 404 of that kind, or 503.
    func value(orElse kind: ProblemKind) throws(Problem) -> Value {
        switch self {
        case .found(let value): return value
        case .notFound: throw Problem(kind)
        case .unavailable(let dependency): throw .unavailable(dependency)
        }
    }
}
