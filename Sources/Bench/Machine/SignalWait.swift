import Dispatch
import Glibc

/// Waits for a signal that every thread of the process blocks.
enum SignalWait {
    static func next(_ signals: sigset_t) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            DispatchQueue(label: "bench.signals").async {  // a thread of its own: sigwait blocks it
                var signals = signals
                var signal: Int32 = 0
                sigwait(&signals, &signal)
                continuation.resume()
            }
        }
    }
}
