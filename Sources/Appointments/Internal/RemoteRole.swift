import Domain
import HTTPClient
import Observability

/// Another role on the operations port of its process.
struct RemoteRole: Sendable {
    /// The role could not be asked, or could not answer.
    struct Unavailable: Error {
        let role: String
    }

    let http: HTTPClient
    /// `http://host:port`, without a slash at its end.
    let base: String
    let role: String

    /// How long one role waits for another: less than a caller's patience.
    private static let timeout = Duration.seconds(5)

    /// The body of a 200; nil for a 404.
    ///
    /// - Throws: `Unavailable` for everything else.
    func call(_ method: String, _ path: String, body: [UInt8] = []) async throws(Unavailable) -> [UInt8]? {
        var headers = [HTTPClientField("Content-Type", "application/json")]
        if let trace = Trace.current {
            headers.append(HTTPClientField("X-Correlation-Id", trace.correlationID))
            if let parent = trace.traceparent { headers.append(HTTPClientField("traceparent", parent)) }
        }
        let request = HTTPClientRequest(
            method: method, url: base + path, headers: headers, body: body, timeout: Self.timeout)
        do throws(HTTPClientError) {
            let response = try await http.send(request)
            switch response.status {
            case 200: return response.body
            case 404: return nil
            default: throw HTTPClientError.invalidRequest
            }
        } catch {
            throw Unavailable(role: role)
        }
    }
}
