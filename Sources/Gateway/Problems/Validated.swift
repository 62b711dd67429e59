/// A part of a request that was read, or why it could not be: parts that are wrong in themselves are told together.
enum Validated<Value> {
    case value(Value)
    case refused(Problem)

    init(_ read: () throws(Problem) -> Value) {
        do { self = .value(try read()) } catch { self = .refused(error) }
    }

    /// This part and another one.
    ///
    /// - Throws: The faults of both; a refusal that lists no faults before one that does.
    func and<Other>(_ other: Validated<Other>) throws(Problem) -> (Value, Other) {
        switch (self, other) {
        case (.value(let mine), .value(let others)): return (mine, others)
        case (.refused(let problem), .value), (.value, .refused(let problem)): throw problem
        case (.refused(let mine), .refused(let others)):
            guard case .faults(let first) = mine.extra else { throw mine }
            guard case .faults(let second) = others.extra else { throw others }
            throw .invalid(first + second)
        }
    }
}
