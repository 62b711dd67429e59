/// Where sealed history has its key and its heads: `HISTORY_KEY`, `HISTORY_HEADS`, `HISTORY_PUBLIC_KEY`.
///
/// All may be absent here; who needs one says so with `needed`.
package struct HistorySettings: Sendable {
    /// `HISTORY_KEY=file:PATH`: the Ed25519 private key that signs heads, PKCS #8 PEM.
    package var keyFile: String?
    /// `HISTORY_HEADS=file:FOLDER`: the log of signed heads.
    package var headsFolder: String?
    /// `HISTORY_PUBLIC_KEY=file:PATH`: the public half of the key, PEM; for those who only verify.
    package var publicKeyFile: String?

    /// Reads these settings; a reference of another kind than `file:` is told by `environment.faults`.
    package init(_ environment: inout Environment) {
        keyFile = Self.path("HISTORY_KEY", &environment)
        headsFolder = Self.path("HISTORY_HEADS", &environment)
        publicKeyFile = Self.path("HISTORY_PUBLIC_KEY", &environment)
    }

    private static func path(_ name: String, _ environment: inout Environment) -> String? {
        guard let reference = environment.text(name) else { return nil }
        guard reference.hasPrefix("file:"), reference != "file:" else {
            environment.report("\(name) must be file:PATH, not '\(reference)'")
            return nil
        }
        return String(reference.dropFirst("file:".count))
    }

    /// The path of a setting that must be there.
    ///
    /// - Parameters:
    ///   - path: What was read.
    ///   - name: The setting.
    ///   - purpose: What it is for, in the fault.
    /// - Returns: `path`.
    /// - Throws: `SettingsError` with one line that names it.
    package static func needed(
        _ path: String?, _ name: String, _ purpose: String
    ) throws(SettingsError) -> String {
        guard let path else { throw SettingsError(lines: ["\(name) is missing: \(purpose)"]) }
        return path
    }
}
