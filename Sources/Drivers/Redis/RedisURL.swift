/// Where Redis is and how to enter it: `redis[s]://[user][:password]@host[:port][/db][?cluster=true&cacert=path]`.
package struct RedisURL: Sendable, Equatable {
    package var host: String
    /// 1...65535; default 6379.
    package var port: UInt16
    /// True for `rediss://`: TLS 1.2 or newer, the server's certificate and name are checked.
    package var usesTLS: Bool
    /// Trust anchors in PEM for TLS; nil: those of the machine.
    package var certificateAuthorityPath: String?
    package var username: String?
    package var password: String?
    /// 0 or more; a cluster has only 0.
    package var database: Int
    /// True for `?cluster=true`: the host is one of the nodes, the others are learned from it.
    package var isCluster: Bool

    /// Parses `text`; user name and password are percent-decoded.
    ///
    /// - Throws: `invalidURL` naming the part that is wrong; never the text itself, as it may hold a password.
    package init(_ text: String) throws(RedisError) {
        guard let schemeEnd = text.range(ofText: "://") else { throw .invalidURL("scheme") }
        switch text[..<schemeEnd.lowerBound].lowercased() {
        case "redis": usesTLS = false
        case "rediss": usesTLS = true
        default: throw .invalidURL("scheme")
        }
        var rest = text[schemeEnd.upperBound...]
        let query = rest.firstIndex(of: "?").map { rest[rest.index(after: $0)...] }
        rest = rest[..<(rest.firstIndex(of: "?") ?? rest.endIndex)]
        let path = rest.firstIndex(of: "/").map { rest[rest.index(after: $0)...] }
        rest = rest[..<(rest.firstIndex(of: "/") ?? rest.endIndex)]
        (username, password) = try Self.credentials(rest)
        (host, port) = try Self.address(rest)
        database = try Self.database(path)
        (isCluster, certificateAuthorityPath) = try Self.options(query)
        if isCluster && database != 0 { throw .invalidURL("database") }
    }

    private static func credentials(_ authority: Substring) throws(RedisError) -> (String?, String?) {
        guard let at = authority.lastIndex(of: "@") else { return (nil, nil) }
        let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let username = percentDecoded(parts[0]) else { throw .invalidURL("username") }
        guard parts.count == 2 else { throw .invalidURL("password") }
        guard let password = percentDecoded(parts[1]) else { throw .invalidURL("password") }
        return (username.isEmpty ? nil : username, password.isEmpty ? nil : password)
    }

    private static func address(_ authority: Substring) throws(RedisError) -> (String, UInt16) {
        let afterAt = authority.lastIndex(of: "@").map { authority.index(after: $0) } ?? authority.startIndex
        var address = authority[afterAt...]
        var host: Substring
        if address.hasPrefix("["), let close = address.firstIndex(of: "]") {  // an IPv6 address
            host = address[address.index(after: address.startIndex)..<close]
            address = address[address.index(after: close)...]
        } else {
            host = address[..<(address.firstIndex(of: ":") ?? address.endIndex)]
            address = address[host.endIndex...]
        }
        guard !host.isEmpty else { throw .invalidURL("host") }
        if address.isEmpty { return (String(host), 6379) }
        guard address.hasPrefix(":"), let port = UInt16(address.dropFirst()), port > 0 else {
            throw .invalidURL("port")
        }
        return (String(host), port)
    }

    private static func database(_ path: Substring?) throws(RedisError) -> Int {
        guard let path, !path.isEmpty else { return 0 }
        guard let database = Int(path), database >= 0 else { throw .invalidURL("database") }
        return database
    }

    private static func options(_ query: Substring?) throws(RedisError) -> (isCluster: Bool, certificates: String?) {
        var isCluster = false
        var certificates: String?
        for option in query?.split(separator: "&") ?? [] {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let value = percentDecoded(parts[1]) else { throw .invalidURL("query") }
            switch (parts[0], value) {
            case ("cluster", "true"): isCluster = true
            case ("cluster", "false"): isCluster = false
            case ("cacert", _) where !value.isEmpty: certificates = value
            default: throw .invalidURL("query")
            }
        }
        return (isCluster, certificates)
    }
}

/// The same place at another address: how the nodes of a cluster are reached.
extension RedisURL {
    func at(_ node: RedisNode) -> RedisURL {
        var url = self
        url.host = node.host
        url.port = node.port
        return url
    }

    var node: RedisNode { RedisNode(host: host, port: port) }
}

/// Decodes `%41`; nil for a broken escape or text that is not UTF-8.
private func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
            let decoded = UInt8(digits, radix: 16)
        else { return nil }
        bytes.append(decoded)
        rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
}

extension StringProtocol {
    fileprivate func range(ofText text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
