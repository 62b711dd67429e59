import Foundation
import HTTPClient
import JOSE
import JSON

/// Somebody who calls the API in one country with one token.
struct Caller: Sendable {
    let system: SystemUnderTest
    let country: String
    let token: String

    /// Sends a request to the process that answers its path.
    ///
    /// - Parameters:
    ///   - method: As it stands in the request.
    ///   - path: What follows `/{country}/v1`, with its query.
    ///   - body: JSON; empty: none is sent.
    ///   - headers: Besides `Authorization` and `Content-Type`.
    ///   - timeout: Until the whole answer is there.
    /// - Returns: The answer, whatever its status.
    /// - Throws: `HTTPClientError` where there is no answer.
    func send(
        _ method: String, _ path: String, _ body: String = "", headers: [String: String] = [:],
        timeout: Duration = .seconds(20)
    ) async throws -> Answer {
        let path = "/\(country)/v1\(path)"
        let member = try system.member(answering: path)
        var fields = [HTTPClientField("Authorization", "Bearer \(token)")]
        if !body.isEmpty {
            let type = method == "PATCH" ? "application/merge-patch+json" : "application/json"
            fields.append(HTTPClientField("Content-Type", type))
        }
        fields += headers.map { HTTPClientField($0.key, $0.value) }
        let request = HTTPClientRequest(
            method: method, url: "http://127.0.0.1:\(member.port)\(path)", headers: fields, body: Array(body.utf8),
            timeout: timeout)
        return Answer(try await system.http.send(request))
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("GET", path, headers: headers)
    }

    /// A POST with a key of its own unless one is given.
    func post(_ path: String, _ body: String, key: String = newKey(), headers: [String: String] = [:]) async throws
        -> Answer
    {
        try await send("POST", path, body, headers: headers.merging(["Idempotency-Key": key]) { _, key in key })
    }

    func put(_ path: String, _ body: String, ifMatch: String?) async throws -> Answer {
        try await send("PUT", path, body, headers: ifMatch.map { ["If-Match": $0] } ?? [:])
    }

    func patch(_ path: String, _ body: String, ifMatch: String?) async throws -> Answer {
        try await send("PATCH", path, body, headers: ifMatch.map { ["If-Match": $0] } ?? [:])
    }
}

/// A key that no other request has.
func newKey() -> String { UUID().uuidString }

extension SystemUnderTest {
    /// A caller with a token of the local issuer.
    ///
    /// - Parameters:
    ///   - role: As in the contract.
    ///   - country: Where it calls and may act.
    ///   - subject: Scope of its idempotency keys; nil: named after the role.
    ///   - patient: The claim `patient_id`.
    ///   - practitioner: The claim `practitioner_id`.
    /// - Returns: The caller.
    /// - Throws: `IssuerError`.
    func caller(
        _ role: String = "staff", in country: String = "fr", subject: String? = nil, patient: String? = nil,
        practitioner: String? = nil
    ) throws -> Caller {
        let now = Int64(Date().timeIntervalSince1970)
        var claims = [
            JSONMember("iss", .string(issuer.issuer)), JSONMember("aud", .string("appointments")),
            JSONMember("sub", .string(subject ?? "test-\(role)")), JSONMember("iat", .int(now)),
            JSONMember("exp", .int(now + 3_600)), JSONMember("role", .string(role)),
            JSONMember("countries", .array([.string(country)])),
        ]
        if let patient { claims.append(JSONMember("patient_id", .string(patient))) }
        if let practitioner { claims.append(JSONMember("practitioner_id", .string(practitioner))) }
        let token = try issuer.sign(JSONValue.object(claims).serialized())
        return Caller(system: self, country: country, token: token)
    }
}
