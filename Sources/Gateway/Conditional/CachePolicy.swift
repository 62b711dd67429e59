import HTTPServer

/// Who may keep an answer.
enum CachePolicy: Sendable {
    /// Personal data, refusals, and what changes by the second.
    case never
    /// Public data behind a token: the caller may keep it, and asks with `If-None-Match` before using it again.
    case revalidated
    /// What is the same for everybody until the next release.
    case always

    var field: HTTPField {
        switch self {
        case .never: Self.neverField
        case .revalidated: Self.revalidatedField
        case .always: Self.alwaysField
        }
    }

    private static let neverField = HTTPField("Cache-Control", "no-store")
    private static let revalidatedField = HTTPField("Cache-Control", "private, no-cache")
    private static let alwaysField = HTTPField("Cache-Control", "public, max-age=300")
}

extension Route {
    /// Who may keep an answer of this route.
    func cache(status: Int) -> CachePolicy {
        let isPublicResource = method == .get && !answers.isPersonal && answers.headers.contains("ETag")
        return isPublicResource && status < 400 ? .revalidated : .never
    }
}
