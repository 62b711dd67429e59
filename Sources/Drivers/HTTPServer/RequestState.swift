/// Where a connection is with its current request; pure, so that every rule can be read and tested without a socket.
///
/// ```text
/// waiting -> receivingHeader -> receivingBody -> handling -> answered -> sending -> waiting
///                            \-> answered (refused)      (a body too long to be read skips receivingBody)
/// ```
struct RequestState {
    enum Phase { case waiting, receivingHeader, receivingBody, handling, answered, sending }

    enum HeaderDecision: Equatable { case readBody, handleNow, refuse(HTTPRefusal) }

    enum Overdue { case none, arriving, handling }

    private(set) var phase = Phase.waiting
    /// The socket belongs to the system again: do not touch it.
    var isClosed = false
    /// The streamed body that is being sent.
    var stream: ResponseStream?
    private var since: ContinuousClock.Instant
    private var number: UInt64 = 0
    private var target = ""
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []
    private var bodyCount = 0
    private var isBodyTooLarge = false
    private var mustClose = false
    private var isHead = false
    private var response: HTTPResponse?
    /// The handler's task while the connection sleeps.
    private var task: Task<Void, Never>?

    init(since: ContinuousClock.Instant) { self.since = since }

    var hasAnswer: Bool { phase == .answered }

    mutating func start(target: String, now: ContinuousClock.Instant) {
        self.target = target
        number += 1
        phase = .receivingHeader
        since = now
        body = []
        bodyCount = 0
        isBodyTooLarge = false
        mustClose = false
        isHead = false
    }

    /// Judges the header before a byte of the body is read.
    ///
    /// A host is owed from HTTP/1.1 on: every request says whom it is for (RFC 9112, section 3.2).
    mutating func acceptHeader(
        _ headers: HTTPHeaders, bytes: Int, isHostOwed: Bool, limits: HTTPServer.Configuration
    ) -> HeaderDecision {
        if bytes > limits.headerBytesMax { return .refuse(.headerTooLarge) }
        let hosts = headers.count("host")
        guard hosts == 1 || (hosts == 0 && !isHostOwed) else { return .refuse(.malformed) }
        // A proxy may read `GET /a HTTP/1.1 …` and `Content-Length :` otherwise than MHD does.
        guard !target.utf8.contains(UInt8(ascii: " ")), headers.haveTokenNames else { return .refuse(.malformed) }
        let lengths = headers.count("content-length")
        let encodings = headers.all("transfer-encoding")
        // Two ways to say where the body ends are two ways to smuggle a request past a proxy (RFC 9112, section 6.3).
        guard lengths + encodings.count <= 1 else { return .refuse(.malformed) }
        guard encodings.allSatisfy({ $0.lowercased() == "chunked" }) else { return .refuse(.malformed) }
        self.headers = headers
        phase = .receivingBody
        guard let declared = headers["content-length"].flatMap({ Int($0) }) else { return .readBody }
        if declared <= limits.bodyBytesMax {
            body.reserveCapacity(declared)
            return .readBody
        }
        isBodyTooLarge = true
        let isWaitingForConsent = headers.count("expect") > 0  // it has not sent anything yet, and need not
        guard isWaitingForConsent || declared > limits.bodyBytesDiscardedMax else { return .readBody }
        mustClose = true
        return .handleNow
    }

    /// Keeps a piece of the body, or counts what is thrown away.
    ///
    /// - Returns: False if even that is too much, so that the connection must be closed.
    mutating func receive(_ piece: UnsafeRawBufferPointer, limits: HTTPServer.Configuration) -> Bool {
        bodyCount += piece.count
        if bodyCount > limits.bodyBytesMax {
            isBodyTooLarge = true
            body = []
        } else {
            body.append(contentsOf: piece)
        }
        return bodyCount <= limits.bodyBytesDiscardedMax
    }

    /// The request is complete: what the handler gets, and under which number it answers.
    mutating func handle(
        method: String, remoteAddress: String, now: ContinuousClock.Instant
    ) -> (HTTPRequest, number: UInt64) {
        phase = .handling
        since = now
        isHead = method == "HEAD"
        let (path, query) = Self.split(target)
        let request = HTTPRequest(
            method: method, path: path, query: query, headers: headers, body: isBodyTooLarge ? [] : body,
            isBodyTooLarge: isBodyTooLarge, remoteAddress: remoteAddress)
        body = []
        headers = HTTPHeaders()
        return (request, number)
    }

    /// The handler has to wait, and so the connection is about to sleep.
    mutating func sleep(until task: Task<Void, Never>) {
        assert(phase == .handling)
        self.task = task
    }

    /// The handler's answer.
    ///
    /// - Returns: True if the connection sleeps and must be woken; false if it is awake, or another answer was faster.
    mutating func answer(_ number: UInt64, _ response: HTTPResponse) -> Bool {
        guard phase == .handling, number == self.number else { return false }
        defer { task = nil }
        self.response = response
        phase = .answered
        return task != nil
    }

    /// An answer in place of the handler's; the connection must be woken.
    ///
    /// - Returns: The task to cancel; nil if no handler is being waited for, and then nothing is changed.
    mutating func answerNow(_ response: HTTPResponse) -> Task<Void, Never>? {
        guard phase == .handling, let task else { return nil }
        self.task = nil
        self.response = response
        mustClose = true
        phase = .answered
        return task
    }

    /// An answer to a request that no handler sees; the rest of it is not read.
    mutating func refuse(_ response: HTTPResponse) {
        self.response = response
        mustClose = true
        phase = .answered
    }

    /// The answer to send, and whether the connection ends with it.
    mutating func takeAnswer() -> (HTTPResponse, mustClose: Bool)? {
        guard phase == .answered, var response else { return nil }
        self.response = nil
        phase = .sending
        // MHD 0.9.75 ends a chunked body even where there is none, which the client would read as the next answer.
        if isHead, case .stream = response.body { response.body = .bytes([]) }
        return (response, mustClose)
    }

    /// The request is over, whatever became of it.
    mutating func end(now: ContinuousClock.Instant) {
        assert(task == nil, "a sleeping connection cannot end")
        phase = .waiting
        since = now
        response = nil
        stream = nil
        body = []
    }

    /// What has taken longer than it may.
    ///
    /// Silence alone is watched by MHD; this bounds clients that send a byte now and then.
    func overdue(now: ContinuousClock.Instant, limits: HTTPServer.Configuration) -> Overdue {
        switch phase {
        case .waiting: now - since > limits.idleTimeout + limits.requestTimeout ? .arriving : .none
        case .receivingHeader, .receivingBody: now - since > limits.requestTimeout ? .arriving : .none
        case .handling: now - since > limits.requestTimeout ? .handling : .none
        case .answered, .sending: .none
        }
    }

    /// Cuts the request target at its first `?`; of the absolute form only path and query are kept.
    static func split(_ target: String) -> (path: String, query: String?) {
        var target = Substring(target)
        if !target.utf8.starts(with: "/".utf8), let scheme = target.firstRange(of: "://") {
            target = target[scheme.upperBound...]
            let path = target.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
            target = target[(path ?? target.endIndex)...]
        }
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (String(target), nil) }
        return (String(target[..<mark]), String(target[target.utf8.index(after: mark)...]))
    }
}
