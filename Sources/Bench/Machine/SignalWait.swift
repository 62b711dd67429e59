import Dispatch
import Glibc

/// Turns SIGTERM into something that can be awaited, so that a hosted part ends as `appointments serve` does.
final class SignalWait: @unchecked Sendable {  // nothing changes after `init`
    private let source: any DispatchSourceSignal
    private let received: AsyncStream<Void>

    /// Listens from now on; the signal does not end the process any more.
    init() {
        signal(SIGTERM, SIG_IGN)  // its default, to end the process at once, would come before the source
        let source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: DispatchQueue(label: "bench.signals"))
        received = AsyncStream { continuation in
            source.setEventHandler { continuation.yield() }
        }
        self.source = source
        source.activate()
    }

    /// Waits for it.
    func next() async {
        for await _ in received { return }
    }
}
