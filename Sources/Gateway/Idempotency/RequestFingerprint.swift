import Crypto
import HTTPServer

/// What makes two requests the same one.
enum RequestFingerprint {
    /// SHA-256 of method, path and the exact bytes of the body, 32 bytes.
    ///
    /// Neither method nor path can hold a line
    /// break, so no two requests write the same text.
    static func of(_ request: HTTPRequest) -> [UInt8] {
        var hasher = SHA256Hasher()
        hasher.update(Array("\(request.method)\n\(request.path)\n".utf8))
        hasher.update(request.body)
        return hasher.finish()
    }
}
