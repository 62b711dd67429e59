import Configuration
import Crypto
import EventStore

/// Whose heads are believed.
enum HistoryKeys {
    private static let bytesMax = 1 << 16

    /// The key of the command line, or of the settings.
    ///
    /// - Parameters:
    ///   - given: A path or a verifier key; nil: the settings.
    ///   - settings: Where keys are.
    /// - Returns: The public key.
    /// - Throws: `UsageError` or `SettingsError` that names the option or setting.
    static func publicKey(_ given: String?, _ settings: HistorySettings) throws -> Ed25519PublicKey {
        if let given {
            if let key = try? HistoryKey.publicKey(reading: given) { return key }
            do { return try HistoryKey.publicKey(reading: try text(given)) } catch let fault as FileBytes.Fault {
                let hint = given.contains("+") ? "; as a verifier key it is not whole either" : ""
                throw UsageError("--key: cannot read \(fault)\(hint)")
            } catch {
                throw UsageError("--key: \(given) is no Ed25519 public key (PEM, or verifier keys)")
            }
        }
        if let path = settings.publicKeyFile {
            do { return try HistoryKey.publicKey(reading: try text(path)) } catch let fault as FileBytes.Fault {
                throw SettingsError(lines: ["HISTORY_PUBLIC_KEY: cannot read \(fault)"])
            } catch {
                throw SettingsError(lines: ["HISTORY_PUBLIC_KEY: \(path) is no Ed25519 public key"])
            }
        }
        guard let path = settings.keyFile else {
            throw SettingsError(lines: ["HISTORY_PUBLIC_KEY is missing: file:PATH of the public key, or use --key"])
        }
        do { return try Ed25519PrivateKey(pem: try text(path)).publicKey } catch {
            throw SettingsError(lines: ["HISTORY_KEY: \(path) cannot be read or holds no Ed25519 private key (PEM)"])
        }
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try FileBytes.read(path, bytesMax: bytesMax), as: UTF8.self)
    }
}
