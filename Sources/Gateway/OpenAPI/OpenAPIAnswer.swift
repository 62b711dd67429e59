import Crypto
import HTTPServer

/// `GET /openapi.json`: made once, the same for everybody.
struct OpenAPIAnswer: Sendable {
    static let path = "/openapi.json"

    private let bytes: [UInt8]
    private let tag: String

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        tag = "\"\(Base64URL.encode(Array(SHA256.hash(bytes).prefix(12))))\""
    }

    /// The document, or 304 for a caller that has it.
    func answer(to request: HTTPRequest) -> RenderedAnswer {
        let known = request.headers.all("If-None-Match").flatMap { $0.split(separator: ",") }
        let field = HTTPField("ETag", tag)
        let isKnown = known.contains { line in
            let text = line.drop { $0 == " " }
            return text == tag || text == "W/\(tag)" || text == "*"
        }
        if isKnown { return RenderedAnswer(status: 304, headers: [field]) }
        return RenderedAnswer(status: 200, headers: [HTTPField("Content-Type", MediaType.json), field], body: bytes)
    }
}
