package import Domain
package import HTTPServer

/// An answer as it goes to the caller, and as it is stored with the command that it answers.
package struct RenderedAnswer: Sendable, Equatable {
    /// HTTP status, 200...599.
    package let status: Int
    /// Headers that belong to this answer (`Location`, `ETag`, `Content-Type`); those of every answer are added later.
    package let headers: [HTTPField]
    /// UTF-8 JSON, empty for 204 and 304.
    package let body: [UInt8]

    /// An answer of its parts, as they were rendered or read back from the store.
    package init(status: Int, headers: [HTTPField] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What ties the retries of one request together.
package struct IdempotencyRequest: Sendable, Hashable {
    /// The token's subject: keys of two callers never meet.
    package let caller: String
    package let country: CountryCode
    /// 1-255 printable ASCII characters.
    package let key: String
    /// SHA-256 of method, path and body, 32 bytes.
    package let fingerprint: [UInt8]

    /// The tie of its parts.
    package init(caller: String, country: CountryCode, key: String, fingerprint: [UInt8]) {
        self.caller = caller
        self.country = country
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// Everything a service needs beside the command itself to change something and to answer for it.
package struct Change<Outcome: Sendable>: Sendable {
    /// Present on every POST; nil on PUT, PATCH and DELETE, which are idempotent by themselves.
    package let idempotency: IdempotencyRequest?
    /// The versions that the caller accepts; the service compares under its lock.
    package let condition: VersionCondition
    /// Turns the outcome into the answer, so that the answer is stored in the transaction of the change.
    package let render: @Sendable (Outcome) -> RenderedAnswer

    /// A change of its parts.
    package init(
        idempotency: IdempotencyRequest?, condition: VersionCondition,
        render: @escaping @Sendable (Outcome) -> RenderedAnswer
    ) {
        self.idempotency = idempotency
        self.condition = condition
        self.render = render
    }
}

/// How a change ended.
package enum ChangeResult: Sendable {
    /// Done or refused by the domain; `replayed` says that the answer was stored by an earlier request.
    case answer(RenderedAnswer, replayed: Bool)
    /// The key was used for another request; nothing was changed.
    case keyReused
    /// The first request with this key is still running.
    case inProgress(retryAfterSeconds: Int)
    /// None of the caller's versions is the current one; nothing was changed, the key stays free.
    case preconditionFailed(current: Int64)
    /// The command breaks a rule that only the service can check; nothing was changed, the key stays free.
    case invalid([Fault])
    /// Something that the answer needs is down; with `changeKept` the change is stored and a retry gets the answer.
    case unavailable(Dependency, changeKept: Bool)
}

/// How a read ended.
package enum Reading<Value: Sendable>: Sendable {
    case found(Value)
    case notFound
    /// Something that the answer needs is down: said with 503, never with an empty list.
    case unavailable(Dependency)
}

/// Something outside this process that an answer can need, named for operators (`booking-database`, `redis`).
package struct Dependency: Sendable, Hashable {
    package let name: String

    /// - Parameter name: Lower case with hyphens; it is shown to callers.
    package init(_ name: String) {
        self.name = name
    }
}

/// Which part of a list is asked for.
package struct PageRequest: Sendable, Hashable {
    /// At most so many items, 1...200.
    package let limit: Int
    /// Where the page before ended, as the service said it in `Page.next`; nil for the first page.
    package let after: [UInt8]?

    /// - Parameters:
    ///   - limit: 1...200.
    ///   - after: What an earlier page returned as `next`.
    package init(limit: Int, after: [UInt8]? = nil) {
        self.limit = limit
        self.after = after
    }
}

/// One part of a list.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Where the next page begins, in the service's own words of at most 512 bytes; nil on the last page.
    package let next: [UInt8]?

    /// A page and where the next one begins.
    package init(items: [Item], next: [UInt8]?) {
        self.items = items
        self.next = next
    }
}

/// Who asks, where, and how the request is traced; passed to every service.
package struct RequestContext: Sendable {
    package let caller: Caller
    package let country: CountryCode
    package let correlationID: String
    /// W3C trace context to hand on, present on every request that changes something.
    package let traceparent: String?

    /// A context of its parts.
    package init(caller: Caller, country: CountryCode, correlationID: String, traceparent: String?) {
        self.caller = caller
        self.country = country
        self.correlationID = correlationID
        self.traceparent = traceparent
    }
}
