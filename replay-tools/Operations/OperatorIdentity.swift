import EventStore
import Glibc

/// Who runs this program, for facts about operations and for leases.
enum OperatorIdentity {
    private static let nameMax = 200

    /// `$REPLAY_OPERATOR`, or the user and the host of this process.
    static func current(_ environment: [String: String]) -> OperationActor {
        let given = environment["REPLAY_OPERATOR"].flatMap { $0.isEmpty ? nil : $0 }
        return OperationActor(role: "operator", subject: String((given ?? "\(user)@\(host)").prefix(nameMax)))
    }

    private static var user: String {
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return "uid-\(getuid())" }
        return String(cString: name)
    }

    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown-host" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
