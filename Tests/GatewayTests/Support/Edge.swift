import Domain
import Foundation
import Gateway
import HTTPServer
import JOSE
import JSON
import Observability
import Synchronization

/// A gateway with real tokens, recorded services and a clock that tests set.
struct Edge: Sendable {
    static let issuer = "https://issuer.test"
    static let audience = "appointments"
    /// 2026-11-20T12:00:00Z.
    static let start = Instant(seconds: 1_795_176_000)

    let gateway: APIGateway
    let services: ScriptedServices
    let clock: SettableClock
    let metrics: Metrics
    private let tokens: LocalIssuer

    /// Which services the process has.
    enum Part { case everything, search }

    init(rateLimit: RateLimit = .standard, log: Log = .silent, only part: Part = .everything) throws {
        services = ScriptedServices()
        clock = SettableClock(Self.start)
        metrics = Metrics()
        let keyFile = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-\(UUID()).jwk").path
        defer { try? FileManager.default.removeItem(atPath: keyFile) }
        tokens = try LocalIssuer(keyPath: keyFile, issuer: Self.issuer)
        var configuration = GatewayConfiguration(
            countries: [.fr, .de], cursorKey: Array("0123456789abcdef".utf8),
            isKnownZone: { $0 != "Mars/Base" })
        configuration.rateLimit = rateLimit
        gateway = APIGateway(
            configuration,
            part == .search
                ? GatewayServices(search: services)
                : GatewayServices(
                    bookings: services, practitioners: services, patients: services, availability: services,
                    search: services, audit: services),
            verifier: try TokenVerifier(jwks: tokens.jwks, issuer: Self.issuer, audience: Self.audience),
            clock: clock, identifiers: CountingIdentifiers(), log: log, metrics: metrics)
    }

    /// A signed token with the claims of `person`, as `change` leaves them.
    func token(_ person: Person, _ change: (inout [String: JSONValue]) -> Void = { _ in }) throws -> String {
        var claims: [String: JSONValue] = [
            "iss": .string(Self.issuer), "aud": .string(Self.audience), "sub": .string(person.subject),
            "role": .string(person.role), "exp": .int(Self.start.seconds + 3_600),
            "countries": .array(person.countries.map(JSONValue.string)),
        ]
        if let id = person.patientID { claims["patient_id"] = .string(id) }
        if let id = person.practitionerID { claims["practitioner_id"] = .string(id) }
        change(&claims)
        return try tokens.sign(JSONValue.object(claims.map { JSONMember($0.key, $0.value) }).serialized())
    }

    /// Sends one request as `person`; a body goes as JSON, a POST with a key, unless the headers say otherwise.
    func send(
        _ method: String, _ target: String, as person: Person? = .staff, headers: [String: String] = [:],
        body: String? = nil
    ) async throws -> Answer {
        var fields: [String: String] = [:]
        if let person { fields["Authorization"] = "Bearer \(try token(person))" }
        if body != nil { fields["Content-Type"] = "application/json" }
        if method == "POST" { fields["Idempotency-Key"] = "key-1" }
        if method == "PUT" || method == "PATCH" { fields["If-Match"] = "\"1\"" }
        fields.merge(headers) { $1 }
        let sent = fields.filter { $0.value != Edge.absent }.map { ($0.key, $0.value) }
        return await send(method, target, fields: sent, body: Array((body ?? "").utf8))
    }

    /// Sends one request exactly as it is given.
    func send(
        _ method: String, _ target: String, fields: [(String, String)], body: [UInt8], isBodyTooLarge: Bool = false
    ) async -> Answer {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let request = HTTPRequest(
            method: method, path: parts[0], query: parts.count > 1 ? parts[1] : nil, headers: HTTPHeaders(fields),
            body: body, isBodyTooLarge: isBodyTooLarge, remoteAddress: "127.0.0.1")
        return Answer(await gateway.handle(request))
    }

    /// A header value that takes a header away which `send` would add.
    static let absent = "\u{0}absent"
}

/// Somebody with a token.
struct Person: Sendable {
    var subject: String
    var role: String
    var countries = ["fr", "de"]
    var patientID: String?
    var practitionerID: String?

    static let patient = Person(subject: "patient-1", role: "patient", patientID: IDs.patient)
    static let otherPatient = Person(subject: "patient-2", role: "patient", patientID: IDs.other)
    static let practitioner = Person(
        subject: "practitioner-1", role: "practitioner", practitionerID: IDs.practitioner)
    static let otherPractitioner = Person(subject: "practitioner-2", role: "practitioner", practitionerID: IDs.other)
    static let staff = Person(subject: "staff-1", role: "staff")
    static let `operator` = Person(subject: "operator-1", role: "operator")
    static let auditor = Person(subject: "auditor-1", role: "auditor")
    static let partner = Person(subject: "partner-1", role: "partner")
    static let otherPartner = Person(subject: "partner-2", role: "partner")
    static let germanStaff = Person(subject: "staff-2", role: "staff", countries: ["de"])
}

/// Identifiers of the things that the services hold.
enum IDs {
    static let patient = "01900000-0000-7000-8000-000000000001"
    static let practitioner = "01900000-0000-7000-8000-000000000002"
    static let booking = "01900000-0000-7000-8000-000000000003"
    static let exception = "01900000-0000-7000-8000-000000000004"
    static let other = "01900000-0000-7000-8000-0000000000ff"
}

/// A response, ready to be looked into.
struct Answer: Sendable {
    let status: Int
    let fields: [HTTPField]
    let bytes: [UInt8]

    init(_ response: HTTPResponse) {
        status = response.status
        fields = response.headers
        if case .bytes(let bytes) = response.body { self.bytes = bytes } else { bytes = [] }
    }

    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The body as a tree; null where it is not JSON.
    var json: JSONValue { (try? parseJSON(bytes)) ?? .null }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The last part of a problem's type.
    var problem: String? { json["type"]?.stringValue?.split(separator: ":").last.map(String.init) }
    /// The pointers of a validation problem, sorted.
    var pointers: [String] { (json["errors"]?.arrayValue ?? []).compactMap { $0["pointer"]?.stringValue }.sorted() }
}

/// A clock that shows what a test set.
final class SettableClock: WallClock {
    private let time: Mutex<Instant>

    init(_ time: Instant) { self.time = Mutex(time) }

    func now() -> Instant { time.withLock { $0 } }
    func advance(seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
}

/// Identifiers that count up.
final class CountingIdentifiers: IdentifierSource {
    private let count = Mutex<UInt64>(0)

    func next() -> (high: UInt64, low: UInt64) {
        count.withLock { count in
            count += 1
            return (0x0190_0000_0000_7000, 0x8000_0000_0000_0000 + count)
        }
    }
}

extension CountryCode {
    static let fr = CountryCode("fr") ?? unknown
    static let de = CountryCode("de") ?? unknown
    private static var unknown: CountryCode { preconditionFailure("two letters are a country code") }
}

extension Identifier {
    /// An identifier of the test's own.
    init(test text: String) {
        guard let identifier = Identifier(text) else { preconditionFailure("\(text) is no UUID") }
        self = identifier
    }
}
