import Glibc

/// The identity provider of a machine without one: a key in a file, public keys for the verifier, tokens for people.
package final class LocalIssuer: Sendable {
    /// What `iss` of its tokens should be.
    package let issuer: String
    /// The public keys that `TokenVerifier` needs.
    package var jwks: [UInt8] { key.jwks }

    private let key: SigningKey

    /// Loads the ES256 key at `keyPath`, or creates it there, readable by its owner only (mode 0600).
    ///
    /// Two processes that start at once end up with the same key.
    /// - Throws: `keyFileIsOpenToOthers`, `invalidKey`, or `file` when it can be neither read nor written.
    package init(keyPath: String, issuer: String) throws(IssuerError) {
        self.issuer = issuer
        if let stored = try Self.read(keyPath) {
            key = try SigningKey(privateJWK: stored)
            return
        }
        let created = try SigningKey(.es256)
        if try Self.write(created.privateJWK, to: keyPath) {
            key = created
            return
        }
        guard let stored = try Self.read(keyPath) else { throw .file(code: ENOENT) }
        key = try SigningKey(privateJWK: stored)
    }

    /// Signs `claims`, a JSON object with at least `iss`, `aud`, `exp`, `sub` and `role`, as an access token.
    package func sign(_ claims: [UInt8]) throws(IssuerError) -> String { try key.sign(claims) }

    /// - Returns: Nil if there is no such file.
    private static func read(_ path: String) throws(IssuerError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0 && errno == ENOENT { return nil }
        guard file >= 0 else { throw .file(code: errno) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .file(code: errno) }
        guard status.st_mode & 0o077 == 0 else { throw .keyFileIsOpenToOthers }
        var bytes = [UInt8](repeating: 0, count: 16_384)  // far more than a key; a longer file will not parse
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw .file(code: errno) }
        return Array(bytes[..<count])
    }

    /// Writes beside `path` and links it there when it is complete, so that nobody reads half a key.
    ///
    /// - Returns: False if somebody else was faster.
    private static func write(_ bytes: [UInt8], to path: String) throws(IssuerError) -> Bool {
        let draft = "\(path).\(getpid()).new"
        unlink(draft)  // of a process with our number that died here
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .file(code: errno) }
        defer { unlink(draft) }
        let isWritten = Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        let code = errno
        close(file)
        guard isWritten else { throw .file(code: code) }
        if link(draft, path) == 0 { return true }
        guard errno == EEXIST else { throw .file(code: errno) }
        return false
    }
}
