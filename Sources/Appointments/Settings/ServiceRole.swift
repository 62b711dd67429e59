/// What a process does; `--roles` names one or more, or `all`.
enum ServiceRole: String, CaseIterable, Sendable {
    case booking
    case availability
    case practitioner
    case patient
    case search
    case notification
    case relay
    case projection

    /// Reads `all` or a comma-separated list.
    ///
    /// - Throws: A sentence that names the role that is unknown.
    static func parse(_ text: String) throws(UsageError) -> Set<ServiceRole> {
        if text == "all" { return Set(allCases) }
        var roles: Set<ServiceRole> = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let role = ServiceRole(rawValue: String(name)) else {
                let known = allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("unknown role '\(name)'; one or more of all, \(known)")
            }
            roles.insert(role)
        }
        return roles
    }
}

/// The command line is wrong: exit code 2 and one line.
struct UsageError: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
