import CLibPQ
import Glibc

/// How sessions are opened; what the URI says itself wins over `applicationName` and the time-outs here.
package struct PGSessionOptions: Sendable {
    /// Shown in `pg_stat_activity`; nil: the session's label.
    package var applicationName: String?
    /// Bound of one connection attempt, in whole seconds, at least 2 (a rule of libpq).
    package var connectTimeout: Duration
    /// The server cancels a statement that runs longer (SQLSTATE 57014); nil: never.
    package var statementTimeout: Duration?

    /// The defaults fit a pool of a server.
    package init(
        applicationName: String? = nil, connectTimeout: Duration = .seconds(5), statementTimeout: Duration? = nil
    ) {
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
    }

    /// Reads a libpq URI or keyword string and adds what it does not say itself.
    ///
    /// - Throws: `PGError` when libpq cannot read it.
    func parameters(url: String, label: String) throws(PGError) -> [(keyword: String, value: String)] {
        var message: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(url, &message) else {
            let text = message.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(message)
            throw PGError(text, during: "read_connection_uri")
        }
        defer { PQconninfoFree(parsed) }

        var result: [(keyword: String, value: String)] = []
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { result.append((String(cString: keyword), String(cString: value))) }
            option += 1
        }
        var defaults = [
            ("application_name", applicationName ?? label),
            ("connect_timeout", "\(max(2, connectTimeout.components.seconds))"),
            ("client_encoding", "UTF8"),
            // A server that vanished without a word is noticed within about 20 seconds.
            ("keepalives_idle", "10"), ("keepalives_interval", "3"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "20000"),
        ]
        if let statementTimeout {
            let (seconds, attoseconds) = statementTimeout.components
            let milliseconds = max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000)
            defaults.append(("options", "-c statement_timeout=\(milliseconds)"))
        }
        for (keyword, value) in defaults {
            if let given = result.firstIndex(where: { $0.keyword == keyword }) {
                if keyword == "options" { result[given].value = "\(value) \(result[given].value)" }
            } else {
                result.append((keyword, value))
            }
        }
        return result
    }
}
