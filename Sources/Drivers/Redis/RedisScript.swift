import COpenSSL

/// A Lua script, sent by the SHA-1 of its source; Redis is given the source only when it does not know it.
package struct RedisScript: Sendable {
    /// For people; Redis does not see it.
    package let name: String
    package let source: String
    /// 40 lower-case hexadecimal digits.
    package let digest: String

    package init(name: String, source: String) {
        self.name = name
        self.source = source
        digest = sha1(source)
    }
}

/// One call of a script with its keys and arguments.
package struct RedisScriptCall: Sendable {
    package let script: RedisScript
    package let keys: [String]
    package let arguments: [RedisArgument]

    package init(_ script: RedisScript, keys: [String], arguments: [RedisArgument] = []) {
        self.script = script
        self.keys = keys
        self.arguments = arguments
    }

    /// By digest: cheap, refused with `NOSCRIPT` by a server that does not know it.
    var byDigest: RedisCommand { RedisCommand("EVALSHA", [.text(script.digest)] + parameters) }
    /// By source: always works, and the server knows it from then on.
    var bySource: RedisCommand { RedisCommand("EVAL", [.text(script.source)] + parameters) }

    private var parameters: [RedisArgument] {
        [.int(Int64(keys.count))] + keys.map(RedisArgument.text) + arguments
    }
}

/// Redis names scripts by SHA-1; `EVP_Digest`.
private func sha1(_ text: String) -> String {
    var hash = [UInt8](repeating: 0, count: 20)
    let bytes = Array(text.utf8)
    precondition(EVP_Digest(bytes, bytes.count, &hash, nil, EVP_sha1(), nil) == 1, "SHA-1 is missing from OpenSSL")
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
