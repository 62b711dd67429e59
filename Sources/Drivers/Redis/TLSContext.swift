import COpenSSL

/// What all TLS connections of a client share: trust anchors and the oldest version allowed.
final class TLSContext: @unchecked Sendable {  // an SSL_CTX is only read after init; OpenSSL allows that
    private let context: OpaquePointer

    /// Trusts the certificates in `certificateAuthorityPath` (PEM), or those of the machine; `SSL_CTX_new`.
    ///
    /// - Throws: `invalidTLSConfiguration` if the anchors cannot be read.
    init(certificateAuthorityPath: String?) throws(RedisError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw .invalidTLSConfiguration }
        let hasAnchors =
            if let certificateAuthorityPath {
                SSL_CTX_load_verify_file(context, certificateAuthorityPath) == 1
            } else {
                SSL_CTX_set_default_verify_paths(context) == 1
            }
        guard hasAnchors, copenssl_require_tls12(context) == 1 else {
            SSL_CTX_free(context)
            ERR_clear_error()
            throw .invalidTLSConfiguration
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        _ = copenssl_allow_partial_writes(context)
        self.context = context
    }

    deinit { SSL_CTX_free(context) }

    /// One session over `socket` that accepts only a certificate for `host`, a name or an IP address.
    ///
    /// The caller frees it with `SSL_free`; nil if OpenSSL refuses.
    func session(over socket: CInt, host: String) -> OpaquePointer? {
        guard let session = SSL_new(context) else { return nil }
        let isAddress = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1
        let isNamed = isAddress || (SSL_set1_host(session, host) == 1 && copenssl_set_server_name(session, host) == 1)
        guard isNamed, SSL_set_fd(session, socket) == 1 else {
            SSL_free(session)
            ERR_clear_error()
            return nil
        }
        SSL_set_connect_state(session)
        return session
    }
}
