import CMicroHTTPD
import Glibc
import Synchronization

/// One client and the request that it is at; MHD handles the requests of a connection strictly one after the other.
///
/// MHD's thread and the handler's task meet here. The rules of the state machine stand in `RequestState`; this class
/// acts on what it decides, with the lock released, except where a comment says why not.
final class ClientConnection: Sendable {
    private let core: ServerCore
    private let handle: MHDConnection
    private let socket: Int32
    private let remoteAddress: String
    private let state: Mutex<RequestState>

    init(_ core: ServerCore, _ handle: OpaquePointer) {
        self.core = core
        self.handle = MHDConnection(handle)
        socket = shim_socket(handle)
        remoteAddress = textOfAddress(shim_client_address(handle))
        state = Mutex(RequestState(since: .now))
    }

    // MARK: called on MHD's thread

    /// The request line has arrived.
    func requestStarted(_ target: String) {
        state.withLock { $0.start(target: target, now: .now) }
    }

    /// Takes the request one step further.
    ///
    /// - Returns: False to close the connection at once.
    func advance(
        _ handle: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
        piece: UnsafeRawBufferPointer
    ) -> Bool {
        if core.isStopping { return state.withLock { $0.hasAnswer } ? answer(handle) : false }
        switch state.withLock({ $0.phase }) {
        case .receivingHeader: return headerReceived(handle, method: method, version: version)
        case .receivingBody:
            if piece.isEmpty { return startHandler(handle, method: method) }
            return state.withLock { $0.receive(piece, limits: core.configuration) }
        case .answered: return answer(handle)
        case .waiting, .handling, .sending: return false
        }
    }

    /// The request is over, whatever became of it.
    func requestEnded() {
        state.withLock { $0.end(now: .now) }
    }

    /// MHD closes the socket right after this.
    func closed() {
        state.withLock { $0.isClosed = true }
    }

    private func headerReceived(
        _ handle: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
    ) -> Bool {
        let headers = HTTPHeaders(receivedOn: handle)
        let isHostOwed = strcmp(version, "HTTP/1.0") != 0
        let decision = state.withLock {
            $0.acceptHeader(
                headers, bytes: shim_request_header_bytes(handle), isHostOwed: isHostOwed, limits: core.configuration)
        }
        switch decision {
        case .readBody: return true
        case .handleNow: return startHandler(handle, method: method)
        case .refuse(let refusal):
            state.withLock { $0.refuse(core.configuration.refuse(refusal)) }
            return answer(handle)
        }
    }

    /// Starts the handler right here, and puts the connection to sleep only if the handler has to wait for something.
    ///
    /// A sleep costs two thread switches and four system calls, more than all the rest of a small request.
    private func startHandler(_ handle: OpaquePointer, method: UnsafePointer<CChar>) -> Bool {
        let (request, number) = state.withLock {
            $0.handle(method: String(cString: method), remoteAddress: remoteAddress, now: .now)
        }
        let task = Task.immediate { finish(number, await core.handler(request)) }
        let isAnswered = state.withLock { state in
            if state.hasAnswer { return true }
            if core.isStopping {  // MHD must not meet a sleeping connection when it stops
                task.cancel()
                state.refuse(core.configuration.refuse(.stopping))
                return true
            }
            state.sleep(until: task)
            MHD_suspend_connection(handle)  // under the lock: whoever resumes must come after
            return false
        }
        return isAnswered ? answer(handle) : true
    }

    private func answer(_ handle: OpaquePointer) -> Bool {
        guard let (response, mustClose) = state.withLock({ $0.takeAnswer() }) else { return false }
        let closing = mustClose || core.isDraining
        let encoded =
            EncodedResponse.encode(response, on: self.handle, closing: closing)
            ?? EncodedResponse.encode(core.configuration.refuse(.invalidResponse), on: self.handle, closing: true)
        guard let encoded else { return false }
        if let stream = encoded.stream {
            state.withLock { $0.stream = stream }
            if core.isStopping { stream.abort() }
        }
        return encoded.queue(on: handle)
    }

    // MARK: called from tasks

    /// Hands over the answer to request `number` and wakes the connection, unless it was answered for the handler.
    private func finish(_ number: UInt64, _ response: HTTPResponse) {
        if state.withLock({ $0.answer(number, response) }) { MHD_resume_connection(handle.pointer) }
    }

    /// Ends a request that takes too long to arrive or to be handled.
    func enforceLimits(now: ContinuousClock.Instant) {
        switch state.withLock({ $0.overdue(now: now, limits: core.configuration) }) {
        case .none: return
        case .arriving: closeSocket { _ in true }
        case .handling: answerInsteadOfHandler(.timedOut)
        }
    }

    /// Closes the connection if no request is under way on it.
    func closeIfIdle() {
        closeSocket { $0.phase == .waiting }
    }

    /// Ends whatever is under way, so that MHD can be stopped.
    func forceEnd() {
        answerInsteadOfHandler(.stopping)
        state.withLock { $0.stream }?.abort()
        closeSocket { $0.phase == .waiting || $0.phase == .receivingHeader || $0.phase == .receivingBody }
    }

    private func answerInsteadOfHandler(_ refusal: HTTPRefusal) {
        let response = core.configuration.refuse(refusal)
        guard let abandoned = state.withLock({ $0.answerNow(response) }) else { return }
        abandoned.cancel()
        MHD_resume_connection(handle.pointer)
    }

    /// MHD sees the end of the stream and closes; the lock keeps the descriptor from being someone else's by then.
    private func closeSocket(if condition: (borrowing RequestState) -> Bool) {
        state.withLock { state in
            guard !state.isClosed, condition(state) else { return }
            _ = shutdown(socket, Int32(SHUT_RD))
        }
    }
}

/// MHD's connection; resuming is thread safe, and everything else stays on MHD's thread.
struct MHDConnection: @unchecked Sendable {
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
}

private func textOfAddress(_ address: UnsafePointer<sockaddr>?) -> String {
    guard let address else { return "" }
    let isV6 = Int32(address.pointee.sa_family) == AF_INET6
    let count = socklen_t(isV6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard getnameinfo(address, count, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else { return "" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
