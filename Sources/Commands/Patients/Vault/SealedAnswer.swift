import Domain
import EventStore

/// A stored answer that holds personal data, as the idempotency table keeps it: its body sealed with the patient's key.
///
/// A body begins with a byte that says what follows: a text that tells nothing about anybody, or a patient's id and
/// what its key sealed. Destroying the key makes the answers unreadable with everything else.
enum SealedAnswer {
    private static let plainMark: UInt8 = 0
    private static let sealedMark: UInt8 = 1
    private static let idByteCount = 16

    /// An answer without personal data.
    static func plain(_ answer: StoredAnswer) -> StoredAnswer {
        StoredAnswer(status: answer.status, headers: answer.headers, body: [plainMark] + answer.body)
    }

    /// An answer about a patient.
    ///
    /// - Throws: `VaultError`.
    static func sealed(
        _ answer: StoredAnswer, about patient: PatientID, under key: IdempotencyKey,
        with patientKey: PatientVault.PatientKey,
        _ vault: PatientVault
    ) throws(VaultError) -> StoredAnswer {
        let body = try vault.seal(answer.body, with: patientKey, for: context(key))
        return StoredAnswer(
            status: answer.status, headers: answer.headers, body: [sealedMark] + patient.bytes + body)
    }

    /// Whose key opens a stored answer; nil: it is not sealed.
    ///
    /// - Throws: `VaultError.unreadable` where the body is none of ours.
    static func patient(_ stored: StoredAnswer) throws(VaultError) -> PatientID? {
        guard let mark = stored.body.first else { throw .unreadable }
        if mark == plainMark { return nil }
        guard mark == sealedMark, stored.body.count > idByteCount else { throw .unreadable }
        let words = stored.body[1...idByteCount].reduce(into: (high: UInt64(0), low: UInt64(0))) { words, byte in
            words.high = words.high << 8 | words.low >> 56
            words.low = words.low << 8 | UInt64(byte)
        }
        return PatientID(high: words.high, low: words.low)
    }

    /// The answer as it was given; `patientKey` nil for one that is not sealed.
    ///
    /// - Throws: `VaultError`.
    static func opened(
        _ stored: StoredAnswer, under key: IdempotencyKey, with patientKey: PatientVault.PatientKey?,
        _ vault: PatientVault
    ) throws(VaultError) -> StoredAnswer {
        var body = Array(stored.body.dropFirst())
        if let patientKey {
            body = try vault.open(Array(body.dropFirst(idByteCount)), with: patientKey, for: context(key))
        }
        return StoredAnswer(status: stored.status, headers: stored.headers, body: body)
    }

    /// Binds an answer to its request, so that it answers no other one.
    private static func context(_ key: IdempotencyKey) -> [UInt8] {
        Array("\(key.country)/answer/".utf8) + key.fingerprint
            + Array("\(key.caller.utf8.count)/\(key.caller)/\(key.key)".utf8)
    }
}
