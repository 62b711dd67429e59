import Crypto
import Domain

/// Seals and opens what is personal, with a key per patient that the master key wraps.
///
/// Every seal is bound to whom and what it is for, so that rows cannot be exchanged, nor an old one be put back.
package struct PatientVault: Sendable {
    private let master: any MasterKey

    /// Stands on a master key.
    package init(masterKey: any MasterKey) { master = masterKey }

    /// A patient's own key, as it is used and as it is stored.
    struct PatientKey: Sendable {
        var masterKeyID: String
        var wrapped: [UInt8]
        fileprivate var plain: [UInt8]
    }

    /// A new key for a new patient.
    ///
    /// - Throws: `VaultError.unavailable`.
    func makeKey(for id: PatientID, in country: CountryCode) async throws(VaultError) -> PatientKey {
        let plain: [UInt8]
        do { plain = try SecureRandom.bytes(AES256GCM.keyByteCount) } catch { throw VaultError(error) }
        let wrapped = try await master.wrap(plain, for: Self.context("key", id, country))
        return PatientKey(masterKeyID: master.id, wrapped: wrapped, plain: plain)
    }

    /// A patient's key as it was stored; nil `wrapped`: it was destroyed.
    ///
    /// - Throws: `VaultError`.
    func openKey(
        _ wrapped: [UInt8]?, masterKeyID: String, for id: PatientID, in country: CountryCode
    ) async throws(VaultError) -> PatientKey {
        guard let wrapped else { throw .keyDestroyed }
        let plain = try await master.unwrap(wrapped, keyID: masterKeyID, for: Self.context("key", id, country))
        return PatientKey(masterKeyID: masterKeyID, wrapped: wrapped, plain: plain)
    }

    /// Seals a patient's data for its row at `patient.version`.
    ///
    /// - Throws: `VaultError`.
    func seal(_ patient: Patient, with key: PatientKey) throws(VaultError) -> [UInt8] {
        try seal(PersonalDataCodec.encode(patient.personal), with: key, for: Self.context(patient))
    }

    /// Opens what `seal` made for this patient at this version.
    ///
    /// - Throws: `VaultError`.
    func open(
        _ sealed: [UInt8], with key: PatientKey, for id: PatientID, in country: CountryCode, version: Int64
    ) throws(VaultError) -> Patient {
        let context = Self.context("data/\(version)", id, country)
        let personal = try PersonalDataCodec.decode(try open(sealed, with: key, for: context))
        return Patient(id: id, country: country, version: version, personal: personal)
    }

    /// Seals other bytes that tell about a patient, bound to `context`.
    ///
    /// - Throws: `VaultError`.
    func seal(_ bytes: [UInt8], with key: PatientKey, for context: [UInt8]) throws(VaultError) -> [UInt8] {
        do { return try AES256GCM.seal(bytes, key: key.plain, additionalData: context) } catch {
            throw VaultError(error)
        }
    }

    /// Opens what `seal` made.
    ///
    /// - Throws: `VaultError`.
    func open(_ sealed: [UInt8], with key: PatientKey, for context: [UInt8]) throws(VaultError) -> [UInt8] {
        do { return try AES256GCM.open(sealed, key: key.plain, additionalData: context) } catch {
            throw VaultError(error)
        }
    }

    private static func context(_ patient: Patient) -> [UInt8] {
        context("data/\(patient.version)", patient.id, patient.country)
    }

    private static func context(_ purpose: String, _ id: PatientID, _ country: CountryCode) -> [UInt8] {
        Array("\(country)/\(id)/\(purpose)".utf8)
    }
}
