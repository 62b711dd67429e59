import Configuration
import Crypto
import Domain
import Gateway
import Glibc
import JOSE

/// The public edge of a process: whose tokens it believes, what signs its cursors, and the services behind its routes.
enum Edge {
    /// - Throws: `SettingsError` where the identity provider's keys or our own cannot be used.
    static func gateway(
        _ settings: Settings, _ services: GatewayServices, _ process: ProcessContext
    ) throws(SettingsError) -> APIGateway {
        let zones = process.zones
        let configuration = GatewayConfiguration(
            countries: process.countries.keys.sorted(),
            cursorKey: try cursorKey("\(settings.stateFolder)/keys/cursor.key"),
            isKnownZone: { (try? zones.rules($0)) != nil })
        return APIGateway(
            configuration, services, verifier: try verifier(settings.identity), clock: process.clock,
            identifiers: process.identifiers, log: process.log, metrics: process.metrics)
    }

    private static func verifier(_ provider: Settings.IdentityProvider) throws(SettingsError) -> TokenVerifier {
        switch provider {
        case .local(let keyFile):
            do {
                let issuer = try LocalIssuer(keyPath: keyFile, issuer: Settings.localIssuer)
                return try TokenVerifier(
                    jwks: issuer.jwks, issuer: Settings.localIssuer, audience: Settings.localAudience)
            } catch {
                throw SettingsError(lines: ["STATE_DIR: the local issuer's key in \(keyFile) cannot be used: \(error)"])
            }
        case .external(let issuer, let audience, let path):
            do {
                let jwks = try FileBytes.read(path, bytesMax: 1 << 20)
                return try TokenVerifier(jwks: jwks, issuer: issuer, audience: audience)
            } catch {
                throw SettingsError(lines: ["OIDC_JWKS: \(path) holds no usable key set: \(error)"])
            }
        }
    }

    /// The key that all processes of an installation sign cursors with: the first that needs it makes it, the others
    /// take it.
    private static func cursorKey(_ path: String) throws(SettingsError) -> [UInt8] {
        if let key = try? FileBytes.read(path, bytesMax: 64), key.count == 32 { return key }
        do {
            try FileBytes.create(SecureRandom.bytes(32), at: path)
            return try FileBytes.read(path, bytesMax: 64)
        } catch {
            throw SettingsError(lines: ["STATE_DIR: cannot keep the cursors' key: \(error)"])
        }
    }
}
