import Configuration
import Domain
import HTTPClient
import JSON

/// Calls the booking API as any caller would, and waits when it is told to.
struct APIClient: Sendable {
    private let http: HTTPClient
    private let base: String
    private let identifiers: UUIDv7Source

    /// An answer that says no.
    struct Refused: Error, CustomStringConvertible {
        let status: Int
        let detail: String

        var description: String { "the API answered \(status): \(detail)" }
    }

    /// Calls the API at `base`, `http://host:port`.
    ///
    /// - Throws: `HTTPClientError` when libcurl cannot start.
    init(base: String) throws {
        http = try HTTPClient(label: "demo")
        self.base = base
        identifiers = UUIDv7Source(clock: SystemClock())
    }

    /// The raw answer, whatever its status.
    func send(
        _ method: String, _ path: String, token: String, body: [UInt8]? = nil, headers: [HTTPClientField] = []
    ) async throws -> HTTPClientResponse {
        var fields = headers + [HTTPClientField("Authorization", "Bearer \(token)")]
        if body != nil { fields.append(HTTPClientField("Content-Type", "application/json")) }
        if method == "POST", !fields.contains(where: { $0.name == "Idempotency-Key" }) {
            fields.append(HTTPClientField("Idempotency-Key", "\(EventID(from: identifiers))"))
        }
        let request = HTTPClientRequest(
            method: method, url: base + path, headers: fields, body: body ?? [], timeout: .seconds(30))
        while true {
            let response = try await http.send(request)
            guard response.status == 429 || response.status == 503 else { return response }
            let seconds = response.header("Retry-After").flatMap(Int.init) ?? 1
            try await Task.sleep(for: .seconds(min(max(seconds, 1), 5)))
        }
    }

    /// The JSON of a successful answer.
    ///
    /// - Throws: `Refused` for any other status; `HTTPClientError`.
    func json(
        _ method: String, _ path: String, token: String, body: [UInt8]? = nil, headers: [HTTPClientField] = []
    ) async throws -> JSONValue {
        let response = try await send(method, path, token: token, body: body, headers: headers)
        let json = response.body.isEmpty ? .null : try parseJSON(response.body)
        guard (200..<300).contains(response.status) else {
            throw Refused(
                status: response.status, detail: json["detail"]?.stringValue ?? json["title"]?.stringValue ?? "")
        }
        return json
    }

    func close() async { await http.close() }

    /// The body of a booking of the standard kind.
    static func visit(with practitioner: String, for patient: String, at slot: String) -> [UInt8] {
        let body = #"""
            {"practitionerId":"\#(practitioner)","patientId":"\#(patient)",
             "slotStart":"\#(slot)","consultationType":"standard"}
            """#
        return Array(body.utf8)
    }
}
