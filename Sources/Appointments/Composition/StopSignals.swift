import Dispatch
import Glibc
import Synchronization

/// SIGTERM and SIGINT as something to wait for; a second one ends the process at once.
///
/// Unchecked: `sources` is written in `init` only, and kept so that they stay alive.
final class StopSignals: @unchecked Sendable {
    private let stream: AsyncStream<Int32>
    private let continuation: AsyncStream<Int32>.Continuation
    private let count = Atomic<Int>(0)
    private var sources: [any DispatchSourceSignal] = []

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        for number in [SIGTERM, SIGINT] {
            signal(number, SIG_IGN)  // or the default would end the process before the source is told
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in self?.received(number) }
            source.resume()
            sources.append(source)
        }
    }

    private func received(_ number: Int32) {
        if count.add(1, ordering: .relaxed).newValue > 1 { _exit(128 + number) }
        continuation.yield(number)
    }

    /// Waits for the first signal and says which one it was.
    func first() async -> Int32 {
        for await number in stream { return number }
        return SIGTERM
    }
}
