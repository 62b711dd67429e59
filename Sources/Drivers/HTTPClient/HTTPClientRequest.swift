/// One header line of a request or a response.
package struct HTTPClientField: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// AWS Signature Version 4, made by libcurl (`CURLOPT_AWS_SIGV4`).
///
/// libcurl 7.88 signs the query as it stands: give its parameters in the order of their names.
package struct SigV4Signing: Sendable {
    /// For example `eu-west-3`.
    package let region: String
    /// For example `es` (OpenSearch), `kms`.
    package let service: String
    package let accessKeyID: String
    package let secretAccessKey: String
    /// Of temporary credentials, else nil.
    package let sessionToken: String?

    package init(
        region: String, service: String, accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil
    ) {
        self.region = region
        self.service = service
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }
}

/// What to ask of a server.
package struct HTTPClientRequest: Sendable {
    /// An HTTP method in upper case.
    package var method: String
    /// Absolute, `http` or `https`, percent-encoded.
    package var url: String
    package var headers: [HTTPClientField]
    package var body: [UInt8]
    /// From the call until the response is complete, at least 1 ms.
    package var timeout: Duration
    /// Most bytes of headers and body that are accepted.
    package var responseBytesMax: Int
    package var signing: SigV4Signing?

    package init(
        method: String = "GET", url: String, headers: [HTTPClientField] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(10), responseBytesMax: Int = 16 << 20, signing: SigV4Signing? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.responseBytesMax = responseBytesMax
        self.signing = signing
    }

    /// True if nothing in it could be read as another header or another request.
    var isWellFormed: Bool {
        let signs: [String] = signing.map { [$0.region, $0.service, $0.accessKeyID, $0.secretAccessKey] } ?? []
        let token = signing?.sessionToken ?? ""
        return isToken(method) && timeout >= .milliseconds(1)
            && (url.lowercased().hasPrefix("http://") || url.lowercased().hasPrefix("https://"))
            && url.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            && headers.allSatisfy { isToken($0.name) && isFieldValue($0.value) }
            && (signs + [token]).allSatisfy(isFieldValue)
    }
}

/// What a server answered, complete.
package struct HTTPClientResponse: Sendable, Equatable {
    package let status: Int
    /// In the order in which they came, interim responses left out.
    package let headers: [HTTPClientField]
    package let body: [UInt8]

    /// The first value of a header, whatever its case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// RFC 9110 section 5.6.2.
private func isToken(_ text: String) -> Bool {
    !text.isEmpty
        && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
}

/// No control characters: a line break would start another header.
private func isFieldValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 == 9 || ($0 >= 0x20 && $0 != 0x7F) }
}
