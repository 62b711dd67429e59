import Testing

/// How the same roles are spread over processes; every suite runs in both.
enum SystemShape: String, CaseIterable, CustomTestStringConvertible, Sendable {
    /// All roles in one process, as on one machine.
    case together
    /// A process a role, with two of booking and two relayers, as in a cluster.
    case apart

    var testDescription: String {
        switch self {
        case .together: "all roles in one process"
        case .apart: "a process a role, two bookings, two relayers"
        }
    }

    /// The processes of the shape.
    var members: [(name: String, roles: [ServedRole])] {
        switch self {
        case .together: [("all", ServedRole.allCases)]
        case .apart:
            [("booking-1", [.booking]), ("booking-2", [.booking]), ("relay-1", [.relay]), ("relay-2", [.relay])]
                + ServedRole.allCases.filter { $0 != .booking && $0 != .relay }.map { ($0.rawValue, [$0]) }
        }
    }
}

/// The names that `--roles` takes.
enum ServedRole: String, CaseIterable, Sendable {
    case booking, availability, practitioner, patient, search, notification, relay, projection

    /// The role that answers a public path, such as `/fr/v1/patients/{id}/bookings?limit=5`.
    static func serving(_ path: String) -> ServedRole {
        let parts = path.prefix { $0 != "?" }.split(separator: "/").dropFirst(2).map(String.init)
        switch (parts.first, parts.last) {
        case ("practitioners", "availability"): return .availability
        case ("practitioners", "bookings"), ("patients", "bookings"): return .booking
        case ("practitioners", _): return .practitioner
        case ("patients", _): return .patient
        case ("search", _): return .search
        default: return .booking
        }
    }
}
