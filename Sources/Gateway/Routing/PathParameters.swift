/// What stood at the variable places of a path, still percent-encoded; slices of the request's own path.
struct PathParameters: Sendable {
    /// No route has more variable places.
    static let countMax = 3

    private var first: Substring = ""
    private var second: Substring = ""
    private var third: Substring = ""
    private(set) var count = 0

    mutating func append(_ value: Substring) {
        switch count {
        case 0: first = value
        case 1: second = value
        default: third = value
        }
        count += 1
    }

    subscript(_ index: Int) -> Substring {
        switch index {
        case 0: first
        case 1: second
        default: third
        }
    }
}
