import Domain
import EventStore
import Gateway
import HTTPServer
import Observability
import Postgres

extension IdempotencyRequest {
    /// The key as the store knows it.
    var storeKey: IdempotencyKey {
        IdempotencyKey(country: country, caller: caller, key: key, fingerprint: fingerprint)
    }
}

extension StoredAnswer {
    /// An answer as it is stored beside its change.
    init(_ answer: RenderedAnswer) {
        self.init(
            status: answer.status, headers: answer.headers.map { AnswerHeader(name: $0.name, value: $0.value) },
            body: answer.body)
    }
}

extension RenderedAnswer {
    /// An answer as it was stored.
    init(_ answer: StoredAnswer) {
        self.init(
            status: answer.status, headers: answer.headers.map { HTTPField($0.name, $0.value) }, body: answer.body)
    }
}

extension VersionCondition {
    /// The versions that a command may find; nil: any.
    var acceptedVersions: [Int64]? {
        if case .versions(let versions) = self { versions } else { nil }
    }
}

extension RequestContext {
    /// How the request is traced through events and logs.
    var trace: Trace { Trace(correlationID: correlationID, traceparent: traceparent) }
}

extension Reading {
    /// What `read` answers, or that the dependency it stands on cannot be asked.
    static func of(_ dependency: String, _ read: () async throws -> Reading) async -> Reading {
        do { return try await read() } catch { return .unavailable(Dependency(dependency)) }
    }
}
