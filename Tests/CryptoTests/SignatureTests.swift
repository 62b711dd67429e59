import Crypto
import Testing

@Suite("Ed25519")
struct SignatureTests {
    /// RFC 8032 section 7.1, test 2.
    static let seed: [UInt8] = [
        0x4C, 0xCD, 0x08, 0x9B, 0x28, 0xFF, 0x96, 0xDA, 0x9D, 0xB6, 0xC3, 0x46, 0xEC, 0x11, 0x4E, 0x0F, 0x5B, 0x8A,
        0x31, 0x9F, 0x35, 0xAB, 0xA6, 0x24, 0xDA, 0x8C, 0xF6, 0xED, 0x4F, 0xB8, 0xA6, 0xFB,
    ]

    @Test func signsAsTheStandardSays() throws {
        let key = try Ed25519PrivateKey(seed: Self.seed)
        #expect(
            hex(try key.publicKey.raw) == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        let signature = try key.sign([0x72])
        #expect(
            hex(signature) == "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
        #expect(try key.publicKey.isValid(signature, for: [0x72]))
    }

    @Test func refusesWhatWasNotSigned() throws {
        let key = try Ed25519PrivateKey()
        let message = Array("head 42".utf8)
        let signature = try key.sign(message)
        let verifier = try key.publicKey
        #expect(verifier.isValid(signature, for: message))
        #expect(!verifier.isValid(signature, for: message + [0]))
        #expect(!verifier.isValid([], for: message))
        #expect(!verifier.isValid([UInt8](repeating: 0, count: 64), for: message))
        #expect(!verifier.isValid(signature + [0], for: message))
        #expect(try !Ed25519PrivateKey().publicKey.isValid(signature, for: message))
        for byte in signature.indices {
            var changed = signature
            changed[byte] ^= 1
            #expect(!verifier.isValid(changed, for: message))
        }
    }

    @Test func keysSurviveAsText() throws {
        let key = try Ed25519PrivateKey()
        let again = try Ed25519PrivateKey(pem: key.pem)
        let verifier = try Ed25519PublicKey(pem: key.publicKey.pem)
        #expect(verifier.isValid(try again.sign([1, 2, 3]), for: [1, 2, 3]))
        #expect(try key.pem.hasPrefix("-----BEGIN PRIVATE KEY-----"))
    }

    static let notKeys = [
        "", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "no pem at all",
        """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjLhm1tG5dqmgICCAAw
        -----END ENCRYPTED PRIVATE KEY-----
        """,
    ]

    @Test(arguments: notKeys)
    func refusesOtherTexts(_ text: String) {
        #expect(throws: CryptoError.invalidPEM) { try Ed25519PrivateKey(pem: text) }
        #expect(throws: CryptoError.invalidPEM) { try Ed25519PublicKey(pem: text) }
    }

    @Test(arguments: [0, 31, 33, 64])
    func refusesRawKeysOfOtherLengths(_ count: Int) {
        let raw = [UInt8](repeating: 1, count: count)
        #expect(throws: CryptoError.invalidKey) { try Ed25519PrivateKey(seed: raw) }
        #expect(throws: CryptoError.invalidKey) { try Ed25519PublicKey(raw: raw) }
    }
}
