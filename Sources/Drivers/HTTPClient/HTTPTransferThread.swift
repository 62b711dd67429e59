import CCurl
import Foundation
import Synchronization

/// The one thread on which libcurl runs all transfers of a client.
final class HTTPTransferThread: Sendable {
    private struct State {
        var submitted: [HTTPTransfer] = []
        var isClosing = false
        var hasEnded = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    /// Lives as long as this object; only `curl_multi_wakeup` is called from other threads, which libcurl allows.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer
    private let certificateAuthorityPath: String?

    init(label: String, connectionsPerHostMax: Int, certificateAuthorityPath: String?) throws(HTTPClientError) {
        guard Libcurl.isReady, let multi = curl_multi_init() else { throw .failed(code: CURLE_FAILED_INIT.rawValue) }
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHostMax)
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionsPerHostMax * 4)
        self.multi = multi
        self.certificateAuthorityPath = certificateAuthorityPath
        let thread = Thread { self.run() }
        thread.name = label
        thread.stackSize = 1 << 20
        thread.start()
    }

    deinit { curl_multi_cleanup(multi) }  // after `run`, which holds this object

    func submit(_ transfer: HTTPTransfer) {
        let isRefused = state.withLock { state in
            if !state.isClosing { state.submitted.append(transfer) }
            return state.isClosing
        }
        if isRefused { transfer.finish(.failure(.closed)) } else { wake() }
    }

    func cancel(_ transfer: HTTPTransfer) {
        transfer.isCancelled.store(true, ordering: .releasing)
        wake()
    }

    /// Refuses new requests and waits until those under way have ended.
    func close() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                state.isClosing = true
                if !state.hasEnded { state.closers.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() } else { wake() }
        }
    }

    /// The same without waiting.
    func beginClosing() {
        state.withLock { $0.isClosing = true }
        wake()
    }

    private func wake() { _ = curl_multi_wakeup(multi) }
}

/// On the thread.
extension HTTPTransferThread {
    private func run() {
        blockSIGPIPE()
        var active: [OpaqueEasy: HTTPTransfer] = [:]
        var idle: [OpaqueEasy] = []
        while true {
            let (submitted, isClosing) = state.withLock { state in
                defer { state.submitted = [] }
                return (state.submitted, state.isClosing)
            }
            for transfer in submitted { start(transfer, &active, &idle) }
            for (easy, transfer) in active where transfer.isCancelled.load(ordering: .acquiring) {
                end(easy, .failure(.cancelled), &active, &idle)
            }
            var running: CInt = 0
            _ = curl_multi_perform(multi, &running)
            collect(&active, &idle)
            if isClosing && active.isEmpty { break }
            _ = curl_multi_poll(multi, nil, 0, 1_000, nil)  // a wake-up before it is not lost
        }
        for easy in idle { curl_easy_cleanup(easy) }
        let (late, closers) = state.withLock { state in
            state.hasEnded = true
            defer { (state.submitted, state.closers) = ([], []) }
            return (state.submitted, state.closers)
        }
        for transfer in late { transfer.finish(.failure(.closed)) }
        for closer in closers { closer.resume() }
    }

    private func start(_ transfer: HTTPTransfer, _ active: inout [OpaqueEasy: HTTPTransfer], _ idle: inout [OpaqueEasy])
    {
        guard let easy = idle.popLast() ?? curl_easy_init() else {
            transfer.finish(.failure(.failed(code: CURLE_OUT_OF_MEMORY.rawValue)))
            return
        }
        active[easy] = transfer
        if let error = transfer.prepare(easy, certificateAuthorityPath: certificateAuthorityPath) {
            end(easy, .failure(error), &active, &idle)
        } else if curl_multi_add_handle(multi, easy) != CURLM_OK {
            end(easy, .failure(.failed(code: CURLE_FAILED_INIT.rawValue)), &active, &idle)
        }
    }

    private func collect(_ active: inout [OpaqueEasy: HTTPTransfer], _ idle: inout [OpaqueEasy]) {
        var left: CInt = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = active[easy]
            else { continue }
            let code = ccurl_result(message)  // read before the handle is removed: the message goes with it
            end(easy, transfer.outcome(code, status: ccurl_status(easy)), &active, &idle)
        }
    }

    private func end(
        _ easy: OpaqueEasy, _ outcome: HTTPTransfer.Outcome, _ active: inout [OpaqueEasy: HTTPTransfer],
        _ idle: inout [OpaqueEasy]
    ) {
        _ = curl_multi_remove_handle(multi, easy)
        curl_easy_reset(easy)  // forgets every pointer into the transfer; connections stay with `multi`
        idle.append(easy)
        active.removeValue(forKey: easy)?.finish(outcome)
    }

    /// A server that hangs up while TLS writes must be an error, not the end of the process.
    private func blockSIGPIPE() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

/// What libcurl needs once a process.
private enum Libcurl {
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
