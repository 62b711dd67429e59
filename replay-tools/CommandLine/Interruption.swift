import Dispatch
import Glibc
import Synchronization

/// SIGINT and SIGTERM as the end of the work instead of the process; a second one ends the process at once.
///
/// Unchecked, because the sources are made in `init` and not touched any more.
final class Interruption: @unchecked Sendable {
    private let stop: @Sendable () -> Void
    private let count = Atomic<Int>(0)
    private var sources: [any DispatchSourceSignal] = []

    /// Calls `stop` at the first signal.
    init(_ stop: @escaping @Sendable () -> Void) {
        self.stop = stop
        signal(SIGPIPE, SIG_IGN)  // `replay status | head` must not die between two lines
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)  // or the default would end the process before the source is told
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in received() }
            source.resume()
            sources.append(source)
        }
    }

    private func received() {
        if count.add(1, ordering: .relaxed).newValue > 1 { _exit(ExitCode.interrupted.rawValue) }
        stop()
    }
}
