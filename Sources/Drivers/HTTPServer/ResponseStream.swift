import CMicroHTTPD
import Glibc
import Synchronization

/// Moves one streamed body from its `AsyncStream` to MHD, one chunk at a time.
///
/// While there is nothing to send, the connection is suspended; while the client does not read, the pump waits, so that
/// no more than one chunk is held here.
final class ResponseStream: Sendable {
    private struct State {
        var chunk: [UInt8] = []
        var sent = 0
        var isEnded = false
        var isCutOff = false
        var isSuspended = false
        var pump: Task<Void, Never>?
        var consumed: CheckedContinuation<Void, Never>?
    }

    private let chunks: AsyncStream<[UInt8]>
    private let connection: MHDConnection
    private let state = Mutex(State())

    init(_ chunks: AsyncStream<[UInt8]>, _ connection: MHDConnection) {
        self.chunks = chunks
        self.connection = connection
    }

    /// Copies what there is into MHD's buffer; called on MHD's thread.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let (count, consumed) = state.withLock { state -> (Int, CheckedContinuation<Void, Never>?) in
            if state.isCutOff { return (shim_end_with_error, nil) }
            if state.pump == nil { state.pump = Task { await self.run() } }
            let count = min(buffer.count, state.chunk.count - state.sent)
            if count == 0 {
                if state.isEnded { return (shim_end_of_stream, nil) }
                MHD_suspend_connection(connection.pointer)  // under the lock: whoever resumes must come after
                state.isSuspended = true
                return (0, nil)
            }
            state.chunk.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[state.sent..<(state.sent + count)]))
            }
            state.sent += count
            return (count, state.sent == state.chunk.count ? state.consumed.take() : nil)
        }
        consumed?.resume()
        return count
    }

    /// Cuts the body off; the client sees that it is incomplete.
    func abort() {
        wake { $0.isCutOff = true }
        release()
    }

    /// Ends the pump: nobody reads any more.
    func release() {
        let (pump, consumed) = state.withLock { state in
            state.isEnded = true
            return (state.pump, state.consumed.take())
        }
        pump?.cancel()
        consumed?.resume()
    }

    private func run() async {
        for await chunk in chunks where !chunk.isEmpty {
            await withCheckedContinuation { continuation in
                wake { state in
                    if state.isEnded { return }
                    state.chunk = chunk
                    state.sent = 0
                    state.consumed = continuation
                } otherwise: {
                    continuation.resume()
                }
            }
            // When the client has left, this task is cancelled and the next turn tells the stream's producer.
        }
        wake { $0.isEnded = true }
    }

    /// Changes the state and wakes the connection if it sleeps; `otherwise` runs instead if the body was over already.
    private func wake(_ change: (inout State) -> Void, otherwise: () -> Void = {}) {
        let (wasEnded, wasSuspended) = state.withLock { state in
            let wasEnded = state.isEnded
            change(&state)
            defer { state.isSuspended = false }
            return (wasEnded, state.isSuspended)
        }
        if wasEnded { otherwise() }
        if wasSuspended { MHD_resume_connection(connection.pointer) }
    }
}

/// Called by MHD when the connection can take more of the body.
func readStream(
    _ context: UnsafeMutableRawPointer?, _: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ count: Int
) -> Int {
    guard let context else { return shim_end_with_error }
    return Unmanaged<ResponseStream>.fromOpaque(context).takeUnretainedValue()
        .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
}

/// Called by MHD when the response is done with; takes back the reference that `EncodedResponse` gave away.
func releaseStream(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<ResponseStream>.fromOpaque(context).takeRetainedValue().release()
}
