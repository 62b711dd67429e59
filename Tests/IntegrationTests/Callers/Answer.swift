import HTTPClient
import JSON

/// What the system answered.
struct Answer: Sendable {
    let status: Int
    let body: [UInt8]
    private let response: HTTPClientResponse

    init(_ response: HTTPClientResponse) {
        status = response.status
        body = response.body
        self.response = response
    }

    /// The first value of a header, whatever its case.
    func header(_ name: String) -> String? { response.header(name) }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body, `null` where it is no JSON.
    var json: JSONValue { (try? parseJSON(body)) ?? .null }

    /// The last part of a problem's `type`, nil unless it is a problem.
    var problem: String? {
        guard header("Content-Type")?.hasPrefix("application/problem+json") == true else { return nil }
        return json["type"]?.stringValue.map { String($0.split(separator: ":").last ?? "") }
    }

    /// This answer.
    ///
    /// - Throws: `UnexpectedAnswer` unless it has one of the statuses.
    func expecting(_ statuses: Int...) throws -> Answer {
        guard statuses.contains(status) else { throw UnexpectedAnswer(wanted: statuses, status: status, body: text) }
        return self
    }

    /// A text member of the body.
    ///
    /// - Throws: `MissingMember`.
    func member(_ name: String) throws -> String {
        guard let value = json[name]?.stringValue else { throw MissingMember(name: name, body: text) }
        return value
    }
}

/// An answer with another status than the test needs to go on.
struct UnexpectedAnswer: Error { let wanted: [Int], status: Int, body: String }
/// A body without a member that the contract names.
struct MissingMember: Error { let name: String, body: String }
