import Foundation
import TestSupport

/// The folder that one running system has for itself: keys, countries, the broker's address, logs.
struct StateFolder: Sendable {
    /// Absolute.
    let path: String

    /// Below `TEST_STATE_DIR`, where logs stay for the reader of a failure, or below the temporary folder.
    ///
    /// - Throws: Where it cannot be written.
    init(named name: String) throws {
        let parent = TestServers.setting("TEST_STATE_DIR") ?? FileManager.default.temporaryDirectory.path
        let run = "system-\(ProcessInfo.processInfo.processIdentifier)-\(name)"
        path = URL(fileURLWithPath: parent).appendingPathComponent(run).path
        try FileManager.default.createDirectory(
            atPath: "\(path)/keys", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: "\(path)/keys")
        let key = Data((0..<32).map { _ in UInt8.random(in: 0...255) })
        let isWritten = FileManager.default.createFile(
            atPath: vaultKey, contents: key, attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw CocoaError(.fileWriteUnknown) }
        try write(countries: Self.countries)
    }

    /// Which countries are served, as the project's own `countries.json` has them.
    static let countries = """
        [{"code": "fr", "languages": ["fr", "en"], "timeZone": "Europe/Paris", "bookingHorizonDays": 90},
         {"code": "de", "languages": ["de", "en"], "timeZone": "Europe/Berlin", "bookingHorizonDays": 90}]
        """

    var vaultKey: String { "\(path)/keys/vault.key" }
    var issuerKey: String { "\(path)/keys/issuer.json" }
    var historyKey: String { "\(path)/keys/history.pem" }
    /// Where signed heads are kept.
    var heads: String { "\(path)/history/heads" }
    var countriesFile: String { "\(path)/countries.json" }
    var brokerAddress: String { "\(path)/broker.address" }

    func log(of process: String) -> String { "\(path)/\(process).log" }

    /// Replaces the countries file; processes read it at their start.
    func write(countries: String) throws {
        try Data(countries.utf8).write(to: URL(fileURLWithPath: countriesFile))
    }

    /// Keeps what a process said beside the logs.
    func keep(_ text: String, as name: String) {
        try? Data(text.utf8).write(to: URL(fileURLWithPath: log(of: name)))
    }

    /// What the broker wrote, nil as long as it has not.
    func readBrokerAddress() -> String? {
        guard let data = FileManager.default.contents(atPath: brokerAddress) else { return nil }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }

    func forgetBrokerAddress() { try? FileManager.default.removeItem(atPath: brokerAddress) }

    /// The last lines of every log, for the message of a failure.
    func logTails(lines: Int = 12) -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".log") }.sorted().map { name in
            let text = String(
                decoding: FileManager.default.contents(atPath: "\(path)/\(name)") ?? Data(), as: UTF8.self)
            let tail = text.split(separator: "\n").suffix(lines).map { "    \($0.prefix(400))" }.joined(separator: "\n")
            return "  \(name):\n\(tail)"
        }.joined(separator: "\n")
    }

    /// Deletes everything, or everything but logs when somebody may want to read them.
    func delete(keepingLogs: Bool) {
        if !keepingLogs {
            try? FileManager.default.removeItem(atPath: path)
            return
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where !name.hasSuffix(".log") {
            try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }
}
