/// Which versions of a resource the caller wants to change (`If-Match`).
package enum VersionCondition: Sendable, Hashable {
    /// Nothing was said.
    case none
    /// `*`: whatever the version is.
    case any
    /// One of these; empty when no tag was one of ours, which no version satisfies.
    case versions([Int64])

    /// Whether the resource may be changed at this version.
    package func admits(_ version: Int64) -> Bool {
        switch self {
        case .none, .any: true
        case .versions(let versions): versions.contains(version)
        }
    }

    /// Whether this is what a caller sends who repeats the change that led to `version`: with the same content it is
    /// answered like the first time.
    package func isRepetition(of version: Int64) -> Bool {
        if case .versions(let versions) = self { return versions.contains(version - 1) }
        return false
    }
}

/// What a route does with `If-Match`.
enum ConditionRule: Sendable {
    case ignored
    case honoured
    case required
}

extension VersionCondition {
    /// Reads `If-Match`, of which there may be several lines, as one list; weak tags match nothing (RFC 9110).
    ///
    /// - Throws: 428 where it is required and absent, 400 where it is not a list of entity tags.
    init(_ lines: [String], _ rule: ConditionRule) throws(Problem) {
        guard rule != .ignored else {
            self = .none
            return
        }
        if lines.isEmpty {
            guard rule == .honoured else {
                throw Problem(.preconditionRequired, "Send If-Match with the ETag that the change is based on.")
            }
            self = .none
            return
        }
        switch EntityTag.list(lines.joined(separator: ",")) {
        case .any: self = .any
        case .tags(let tags): self = .versions(tags.compactMap { $0.isWeak ? nil : $0.version })
        case nil: throw Problem(.malformedRequest, "If-Match is not a list of entity tags.")
        }
    }
}

/// Whether `If-None-Match` says that the caller has this version already (weak comparison, RFC 9110).
func isKnown(_ version: Int64, ifNoneMatch lines: [String]) -> Bool {
    if lines.isEmpty { return false }
    switch EntityTag.list(lines.joined(separator: ",")) {
    case .any: return true
    case .tags(let tags): return tags.contains { $0.version == version }
    case nil: return false  // a header that cannot be read is no reason to withhold the answer
    }
}
