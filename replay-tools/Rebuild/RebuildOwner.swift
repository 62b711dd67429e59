import EventStore
import Glibc

/// Names a rebuild in the registry: who runs it, and in which process.
enum RebuildOwner {
    private static let mark = ", process "

    /// This process.
    static func current(_ actor: OperationActor) -> String { "\(actor.subject)\(mark)\(getpid()) on \(host)" }

    /// Whether a process of this machine is known to be gone: its lease need not be waited for.
    static func isGone(_ owner: String) -> Bool {
        let parts = owner.split(separator: mark, maxSplits: 1)
        guard parts.count == 2 else { return false }
        let words = parts[1].split(separator: " ")
        guard words.count == 3, words[2] == host, let number = pid_t(words[0]), number > 0 else { return false }
        return kill(number, 0) == -1 && errno == ESRCH
    }

    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown-host" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
